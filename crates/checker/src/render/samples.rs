//! Reports to try the renderers on: one per verdict, and one full of what must not act.

mod parts;

use crate::catalogue::Section;
use crate::finding::Severity;
use crate::report::{
    Cap, DaneState, Deduction, Grade, MxSummary, NotTested, PolicyStatus, PolicySummary, Report,
    ReportedFinding, Score, SectionScore, SenderAction, Simulation, StepState, TlsState, Verdict,
};
use parts::{address, at, blank, deduct, finding, info, mx, policy, score, step};

/// All of them.
pub(crate) fn all() -> Vec<Report> {
    vec![
        protected(),
        at_risk(),
        testing(),
        ignored(),
        absent(),
        opted_out(),
        parked(),
        could_not_tell(),
        hostile(),
    ]
}

pub(crate) fn protected() -> Report {
    Report {
        verdict: Verdict::Protected,
        summary: "Senders that know MTA-STS deliver over verified TLS only.".into(),
        grade: Some(Grade::APlus),
        points: Some(100),
        partial: false,
        score: score([
            Some(15.0),
            Some(15.0),
            Some(10.0),
            Some(15.0),
            Some(20.0),
            Some(10.0),
            Some(10.0),
            Some(5.0),
        ]),
        policy: policy("enforce", &["mx1.sound.example", "mx2.sound.example"]),
        mx: vec![mx("mx1.sound.example", 10), mx("mx2.sound.example", 20)],
        timeline: vec![
            step("txt", StepState::Ok, "v=STSv1; id=20260401T000000Z", Some(12)),
            step("policy_host", StepState::Ok, "203.0.113.7, 2001:db8::7", Some(9)),
            step("https", StepState::Ok, "TLS 1.3, certificate until 2026-08-01", Some(61)),
            step("body", StepState::Ok, "enforce, 14 days, 2 patterns", Some(3)),
            step("mx", StepState::Ok, "2 hosts, all matched", Some(11)),
            step("mx_tls", StepState::Ok, "2 of 2 hosts", Some(140)),
            step("tls_rpt", StepState::Ok, "mailto:tls@reports.example", Some(10)),
            step("dane", StepState::Ok, "2 of 2 hosts", Some(30)),
        ],
        findings: vec![info(
            "N-BOTH",
            Section::Dane,
            "DANE and MTA-STS are both present",
            "sound.example",
        )],
        ..blank("sound.example")
    }
}

pub(crate) fn at_risk() -> Report {
    let mut second = mx("mx-new.risk.example", 20);
    second.matched = Some(false);
    second.tls = TlsState::Faulty;
    second.dane = DaneState::Absent;
    second.certificate_expires = Some(at("2026-04-20T08:00:00Z"));
    second.addresses = vec![
        address("198.51.100.20", "certificate expired on 2026-04-20", TlsState::Faulty),
        address("2001:db8::20", "connection refused", TlsState::NotTested),
    ];
    second.simulation = Some(Simulation {
        action: SenderAction::Refuse,
        rule: "RFC 8461 §5: enforce, and no pattern matches the host".into(),
        result_type: Some("validation-failure".into()),
    });
    let mut first = mx("mx1.risk.example", 10);
    first.simulation = Some(Simulation {
        action: SenderAction::Deliver,
        rule: "RFC 8461 §5: the host is matched and shows a valid certificate".into(),
        result_type: None,
    });
    let mut score = score([
        Some(13.5),
        Some(15.0),
        Some(10.0),
        Some(0.0),
        Some(0.0),
        Some(10.0),
        Some(10.0),
        None,
    ]);
    deduct(&mut score, 0, ("D-TTL", "_mta-sts.risk.example", Severity::Low, 1.5));
    deduct(&mut score, 3, ("M-UNMATCHED", "mx-new.risk.example", Severity::Critical, 15.0));
    deduct(&mut score, 4, ("S-CERT-EXPIRED", "mx-new.risk.example", Severity::Critical, 20.0));
    score.caps.push(Cap {
        grade: Grade::F,
        reason: "mode enforce with a critical fault at an MX host".into(),
    });
    Report {
        verdict: Verdict::AtRisk,
        summary: "Senders that know MTA-STS refuse to deliver to mx-new.risk.example.".into(),
        grade: Some(Grade::F),
        points: Some(62),
        partial: true,
        score,
        policy: policy("enforce", &["mx1.risk.example"]),
        mx: vec![first, second],
        timeline: vec![
            step("txt", StepState::Warning, "v=STSv1; id=20260401T000000Z, TTL 172800 s", Some(12)),
            step("policy_host", StepState::Ok, "203.0.113.7", Some(9)),
            step("https", StepState::Ok, "TLS 1.2, certificate until 2026-08-01", Some(1_640)),
            step("body", StepState::Ok, "enforce, 14 days, 1 pattern", Some(3)),
            step("mx", StepState::Failed, "mx-new.risk.example is matched by no pattern", Some(11)),
            step("mx_tls", StepState::Failed, "mx-new.risk.example: expired", Some(140)),
            step("tls_rpt", StepState::Ok, "mailto:tls@reports.example", Some(10)),
            step("dane", StepState::NotTested, "the resolver strips DNSSEC", None),
        ],
        findings: at_risk_findings(),
        not_tested: vec![NotTested {
            what: "DANE at mx1.risk.example".into(),
            section: Section::Dane,
            reason: "the resolver 192.0.2.53 answers without DNSSEC data".into(),
        }],
        ..blank("risk.example")
    }
}

fn at_risk_findings() -> Vec<ReportedFinding> {
    let unmatched = ReportedFinding {
        title: "No pattern matches an MX host".into(),
        subject: "mx-new.risk.example".into(),
        detail: "The MX host mx-new.risk.example (preference 20) is matched by none of the \
                 policy's patterns, so conforming senders skip it."
            .into(),
        fix: vec![
            "Add this line to the policy file at \
             `https://mta-sts.risk.example/.well-known/mta-sts.txt`, on every node that serves \
             it:\nmx: mx-new.risk.example"
                .into(),
            "Then publish a new id, so that senders fetch the file again:\n\
             _mta-sts.risk.example. 300 IN TXT \"v=STSv1; id=20260501T123000Z;\""
                .into(),
        ],
        evidence: vec!["MX: 20 mx-new.risk.example".into(), "pattern: mx1.risk.example".into()],
        ..finding("M-UNMATCHED", Severity::Critical, Section::MxMatch, "RFC 8461 §4.1")
    };
    let expired = ReportedFinding {
        title: "The certificate of an MX host has expired".into(),
        subject: "mx-new.risk.example".into(),
        detail: "The certificate shown by mx-new.risk.example at 198.51.100.20 expired on \
                 2026-04-20."
            .into(),
        fix: vec![
            "Renew the certificate of `mx-new.risk.example` and let the renewal run by itself."
                .into(),
        ],
        ..finding("S-CERT-EXPIRED", Severity::Critical, Section::MxTls, "RFC 8461 §4.2")
    };
    let ttl = ReportedFinding {
        title: "The TTL of the record is long".into(),
        subject: "_mta-sts.risk.example".into(),
        detail: "The TTL of 172800 seconds delays every change of the policy by up to two days."
            .into(),
        fix: vec!["Set the TTL of `_mta-sts.risk.example` to 300 seconds.".into()],
        ..finding("D-TTL", Severity::Low, Section::Txt, "RFC 8461 §8.1")
    };
    vec![unmatched, expired, ttl, info("P-ORDER", Section::Body, "version is not first", "line 2")]
}

pub(crate) fn testing() -> Report {
    let mut score = score([
        Some(15.0),
        Some(15.0),
        Some(7.5),
        Some(15.0),
        Some(20.0),
        Some(10.0),
        Some(10.0),
        Some(5.0),
    ]);
    deduct(&mut score, 2, ("P-TESTING", "mode", Severity::Medium, 2.5));
    score.caps.push(Cap { grade: Grade::B, reason: "mode testing does not protect".into() });
    Report {
        verdict: Verdict::Testing,
        summary: "Failures are reported, mail is not protected yet.".into(),
        grade: Some(Grade::B),
        points: Some(98),
        partial: false,
        score,
        policy: policy("testing", &["mx1.testing.example"]),
        mx: vec![mx("mx1.testing.example", 10)],
        timeline: protected().timeline,
        findings: vec![ReportedFinding {
            title: "The policy is in mode testing".into(),
            subject: "line 2".into(),
            detail: "Line 2 of the policy is `mode: testing`: senders report failures and \
                     deliver all the same."
                .into(),
            fix: vec!["Change the line `mode: testing` to:\nmode: enforce".into()],
            ..finding("P-TESTING", Severity::Medium, Section::Body, "RFC 8461 §5")
        }],
        ..blank("testing.example")
    }
}

pub(crate) fn ignored() -> Report {
    let mut score =
        score([Some(0.0), None, None, None, Some(20.0), Some(10.0), Some(10.0), Some(5.0)]);
    deduct(&mut score, 0, ("D-ID", "_mta-sts.ignored.example", Severity::Critical, 15.0));
    score.caps.push(Cap { grade: Grade::D, reason: "senders must ignore the policy".into() });
    Report {
        verdict: Verdict::IgnoredBySenders,
        summary: "The TXT record breaks a rule, so senders act as if there were none.".into(),
        grade: Some(Grade::D),
        points: Some(75),
        partial: false,
        score,
        policy: PolicySummary { status: PolicyStatus::Invalid, ..blank("").policy },
        mx: vec![MxSummary { matched: None, ..mx("mx1.ignored.example", 10) }],
        timeline: vec![step("txt", StepState::Failed, "the id has a hyphen", Some(12))],
        findings: vec![ReportedFinding {
            title: "The id is not valid".into(),
            subject: "_mta-sts.ignored.example".into(),
            detail: "The id `2026-04-01` holds a hyphen; only letters and digits are allowed."
                .into(),
            // As one line: a zone-file line after a colon.
            fix: vec![
                "Replace the record by: _mta-sts.ignored.example. 300 IN TXT \
                 \"v=STSv1; id=20260501T123000Z;\""
                    .into(),
            ],
            ..finding("D-ID", Severity::Critical, Section::Txt, "RFC 8461 §3.1")
        }],
        ..blank("ignored.example")
    }
}

pub(crate) fn absent() -> Report {
    Report {
        verdict: Verdict::Absent,
        summary: "Nothing is published: mail to this domain can be read and redirected on its way."
            .into(),
        grade: Some(Grade::D),
        points: Some(41),
        partial: false,
        mx: vec![MxSummary { matched: None, preference: None, ..mx("absent.example", 0) }],
        timeline: vec![step("txt", StepState::Absent, "no record", Some(12))],
        findings: vec![ReportedFinding {
            title: "There is no MTA-STS record".into(),
            subject: "_mta-sts.absent.example".into(),
            detail: "There is no TXT record at _mta-sts.absent.example.".into(),
            ..finding("D-NONE", Severity::High, Section::Txt, "RFC 8461 §3.1")
        }],
        ..blank("absent.example")
    }
}

pub(crate) fn opted_out() -> Report {
    Report {
        verdict: Verdict::OptedOut,
        summary: "The policy says none: senders act as if there were no policy.".into(),
        grade: Some(Grade::D),
        points: Some(70),
        policy: PolicySummary { mx: vec![], ..policy("none", &[]) },
        mx: vec![mx("mx1.optedout.example", 10)],
        ..blank("optedout.example")
    }
}

pub(crate) fn parked() -> Report {
    Report {
        verdict: Verdict::Parked,
        summary: "The domain takes no mail, and says so.".into(),
        findings: vec![info(
            "K-PARKED",
            Section::Operations,
            "The domain is parked",
            "parked.example",
        )],
        ..blank("parked.example")
    }
}

pub(crate) fn could_not_tell() -> Report {
    Report {
        verdict: Verdict::CouldNotTell,
        summary: "The resolver did not answer, so nothing could be tested.".into(),
        partial: true,
        timeline: vec![step(
            "txt",
            StepState::NotTested,
            "192.0.2.53 did not answer in 5 s",
            Some(5_000),
        )],
        not_tested: vec![NotTested {
            what: "TXT record of _mta-sts.unknown.example".into(),
            section: Section::Txt,
            reason: "192.0.2.53 did not answer in 5 s".into(),
        }],
        ..blank("unknown.example")
    }
}

/// Strings that no report should hold, since they are made visible before: what acts in a
/// terminal, in a page, in a spreadsheet, in XML, and where a line ends.
pub(crate) const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[31m<script>alert(\"1\")</script>\
    '&amp;\u{202e}\u{9b}2J\u{2028},\r\n\t\0\u{7f}\u{feff}]]>";

pub(crate) fn hostile() -> Report {
    let formula = format!("=HYPERLINK(\"http://evil.example\"){HOSTILE}");
    let text = || HOSTILE.to_owned();
    Report {
        verdict: Verdict::AtRisk,
        summary: text(),
        grade: Some(Grade::F),
        points: Some(0),
        policy: PolicySummary {
            status: PolicyStatus::Valid,
            mode: Some(text()),
            max_age: Some(u32::MAX),
            mx: vec![text(), formula.clone()],
            id: Some(formula.clone()),
            ..blank("").policy
        },
        mx: vec![MxSummary {
            addresses: vec![address(HOSTILE, HOSTILE, TlsState::Faulty)],
            tls: TlsState::Faulty,
            tls_version: Some(text()),
            simulation: Some(Simulation {
                action: SenderAction::Unknown,
                rule: text(),
                result_type: Some(text()),
            }),
            ..mx(HOSTILE, u16::MAX)
        }],
        timeline: vec![step(HOSTILE, StepState::Failed, HOSTILE, Some(u64::MAX))],
        findings: vec![
            ReportedFinding {
                title: text(),
                subject: text(),
                detail: text(),
                fix: vec![text(), format!("`{HOSTILE}`"), formula],
                evidence: vec![text()],
                ..finding(HOSTILE, Severity::Critical, Section::Txt, HOSTILE)
            },
            info(HOSTILE, Section::Txt, HOSTILE, HOSTILE),
        ],
        not_tested: vec![NotTested { what: text(), section: Section::Dane, reason: text() }],
        score: Score {
            scheme: 1,
            sections: vec![SectionScore {
                section: Section::Txt,
                of: 15,
                points: Some(0.0),
                deductions: vec![Deduction {
                    id: text(),
                    subject: text(),
                    severity: Severity::Critical,
                    points: 15.0,
                }],
            }],
            caps: vec![Cap { grade: Grade::F, reason: text() }],
        },
        ..blank("hostile.example")
    }
}
