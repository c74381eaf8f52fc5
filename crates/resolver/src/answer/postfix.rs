//! What Postfix reads in `smtp_tls_policy_maps`: a level and attributes.

use super::packed::PolicyView;
use super::{Answer, Status};
use ironpost_proto::delivery::Demand;
use std::fmt::Write;
use std::net::Ipv4Addr;

/// What a version of Postfix understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Features {
    /// Before 3.4: no attribute but `match`.
    V30,
    /// From 3.4: `servername`.
    V34,
    /// From 3.10: attributes for TLS reports, and MX hosts outside `mx_host_pattern` are passed
    /// over (3.10.5).
    V310,
}

/// Words an answer.
pub(super) fn word(answer: &Answer<'_>, features: Features, text: &mut String) -> Status {
    match answer.demand {
        Demand::Nothing => Status::NotFound,
        Demand::Report => report(answer, features, text),
        Demand::Enforce => enforce(answer, features, text),
        Demand::Dane => found("dane", text),
        Demand::DaneOnly => found("dane-only", text),
        Demand::DaneOnlyWithinPolicy => dane_within_policy(answer, features, text),
        Demand::Defer(fault) => {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "DNS does not tell what {} demands: {fault}", answer.domain);
            Status::Temp
        }
        Demand::May => found("may", text),
        Demand::Encrypt => found("encrypt", text),
    }
}

/// `secure`, and for TLS reports the policy.
pub(super) fn enforce(answer: &Answer<'_>, features: Features, text: &mut String) -> Status {
    let patterns = answer.policy.into_iter().flat_map(PolicyView::patterns);
    let mut reply = Reply::new(text);
    if !reply.all_or_nothing(|text| push_match(patterns, text)) {
        // Parsed policies cannot come to this: a `match` with names left out, or none, is not what
        // the policy says, and anything less is no protection.
        text.push_str("the policy names no MX host, or too many");
        return Status::Temp;
    }
    match features {
        Features::V30 => {}
        // SNI is the name of the MX host (RFC 8461 §7.1).
        Features::V34 => reply.push(" servername=hostname"),
        Features::V310 => {
            reply.push(" servername=hostname");
            push_report_attributes(answer, &mut reply);
        }
    }
    Status::Found
}

/// `may`, with the policy for TLS reports. No `servername`: a server that wants none would lose
/// TLS over it.
fn report(answer: &Answer<'_>, features: Features, text: &mut String) -> Status {
    match features {
        Features::V30 | Features::V34 => Status::NotFound,
        Features::V310 => {
            let mut reply = Reply::new(text);
            reply.push("may");
            push_report_attributes(answer, &mut reply);
            Status::Found
        }
    }
}

/// `dane-only`, and where Postfix can be told so, no MX hosts but those within the policy: the
/// patterns hold at every level but `may`. Earlier versions do without (A7).
fn dane_within_policy(answer: &Answer<'_>, features: Features, text: &mut String) -> Status {
    let mut reply = Reply::new(text);
    reply.push("dane-only");
    if let (Features::V310, Some(policy)) = (features, answer.policy) {
        reply.all_or_nothing(|text| push_policy(answer.domain, policy, text));
    }
    Status::Found
}

/// What reports need, as far as there is room: the lines of the policy go first, then the policy
/// as a whole. Half of either would be reported, and enforced, as if it were all.
fn push_report_attributes(answer: &Answer<'_>, reply: &mut Reply<'_>) {
    if let Some(policy) = answer.policy
        && reply.all_or_nothing(|text| push_policy(answer.domain, policy, text))
    {
        reply.all_or_nothing(|text| push_policy_strings(policy, text));
    }
}

/// `match=p:p`. A pattern `*.d` is written `.d`, the nearest that Postfix has: any label or labels
/// in front. Tells whether there is a pattern at all.
fn push_match<'a>(patterns: impl Iterator<Item = &'a str> + Clone, text: &mut String) -> bool {
    // An IPv4 address in disguise matches no MX host, and where one stands among names OpenSSL
    // verifies nothing but the address: Postfix 3.7 then delivers to no host of the policy.
    let has_names = patterns.clone().any(|pattern| !is_ipv4(pattern));
    let mut separator = "secure match=";
    for pattern in patterns.filter(|pattern| !has_names || !is_ipv4(pattern)) {
        text.push_str(separator);
        text.push_str(pattern.strip_prefix('*').unwrap_or(pattern));
        separator = ":";
    }
    separator == ":"
}

fn is_ipv4(pattern: &str) -> bool {
    pattern.ends_with(|last: char| last.is_ascii_digit()) && pattern.parse::<Ipv4Addr>().is_ok()
}

/// The attributes that stand for the policy as a whole. A pattern has nothing in it that ends an
/// attribute, nor has a domain.
fn push_policy(domain: &str, policy: PolicyView<'_>, text: &mut String) -> bool {
    text.push_str(" policy_type=sts policy_domain=");
    text.push_str(domain);
    for pattern in policy.patterns() {
        text.push_str(" mx_host_pattern=");
        text.push_str(pattern);
    }
    true
}

/// The lines of the policy file (RFC 8460 §4.4), in braces as their values have blanks. A line
/// that would not be read as it stands is left out.
fn push_policy_strings(policy: PolicyView<'_>, text: &mut String) -> bool {
    let mut line = |name: &str, value: &str| {
        for part in [" { policy_string = ", name, ": ", value, " }"] {
            text.push_str(part);
        }
    };
    line("version", "STSv1");
    line("mode", policy.mode().as_str());
    policy.patterns().for_each(|pattern| line("mx", pattern));
    line("max_age", Decimal::new(policy.max_age().as_secs()).as_str());
    for (name, value) in policy.extensions().filter(|(_, value)| is_harmless(value)) {
        line(name, value);
    }
    true
}

/// Printable ASCII without braces: within braces everything else is text to Postfix.
fn is_harmless(value: &str) -> bool {
    value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'{' && byte != b'}')
}

fn found(level: &str, text: &mut String) -> Status {
    text.push_str(level);
    Status::Found
}

/// A reply within the bounds that Postfix sets.
#[derive(Debug)]
struct Reply<'a> {
    text: &'a mut String,
    /// Where the reply begins.
    start: usize,
}

impl<'a> Reply<'a> {
    fn new(text: &'a mut String) -> Self {
        Self { start: text.len(), text }
    }

    /// Something that there is always room for.
    fn push(&mut self, piece: &str) {
        self.text.push_str(piece);
    }

    /// Appends what `push` appends if it says so and there is room for all of it; tells whether it
    /// did.
    fn all_or_nothing(&mut self, push: impl FnOnce(&mut String) -> bool) -> bool {
        let before = self.text.len();
        let fits = push(self.text) && self.text.len() - self.start <= MAX_TEXT;
        if !fits {
            self.text.truncate(before);
        }
        fits
    }
}

/// A number in decimal digits, on the stack.
#[derive(Debug)]
struct Decimal {
    digits: [u8; 10],
    first: usize,
}

impl Decimal {
    fn new(number: u32) -> Self {
        let mut decimal = Self { digits: [b'0'; 10], first: 10 };
        let mut rest = number;
        for (place, digit) in decimal.digits.iter_mut().enumerate().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
            decimal.first = place;
            if rest == 0 {
                break;
            }
        }
        decimal
    }

    fn as_str(&self) -> &str {
        let digits = self.digits.get(self.first..).unwrap_or_default();
        std::str::from_utf8(digits).unwrap_or_default()
    }
}

/// Octets of the parts of a reply that a policy makes long: `socketmap_max_reply_size` of Postfix
/// is 100,000, less what stands beside them.
const MAX_TEXT: usize = 99_900;

#[cfg(test)]
mod tests;
