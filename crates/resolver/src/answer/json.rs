//! The whole of an answer as a JSON object, for MTAs other than Postfix and for people.
//!
//! `version`, `domain`, `dane.policy`, `mta-sts.policy` and `mta-sts.report` are named and filled
//! as readers of postfix-tlspol's object know them; `demand` is what applies.

use super::packed::PolicyView;
use super::postfix::{self, Features};
use super::{Answer, Status};
use ironpost_proto::delivery::Demand;
use ironpost_proto::mta_sts::policy::Mode;
use serde::Serialize;

/// Words an answer. There always is an object, also where nothing is demanded or nothing is known.
pub(super) fn word(answer: &Answer<'_>, text: &mut String) -> Status {
    let (status, reason) = match answer.demand {
        // Nobody should take "unknown" for "nothing is demanded".
        Demand::Defer(fault) => (Status::Temp, Some(fault.to_string())),
        Demand::Nothing
        | Demand::Report
        | Demand::Enforce
        | Demand::Dane
        | Demand::DaneOnly
        | Demand::DaneOnlyWithinPolicy
        | Demand::May
        | Demand::Encrypt => (Status::Found, None),
    };
    let object = Object {
        version: env!("CARGO_PKG_VERSION"),
        domain: answer.domain,
        demand: demand_word(answer.demand),
        reason,
        dane: Dane { policy: dane_level(answer.demand) },
        mta_sts: mta_sts(answer),
    };
    match serde_json::to_string(&object) {
        Ok(json) => {
            text.push_str(&json);
            status
        }
        // Texts and numbers alone: this cannot fail.
        Err(_) => Status::Temp,
    }
}

#[derive(Debug, Serialize)]
struct Object<'a> {
    version: &'static str,
    domain: &'a str,
    demand: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    dane: Dane,
    #[serde(rename = "mta-sts")]
    mta_sts: MtaSts<'a>,
}

#[derive(Debug, Serialize)]
struct Dane {
    /// The level of Postfix, or nothing.
    policy: &'static str,
}

#[derive(Debug, Default, Serialize)]
struct MtaSts<'a> {
    /// What Postfix is told of an enforced policy, or nothing.
    policy: String,
    /// What Postfix is told besides for TLS reports, or nothing.
    report: String,
    #[serde(flatten)]
    details: Option<Details<'a>>,
    /// Why the policy could not be had or renewed, as a TLS report calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Details<'a> {
    mode: &'static str,
    id: &'a str,
    mx: Vec<&'a str>,
    max_age: u32,
}

fn mta_sts<'a>(answer: &Answer<'a>) -> MtaSts<'a> {
    let failure = answer.failure.map(ironpost_proto::tls_rpt::result_type::ResultType::as_str);
    let Some(policy) = answer.policy else { return MtaSts { failure, ..MtaSts::default() } };
    let (value, report) = match policy.mode() {
        Mode::Enforce => enforced(answer),
        Mode::Testing | Mode::None => (String::new(), String::new()),
    };
    MtaSts { policy: value, report, details: Some(details(policy)), failure }
}

/// The two halves of what Postfix from 3.10 is told.
fn enforced(answer: &Answer<'_>) -> (String, String) {
    let (mut value, mut whole) = (String::new(), String::new());
    let status = postfix::enforce(answer, Features::V34, &mut value);
    if status != Status::Found {
        return (String::new(), String::new());
    }
    postfix::enforce(answer, Features::V310, &mut whole);
    let report = whole.strip_prefix(&value).unwrap_or_default().trim_start();
    (value, report.to_owned())
}

fn details(policy: PolicyView<'_>) -> Details<'_> {
    Details {
        mode: policy.mode().as_str(),
        id: policy.id(),
        mx: policy.patterns().collect(),
        max_age: policy.max_age().as_secs(),
    }
}

fn demand_word(demand: Demand) -> &'static str {
    match demand {
        Demand::Nothing => "nothing",
        Demand::Report => "report",
        Demand::Enforce => "enforce",
        Demand::Dane => "dane",
        Demand::DaneOnly => "dane-only",
        Demand::DaneOnlyWithinPolicy => "dane-only-within-policy",
        Demand::Defer(_) => "defer",
        Demand::May => "may",
        Demand::Encrypt => "encrypt",
    }
}

/// `TEMP` is what postfix-tlspol says where nothing can be told.
fn dane_level(demand: Demand) -> &'static str {
    match demand {
        Demand::Dane => "dane",
        Demand::DaneOnly | Demand::DaneOnlyWithinPolicy => "dane-only",
        Demand::Defer(_) => "TEMP",
        Demand::Nothing | Demand::Report | Demand::Enforce | Demand::May | Demand::Encrypt => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::packed::PackedPolicy;
    use ironpost_proto::dane::LookupFault;
    use ironpost_proto::mta_sts::policy::parse;
    use ironpost_proto::tls_rpt::result_type::ResultType;
    use serde_json::{Value, json};

    fn worded(demand: Demand, file: Option<&str>, failure: Option<ResultType>) -> Value {
        let packed = file.map(|file| {
            let policy = parse(file.as_bytes()).verdict.unwrap();
            PackedPolicy::new(&"id1".parse().unwrap(), &policy)
        });
        let policy = packed.as_ref().map(PackedPolicy::view);
        let mut text = String::new();
        let answer = Answer { domain: "a.example", demand, policy, failure };
        let deferred = matches!(demand, Demand::Defer(_));
        let status = if deferred { Status::Temp } else { Status::Found };
        assert_eq!(word(&answer, &mut text), status);
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn the_object_says_what_applies_and_why() {
        let enforce = "version: STSv1\nmode: enforce\nmx: *.a.example\nmax_age: 86400\n";
        let testing = "version: STSv1\nmode: testing\nmx: mx.a.example\nmax_age: 86400\n";
        let matched = "secure match=.a.example servername=hostname";
        let report = "policy_type=sts policy_domain=a.example mx_host_pattern=*.a.example \
                      { policy_string = version: STSv1 } { policy_string = mode: enforce } \
                      { policy_string = mx: *.a.example } { policy_string = max_age: 86400 }";
        let details = |policy: &str, report: &str, mode: &str, mx: &str| {
            json!({
                "policy": policy, "report": report,
                "mode": mode, "id": "id1", "mx": [mx], "max_age": 86_400,
            })
        };
        let enforced = details(matched, report, "enforce", "*.a.example");
        let tested = details("", "", "testing", "mx.a.example");
        let nothing = json!({"policy": "", "report": ""});
        let table = [
            (Demand::Nothing, None, "nothing", "", &nothing),
            (Demand::Enforce, Some(enforce), "enforce", "", &enforced),
            (Demand::Report, Some(testing), "report", "", &tested),
            (Demand::DaneOnly, Some(enforce), "dane-only", "dane-only", &enforced),
            (
                Demand::DaneOnlyWithinPolicy,
                Some(enforce),
                "dane-only-within-policy",
                "dane-only",
                &enforced,
            ),
            (Demand::Dane, Some(testing), "dane", "dane", &tested),
            (Demand::May, None, "may", "", &nothing),
            (Demand::Encrypt, None, "encrypt", "", &nothing),
        ];
        for (demand, file, word, dane, mta_sts) in table {
            let expected = json!({
                "version": env!("CARGO_PKG_VERSION"), "domain": "a.example", "demand": word,
                "dane": {"policy": dane}, "mta-sts": mta_sts,
            });
            assert_eq!(worded(demand, file, None), expected, "{demand:?}");
        }
    }

    #[test]
    fn what_went_wrong_is_said() {
        let later = worded(Demand::Defer(LookupFault::Bogus), None, None);
        assert_eq!(later["demand"], "defer");
        assert_eq!(later["reason"], "DNSSEC validation failed");
        assert_eq!(later["dane"]["policy"], "TEMP");
        let failed = worded(Demand::Nothing, None, Some(ResultType::StsWebpkiInvalid));
        assert_eq!(failed["mta-sts"]["failure"], "sts-webpki-invalid");
    }
}
