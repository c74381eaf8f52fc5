//! What is tried at the start: can the answers be relied on?

use ironpost_net::dns::answer::{Answer, DnsError, Lookup, Security};
use ironpost_net::dns::resolver::Resolver;
use ironpost_net::tls::roots::Roots;
use ironpost_proto::domain::DnsName;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::visible::Visible;
use std::net::IpAddr;

/// The names that are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Signed and sound.
    pub signed: DnsName,
    /// Signed, with signatures that do not hold.
    pub bogus: DnsName,
}

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was tried.
    pub what: &'static str,
    /// How it went.
    pub grade: Grade,
    /// What was seen, and what follows from it.
    pub detail: String,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// As it should be.
    Sound,
    /// Works, but less is protected.
    Weak,
    /// The resolver cannot do its work.
    Broken,
    /// Could not be tried.
    NotTested,
}

/// Tries everything: does the resolver validate (or is it done here), is it on loopback, are roots
/// loaded, is the clock sane.
pub async fn run(
    resolver: &Resolver,
    roots: &Roots,
    names: &Names,
    now: Timestamp,
) -> Vec<Finding> {
    vec![dnssec(resolver, names).await, way(resolver), trust_roots(roots.count()), clock(now)]
}

/// Do signatures count? The addresses of one name must be found authentic, or authentically
/// absent, and those of the other refused.
async fn dnssec(resolver: &Resolver, names: &Names) -> Finding {
    let what = "DNSSEC";
    let source = resolver.dnssec_source();
    if !resolver.tells_status() {
        let detail = format!("no answer is known to be authentic ({source}): DANE is not used");
        return Finding { what, grade: Grade::Weak, detail };
    }
    let Names { signed, bogus } = names;
    let (sound, forged) = tokio::join!(resolver.ipv4(signed), resolver.ipv4(bogus));
    // A name that does not exist where this resolver looks has nothing forged to let through.
    let forged_sense = match &forged {
        Ok(answer) if answer.records().is_empty() => Sense::Unknown,
        lookup => sense(lookup),
    };
    let (grade, detail) = match (sense(&sound), forged_sense) {
        (Sense::Secure, Sense::Refused) => {
            (Grade::Sound, format!("{source}: {signed} is authentic, {bogus} is refused"))
        }
        (Sense::Secure, Sense::Secure | Sense::Insecure) => (
            Grade::Broken,
            format!(
                "{source}: the forged records of {bogus} are let through: DANE protects from \
                 nobody"
            ),
        ),
        (Sense::Insecure, _) => (
            Grade::Weak,
            format!("{source}: {signed} is signed and not found authentic: DANE is not used"),
        ),
        (Sense::Refused, _) => (
            Grade::Broken,
            format!(
                "{source}: {signed} is refused ({}): mail to signed domains has to wait",
                reason(&sound)
            ),
        ),
        (Sense::Unknown, _) => (
            Grade::NotTested,
            format!(
                "{source}: {signed} gives no answer that can be judged ({}): while that lasts, \
                 mail waits",
                reason(&sound)
            ),
        ),
        (Sense::Secure, Sense::Unknown) => (
            Grade::NotTested,
            format!(
                "{source}: {signed} is authentic; whether forged records are refused is not \
                 known, as {bogus} cannot be looked up ({})",
                reason(&forged)
            ),
        ),
    };
    Finding { what, grade, detail }
}

/// Is the way to the resolver one that nobody else is on?
fn way(resolver: &Resolver) -> Finding {
    let what = "resolver";
    let servers = resolver.servers();
    let far: Vec<String> = servers
        .iter()
        .filter(|server| !server.ip().to_canonical().is_loopback())
        .map(ToString::to_string)
        .collect();
    let far = far.join(", ");
    let (grade, detail) = if far.is_empty() {
        (Grade::Sound, "on this machine".to_owned())
    } else if resolver.believes_servers() {
        (
            Grade::Weak,
            format!(
                "{far} is not on this machine, and its word on DNSSEC is believed: whoever is on \
                 the way to it can forge it"
            ),
        )
    } else if resolver.tells_status() {
        (
            Grade::Sound,
            format!("{far} is not on this machine; signatures are checked here all the same"),
        )
    } else {
        (Grade::Weak, format!("{far} is not on this machine, and no answer is checked"))
    };
    Finding { what, grade, detail }
}

fn trust_roots(count: usize) -> Finding {
    let (grade, detail) = match count {
        0 => (Grade::Broken, "none: no policy can be fetched".to_owned()),
        count => (Grade::Sound, format!("{count} loaded")),
    };
    Finding { what: "trust roots", grade, detail }
}

fn clock(now: Timestamp) -> Finding {
    let shown = i64::try_from(now.as_millis())
        .ok()
        .and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok())
        .map_or_else(|| "a time beyond all calendars".to_owned(), |moment| format!("{moment:.0}"));
    let (grade, fault) = if now < RELEASED {
        (Grade::Broken, Some("is before this program was made"))
    } else if now >= RELEASED.after(LIFETIME) {
        (Grade::Broken, Some("is long after this program was made"))
    } else {
        (Grade::Sound, None)
    };
    let detail = match fault {
        None => shown,
        Some(fault) => format!(
            "{shown} {fault}: certificates and signatures are judged wrongly, and policies expire \
             at the wrong time"
        ),
    };
    Finding { what: "clock", grade, detail }
}

/// What a lookup says of its name's signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    Secure,
    Insecure,
    /// They do not hold.
    Refused,
    Unknown,
}

fn sense(lookup: &Lookup<IpAddr>) -> Sense {
    match lookup {
        Ok(Answer { security, .. }) => match security {
            Security::Secure => Sense::Secure,
            Security::Insecure(_) => Sense::Insecure,
            Security::Bogus(_) => Sense::Refused,
            Security::Indeterminate(_) => Sense::Unknown,
        },
        Err(DnsError::Bogus { .. } | DnsError::ServFail { bogus: true, .. }) => Sense::Refused,
        Err(
            DnsError::ServFail { bogus: false, .. }
            | DnsError::Timeout { .. }
            | DnsError::Rcode { .. }
            | DnsError::AliasLoop { .. }
            | DnsError::AliasLimit { .. }
            | DnsError::Malformed { .. }
            | DnsError::NameTooLong { .. }
            | DnsError::Unreachable { .. },
        ) => Sense::Unknown,
    }
}

/// Why a lookup is not secure, made visible.
fn reason(lookup: &Lookup<IpAddr>) -> Visible {
    match lookup {
        Ok(Answer { security, .. }) => match security {
            Security::Bogus(why) | Security::Indeterminate(why) => why.as_str().into(),
            Security::Secure | Security::Insecure(_) => "it does not exist here".into(),
        },
        Err(error) => error.to_string().as_str().into(),
    }
}

/// The start of the year of this release: 2026-01-01T00:00:00Z. No right clock is before it.
const RELEASED: Timestamp = Timestamp::from_millis(1_767_225_600_000);
/// Nobody runs a program for longer: 20 years.
const LIFETIME: std::time::Duration = std::time::Duration::from_hours(20 * 8_766);
