//! What the self-test says of resolvers, and of the clock.

use crate::{NOW, lab, resolver, roots};
use ironpost_net::dns::resolver::Dnssec;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_resolver::self_test::{Finding, Grade, Names, run};

fn names(signed: &str, bogus: &str) -> Names {
    Names { signed: signed.parse().unwrap(), bogus: bogus.parse().unwrap() }
}

fn grade_of(findings: &[Finding], what: &str) -> Grade {
    findings.iter().find(|finding| finding.what == what).unwrap().grade
}

#[tokio::test]
async fn signatures_that_count_and_do_not() {
    let lab = lab().await;
    let (sound, bogus) = ("mx1.sound-dane.example", "mx1.zone-bogus.example");
    let unsigned = "mx1.sound-enforce.example";
    let table = [
        (Dnssec::TrustAd, sound, bogus, Grade::Sound, "one authentic, one refused"),
        (Dnssec::TrustAd, unsigned, bogus, Grade::Weak, "nothing is authentic"),
        (Dnssec::TrustAd, sound, unsigned, Grade::Broken, "everything is let through"),
        (Dnssec::TrustAd, bogus, bogus, Grade::Broken, "everything is refused"),
        (Dnssec::Off, sound, bogus, Grade::Weak, "DANE is not used"),
        (
            Dnssec::TrustAd,
            sound,
            "nobody.example",
            Grade::NotTested,
            "no such name, nothing forged",
        ),
    ];
    for (dnssec, signed, forged, grade, reason) in table {
        let resolver = resolver(&lab, dnssec).await;
        let findings = run(&resolver, &roots(&lab), &names(signed, forged), NOW).await;
        let dnssec = findings.iter().find(|finding| finding.what == "DNSSEC").unwrap();
        assert_eq!(dnssec.grade, grade, "{reason}: {}", dnssec.detail);
        assert_eq!(grade_of(&findings, "resolver"), Grade::Sound, "on loopback");
        assert_eq!(grade_of(&findings, "trust roots"), Grade::Sound, "one root");
    }
    let resolver = resolver(&lab, Dnssec::TrustAd).await;
    let roots = roots(&lab);
    lab.stop().await;
    let findings = run(&resolver, &roots, &names(sound, bogus), NOW).await;
    assert_eq!(grade_of(&findings, "DNSSEC"), Grade::NotTested, "nobody answers: {findings:?}");
}

#[tokio::test]
async fn a_clock_that_cannot_be_right() {
    let lab = lab().await;
    let resolver = resolver(&lab, Dnssec::Off).await;
    let names = names("mx1.sound-dane.example", "mx1.zone-bogus.example");
    let table = [
        (0, Grade::Broken, "the epoch: never set"),
        (1_700_000_000_000, Grade::Broken, "before this program"),
        (NOW.as_millis(), Grade::Sound, "now"),
        (2_400_000_000_000, Grade::Broken, "fifty years later"),
        (u64::MAX, Grade::Broken, "no calendar knows it"),
    ];
    for (millis, grade, reason) in table {
        let now = Timestamp::from_millis(millis);
        let findings = run(&resolver, &roots(&lab), &names, now).await;
        assert_eq!(grade_of(&findings, "clock"), grade, "{reason}");
    }
}
