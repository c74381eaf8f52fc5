//! A policy domain: what it publishes, and what the checker has to say of it.

use crate::internet::Internet;
use crate::programs::Ended;
use crate::web_server::PolicyHost;
use serde_json::Value;
use std::sync::Mutex;

/// A policy domain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    /// Its name, in one of the zones.
    pub(crate) domain: &'static str,
    /// What its policy host does.
    pub(crate) policy_host: PolicyHost,
    /// The mode of its policy; the policy names every MX.
    pub(crate) mode: &'static str,
    /// Its MX hosts, by preference.
    pub(crate) mx: &'static [&'static str],
    /// Further records, in zone-file form and relative to the zone, with the placeholders of
    /// [`crate::zones`].
    pub(crate) records: &'static str,
    /// What the checker says.
    pub(crate) expected: Expected,
    /// What the case is about.
    pub(crate) reason: &'static str,
}

/// What the checker says of a domain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    pub(crate) verdict: &'static str,
    /// Of the policy, as a sender sees it.
    pub(crate) status: &'static str,
    /// Ids of severity low or worse.
    pub(crate) findings: &'static [&'static str],
    /// Ids of severity info that must be there, perhaps among others.
    pub(crate) remarks: &'static [&'static str],
    /// For each MX: TLS, DANE, and what a conforming sender does.
    pub(crate) hosts: &'static [&'static str],
    /// Sections of what was not tested, in any order.
    pub(crate) not_tested: &'static [&'static str],
    pub(crate) exit: i32,
}

/// Mode enforce, and an MX that meets it.
pub(crate) const PROTECTED: Expected = Expected {
    verdict: "protected",
    status: "valid",
    findings: &[],
    remarks: &[],
    hosts: &["ok absent deliver"],
    not_tested: &[],
    exit: 0,
};

/// Mode enforce, and an MX that does not meet it.
pub(crate) const AT_RISK: Expected =
    Expected { verdict: "at_risk", hosts: &["faulty absent refuse"], exit: 1, ..PROTECTED };

/// A policy that senders must ignore.
pub(crate) const IGNORED: Expected =
    Expected { verdict: "ignored_by_senders", status: "invalid", exit: 1, ..PROTECTED };

/// A sound policy host and a sound MX in an unsigned zone.
pub(crate) const SOUND: Case = Case {
    domain: "",
    policy_host: PolicyHost::Sound,
    mode: "enforce",
    mx: &["sound.unsigned.example"],
    records: "",
    expected: PROTECTED,
    reason: "",
};

/// What the checker said, in the same form.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    verdict: String,
    status: String,
    findings: Vec<String>,
    /// Of those wanted.
    remarks: Vec<String>,
    hosts: Vec<String>,
    not_tested: Vec<String>,
    exit: i32,
}

impl From<Expected> for Outcome {
    fn from(expected: Expected) -> Self {
        let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        let sorted = |list: &[&str]| {
            let mut list = owned(list);
            list.sort();
            list
        };
        Self {
            verdict: expected.verdict.to_owned(),
            status: expected.status.to_owned(),
            findings: sorted(expected.findings),
            remarks: owned(expected.remarks),
            hosts: owned(expected.hosts),
            not_tested: sorted(expected.not_tested),
            exit: expected.exit,
        }
    }
}

impl Outcome {
    fn read(report: &Value, remarks: &[&str], exit: i32) -> Self {
        let list = |field: &str| report[field].as_array().unwrap();
        let ids = |wanted: fn(&Value) -> bool| {
            let wanted = list("findings").iter().filter(|finding| wanted(finding));
            wanted.map(|finding| text(&finding["id"])).collect::<Vec<_>>()
        };
        let mut findings = ids(|finding| finding["severity"] != "info");
        findings.sort();
        let mut not_tested: Vec<_> =
            list("not_tested").iter().map(|not| text(&not["section"])).collect();
        not_tested.sort();
        let mut remarks_seen = ids(|finding| finding["severity"] == "info");
        remarks_seen.retain(|id| remarks.contains(&id.as_str()));
        let host = |mx: &Value| {
            let [tls, dane, action] =
                [&mx["tls"], &mx["dane"], &mx["simulation"]["action"]].map(text);
            format!("{tls} {dane} {action}")
        };
        Self {
            verdict: text(&report["verdict"]),
            status: text(&report["policy"]["status"]),
            findings,
            remarks: remarks_seen,
            hosts: list("mx").iter().map(host).collect(),
            not_tested,
            exit,
        }
    }
}

/// Checks every domain and compares.
pub(crate) fn assert_all(cases: &[Case]) {
    let internet = Internet::shared();
    assert_each(cases, |case| {
        let ended = internet.check(&[case.domain]);
        difference(case.domain, case.reason, case.expected, &ended)
    });
}

/// Puts `question` to every item, several at a time; the answers are complaints.
pub(crate) fn assert_each<T: Sync>(items: &[T], question: impl Fn(&T) -> Option<String> + Sync) {
    let (queue, complaints) = (Mutex::new(items.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(item) = queue.lock().unwrap().next() else { break };
                    let complaint = question(item);
                    complaints.lock().unwrap().extend(complaint);
                }
            });
        }
    });
    let complaints = complaints.into_inner().unwrap();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// What is not as expected about a check of one domain.
pub(crate) fn difference(
    domain: &str,
    reason: &str,
    expected: Expected,
    ended: &Ended,
) -> Option<String> {
    let Ok(report) = serde_json::from_str::<Value>(&ended.stdout) else {
        return Some(format!("{domain} ({reason}): {ended:?}"));
    };
    let outcome = Outcome::read(&report, expected.remarks, ended.code);
    let expected = Outcome::from(expected);
    (outcome != expected).then(|| {
        let more = ["findings", "not_tested", "mx"].map(|part| format!("{:#}", report[part]));
        format!(
            "{domain} ({reason})\n  expected: {expected:?}\n  but:      {outcome:?}\n{}",
            more.join("\n")
        )
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Checks wait more than they work.
const AT_ONCE: usize = 6;
