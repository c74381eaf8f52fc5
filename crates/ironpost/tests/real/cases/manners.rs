//! How the checker behaves, as its hosts wrote it down.

use super::mail_hosts;
use crate::case::{Case, SOUND};
use crate::internet::Internet;
use crate::web_server::PolicyHost;
use serde_json::Value;

pub(crate) const CASES: &[Case] = &[
    Case { domain: "counted-1.unsigned.example", mx: COUNTED, ..SOUND },
    Case { domain: "counted-2.unsigned.example", mx: COUNTED, ..SOUND },
    Case { domain: "counted-3.unsigned.example", mx: COUNTED, ..SOUND },
    Case { domain: "fetched.unsigned.example", ..SOUND },
    Case { domain: "elsewhere.unsigned.example", policy_host: PolicyHost::Redirects, ..SOUND },
    Case { domain: "guarded.unsigned.example", mx: &["guarded.unsigned.example"], ..SOUND },
];

const COUNTED: &[&str] = &["counted.unsigned.example"];

#[test]
fn an_mx_is_probed_once_however_many_domains_name_it() {
    let internet = Internet::shared();
    let domains = ["counted-1", "counted-2", "counted-3"];
    let domains = domains.map(|name| format!("{name}.unsigned.example"));
    let ended = internet.check(&domains.each_ref().map(String::as_str));
    assert_eq!(ended.code, 0, "{ended:?}");

    let lines = internet.mail_log().lines("counted");
    let mut sessions: Vec<_> =
        internet.mail_log().sessions("counted").into_iter().map(|s| s.counts).collect();
    sessions.sort();
    let expected = [
        // TLS 1.0 and 1.1, which are refused.
        "ehlo=1 starttls=0/1 commands=1/2",
        "ehlo=1 starttls=0/1 commands=1/2",
        // IPv4, IPv6, and without a server name.
        "ehlo=2 starttls=1 quit=1 commands=4",
        "ehlo=2 starttls=1 quit=1 commands=4",
        "ehlo=2 starttls=1 quit=1 commands=4",
    ];
    assert_eq!(sessions, expected, "{lines:#?}");
    let established: Vec<_> =
        lines.iter().filter(|line| line.contains("TLS connection established")).collect();
    assert_eq!(established.len(), 3, "{lines:#?}");
    assert!(established.iter().all(|line| line.contains(": TLSv1.3 with")), "{established:#?}");
}

#[test]
fn no_session_goes_further_than_tls() {
    let internet = Internet::shared();
    // One of them keeps everybody waiting.
    let prompt = mail_hosts::CASES.iter().filter(|case| !case.domain.contains("screened"));
    let domains: Vec<_> = prompt.map(|case| case.domain).collect();
    internet.check(&domains);
    // Other tests may be at it: what has ended by now is enough.
    let sessions = internet.mail_log().all_sessions();
    assert!(sessions.len() > domains.len(), "{sessions:?}");
    for session in &sessions {
        for (command, _) in session.commands() {
            let allowed = ["ehlo", "starttls", "quit", "commands"];
            assert!(allowed.contains(&command), "{session:?}");
        }
    }
    for service in ["plain", "busy", "closed"] {
        let polite = |lines: &[String]| lines.iter().all(|line| !line.contains("lost connection"));
        let lines = internet.mail_log().lines(service);
        assert!(!lines.is_empty() && polite(&lines), "{service} was left without QUIT: {lines:#?}");
    }
}

#[test]
fn the_policy_is_fetched_once_from_each_address_and_nothing_else_is() {
    let internet = Internet::shared();
    for (domain, status) in [("fetched", "200"), ("elsewhere", "301")] {
        let domain = format!("{domain}.unsigned.example");
        internet.check(&[&domain]);
        let line = format!("GET /.well-known/mta-sts.txt {status} mta-sts.{domain} TLSv1.3");
        assert_eq!(internet.web_log(&domain), [line.clone(), line]);
    }
}

#[test]
fn nobody_is_visited_at_an_address_that_is_not_public() {
    let internet = Internet::shared();
    let domain = "guarded.unsigned.example";
    let ended = internet.check_guarded(&[domain]);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let private = findings.iter().filter(|finding| finding["id"] == "M-PRIVATE").count();
    assert_eq!(private, 2, "the policy host and the MX: {findings:#?}");
    assert!(internet.mail_log().lines("guarded").is_empty());
    assert!(internet.web_log(domain).is_empty());
}
