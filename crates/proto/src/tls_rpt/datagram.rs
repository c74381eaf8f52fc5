//! What libtlsrpt hands to the collector of TLS reports: one datagram for each thing to report, in
//! its protocol version 1.

use super::result_type::{Event, ResultType, reason_code, result_type};
use crate::domain::Domain;
use crate::mta_sts::policy::Policy;
use std::fmt::{self, Write};

/// A failure under the MTA-STS policy of a domain that no session belongs to: no sending or
/// receiving host is named, which tells it from the failure of a session (A13).
///
/// Its text, by [`Display`](fmt::Display), is a JSON object of printable ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureWithoutSession<'a> {
    /// The policy domain.
    pub domain: &'a Domain,
    /// The one TLS-RPT record of the domain, as it stands in DNS: the collector keeps apart what
    /// came under different records, and Postfix sends it unchanged.
    pub record: &'a str,
    /// The policy in force, if there is one: that of the cache.
    pub policy: Option<&'a Policy>,
    /// What happened.
    pub event: &'a Event,
}

impl fmt::Display for FailureWithoutSession<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, record, policy, event } = self;
        write!(f, r#"{{"dpv":"1","d":"{domain}","pr":{},"policies":[{{"#, Quoted(record))?;
        write!(f, r#""policy-type":{STS},"policy-domain":"{domain}""#)?;
        if let Some(policy) = policy {
            // RFC 8460 §4.4: one string for each line of the policy.
            let text = policy.to_string();
            write!(f, r#","policy-string":{}"#, List(text.lines()))?;
            let patterns: Vec<String> = policy.mx.iter().map(ToString::to_string).collect();
            write!(f, r#","mx-host":{}"#, List(patterns.iter().map(String::as_str)))?;
        }
        write!(f, r#","failure-details":[{{"c":{}"#, code(result_type(event)))?;
        if let Some(reason) = reason_code(event) {
            write!(f, r#","f":{}"#, Quoted(&reason))?;
        }
        // `t`: how many details there are. `f`: the outcome, and there is no third beside success
        // and failure. Collectors count it as that of a session; it was none, but had it been a
        // success the domain would be told that all is well.
        write!(f, r#"}}],"t":1,"f":{FAILURE}}}]}}"#)
    }
}

/// The number of a result type.
fn code(result: ResultType) -> u16 {
    match result {
        ResultType::StarttlsNotSupported => 201,
        ResultType::CertificateHostMismatch => 202,
        ResultType::CertificateNotTrusted => 203,
        ResultType::CertificateExpired => 204,
        ResultType::ValidationFailure => 205,
        ResultType::StsPolicyFetchError => 301,
        ResultType::StsPolicyInvalid => 302,
        ResultType::StsWebpkiInvalid => 303,
        ResultType::TlsaInvalid => 304,
        ResultType::DnssecInvalid => 305,
        ResultType::DaneRequired => 306,
    }
}

/// A JSON string. What is not printable ASCII is escaped (RFC 8259 §7): it may come to be shown.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                ' '..='~' => f.write_char(c)?,
                _ => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        write!(f, "\\u{unit:04x}")?;
                    }
                }
            }
        }
        f.write_char('"')
    }
}

/// A JSON array of strings.
struct List<T>(T);

impl<'a, T: Iterator<Item = &'a str> + Clone> fmt::Display for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('[')?;
        for (n, text) in self.0.clone().enumerate() {
            write!(f, "{}{}", if n > 0 { "," } else { "" }, Quoted(text))?;
        }
        f.write_char(']')
    }
}

/// The policy type of MTA-STS; 1 is TLSA, 9 none.
const STS: u8 = 2;

/// The outcome of a failure; 0 is success.
const FAILURE: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mta_sts::policy::{PolicyFault, parse};
    use crate::tls_rpt::result_type::{CertificateFault, FetchFailure, Instead};

    fn text(record: &str, policy: Option<&Policy>, failure: FetchFailure) -> String {
        let instead = if policy.is_some() { Instead::CachedPolicy } else { Instead::Nothing };
        let event = Event::PolicyFetch { failure, instead };
        let domain = "bücher.example".parse().unwrap();
        FailureWithoutSession { domain: &domain, record, policy, event: &event }.to_string()
    }

    #[test]
    fn a_failure_without_a_policy_names_its_domain() {
        let record = "v=TLSRPTv1; rua=mailto:tlsrpt@a.example";
        let table = [
            (FetchFailure::Status(404), r#"{"c":301,"f":"http-status-404"}"#),
            (FetchFailure::Policy(PolicyFault::Mode), r#"{"c":302,"f":"mode"}"#),
            (
                FetchFailure::Certificate(CertificateFault::Expired),
                r#"{"c":303,"f":"certificate-expired"}"#,
            ),
        ];
        for (failure, detail) in table {
            let expected = format!(
                r#"{{"dpv":"1","d":"xn--bcher-kva.example","pr":"{record}","policies":[{{"policy-type":2,"policy-domain":"xn--bcher-kva.example","failure-details":[{detail}],"t":1,"f":1}}]}}"#
            );
            assert_eq!(text(record, None, failure), expected);
        }
    }

    #[test]
    fn the_cached_policy_is_shown_line_by_line() {
        let file = b"version: STSv1\nmode: enforce\nmx: mx1.a.example\nmx: *.b.example\n\
                     max_age: 604800\nx: y\n";
        let policy = parse(file).verdict.unwrap();
        let found = text("v=TLSRPTv1;rua=mailto:a@b", Some(&policy), FetchFailure::Timeout);
        let parts = [
            r#""policy-string":["version: STSv1","mode: enforce","mx: mx1.a.example","mx: *.b.example","max_age: 604800","x: y"],"#,
            r#""mx-host":["mx1.a.example","*.b.example"],"#,
            r#"[{"c":301,"f":"timeout+fallback-to-cached-policy"}]"#,
        ];
        for part in parts {
            assert!(found.contains(part), "{part} in {found}");
        }
    }

    #[test]
    fn nothing_from_outside_ends_a_string_or_acts() {
        let reason = "unknown\" issuer\\\n\u{202e}💩";
        let fault = CertificateFault::NotTrusted { reason: reason.into() };
        let policy = parse("version: STSv1\nmode: none\nmax_age: 1\nx: \"\\\u{9b}é\n".as_bytes());
        let policy = policy.verdict.unwrap();
        let found = text("v=TLSRPTv1; a\t\"", Some(&policy), FetchFailure::Certificate(fault));
        assert!(found.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{found}");
        for part in [
            r#""pr":"v=TLSRPTv1; a\u0009\"","#,
            r#""x: \"\\\u009b\u00e9"]"#,
            r#""f":"unknown\" issuer\\\\n\\u{202e}\ud83d\udca9+fallback"#,
        ] {
            assert!(found.contains(part), "{part} in {found}");
        }
    }
}
