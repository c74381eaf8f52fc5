//! Who fetches, by user agent and network.

use ipnet::IpNet;
use ironpost_proto::visible::Visible;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// Senders that are known. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Senders(Arc<[KnownSender]>);

/// A sender that is known. It is it if its user agent or its network is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownSender {
    /// What it is called in the log.
    pub name: String,
    /// Part of its user agent, in either case; empty for none.
    pub user_agent: String,
    /// Where it fetches from.
    pub networks: Vec<IpNet>,
}

/// A table of senders that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendersError {
    /// Too many.
    #[error("{count} senders are more than the {MAX_SENDERS} that there is room for")]
    TooMany {
        /// How many there are.
        count: usize,
    },
    /// A name that is empty, long, or could be taken for one that nobody gave.
    #[error("{name:?} cannot be a sender's name: up to {MAX_NAME} letters, digits, blanks, - . _")]
    Name {
        /// The name.
        name: String,
    },
    /// Nothing to know it by.
    #[error("the sender {name} has neither user_agent nor networks to be known by")]
    NothingToKnowItBy {
        /// The sender's name.
        name: String,
    },
}

/// Who fetched.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Sender {
    /// One of the table, by its place.
    Known(u16),
    /// Somebody who calls himself this, made visible.
    Unknown(Box<str>),
    /// Anybody.
    Other,
}

impl Senders {
    /// Those that are built in, after `more`, which are looked at first.
    pub fn new(more: Vec<KnownSender>) -> Result<Self, SendersError> {
        let count = more.len();
        if count > MAX_SENDERS {
            return Err(SendersError::TooMany { count });
        }
        more.iter().try_for_each(KnownSender::check)?;
        Ok(Self(more.into_iter().chain(built_in()).collect()))
    }

    /// Whose fetch this is.
    pub(super) fn identify(&self, client: IpAddr, user_agent: Option<&[u8]>) -> Sender {
        let agent = user_agent.unwrap_or_default();
        let agent = agent.get(..MAX_READ).unwrap_or(agent);
        let client = client.to_canonical();
        let Some(found) = self.0.iter().find(|known| known.is(client, agent)) else {
            return product(agent).map_or(Sender::Other, Sender::Unknown);
        };
        // Several of one name are one sender.
        let place = self.0.iter().position(|known| known.name == found.name);
        // `MAX_SENDERS` and those built in are far fewer.
        place.and_then(|place| u16::try_from(place).ok()).map_or(Sender::Other, Sender::Known)
    }

    /// Its name in the log.
    pub(super) fn name(&self, sender: &Sender) -> String {
        match sender {
            Sender::Known(place) => match self.0.get(usize::from(*place)) {
                Some(known) => known.name.clone(),
                None => OTHER.to_owned(),
            },
            Sender::Unknown(product) => format!("{OTHER} ({product})"),
            Sender::Other => OTHER.to_owned(),
        }
    }
}

impl Default for Senders {
    /// Those that are built in.
    fn default() -> Self {
        Self(built_in().collect())
    }
}

impl KnownSender {
    fn is(&self, client: IpAddr, agent: &[u8]) -> bool {
        self.networks.iter().any(|network| network.contains(&client))
            || (!self.user_agent.is_empty() && contains(agent, self.user_agent.as_bytes()))
    }

    fn check(&self) -> Result<(), SendersError> {
        let is_fine = |c: char| c.is_ascii_alphanumeric() || " -._".contains(c);
        let name = &self.name;
        let is_other = name.trim().eq_ignore_ascii_case(OTHER);
        if name.trim().is_empty() || name.len() > MAX_NAME || !name.chars().all(is_fine) || is_other
        {
            return Err(SendersError::Name { name: name.clone() });
        }
        if self.user_agent.trim().is_empty() && self.networks.is_empty() {
            return Err(SendersError::NothingToKnowItBy { name: name.clone() });
        }
        Ok(())
    }
}

impl fmt::Display for KnownSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

/// Who fetched, as far as that is known: whatever unknown senders call themselves, they are one.
pub(super) fn known_name(name: &str) -> &str {
    // No known sender's name has a parenthesis.
    match name.split_once(" (") {
        Some((OTHER, _)) => OTHER,
        Some(_) | None => name,
    }
}

/// The product that a user agent names first, without its version (RFC 9110 §10.1.5).
fn product(agent: &[u8]) -> Option<Box<str>> {
    let end = agent.iter().position(|octet| b"/ \t(".contains(octet)).unwrap_or(agent.len());
    let product = agent.get(..end).filter(|product| !product.is_empty())?;
    Some(Visible::excerpt(product, MAX_PRODUCT).as_str().into())
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

fn built_in() -> impl Iterator<Item = KnownSender> {
    BUILT_IN.iter().map(|(name, user_agent, _)| KnownSender {
        name: (*name).to_owned(),
        user_agent: (*user_agent).to_owned(),
        networks: Vec::new(),
    })
}

/// Name, part of the user agent, and how we know.
const BUILT_IN: [(&str, &str, &str); 4] = [
    ("Google", "Google-SMTP-STS", "the public lists of crawlers' user agents have it as Google's"),
    (
        "postfix-mta-sts-resolver",
        "postfix-mta-sts-resolver",
        "its defaults.USER_AGENT, since version 0.4.5",
    ),
    ("Stalwart", "Stalwart/", "its common::USER_AGENT, which its policy fetch sends"),
    ("Ironpost", "ironpost/", "our own resolver and checker"),
];

/// Whoever is not known.
pub(super) const OTHER: &str = "other";
/// Of a user agent nobody reads more octets. Own limit.
const MAX_READ: usize = 256;
/// Characters of an unknown product that are kept. Own limit.
const MAX_PRODUCT: usize = 24;
/// Senders that an administrator may add. Own limit.
const MAX_SENDERS: usize = 256;
/// Octets of a sender's name. Own limit.
const MAX_NAME: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: &str, user_agent: &str, networks: &[&str]) -> KnownSender {
        KnownSender {
            name: name.to_owned(),
            user_agent: user_agent.to_owned(),
            networks: networks.iter().map(|network| network.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn senders_are_known_by_user_agent_and_network() {
        let ours = known("Big mail", "", &["198.51.100.0/24", "2001:db8::/32"]);
        let more = known("Google", "", &["203.0.113.0/24"]);
        let senders = Senders::new(vec![ours, known("Mine", "my-sts", &[]), more]).unwrap();
        let table: [(&str, Option<&[u8]>, &str); 12] = [
            ("192.0.2.1", Some(b"Google-SMTP-STS"), "Google"),
            ("192.0.2.1", Some(b"google-smtp-sts/2"), "Google"),
            ("192.0.2.1", Some(b"postfix-mta-sts-resolver/1.4"), "postfix-mta-sts-resolver"),
            ("192.0.2.1", Some(b"x MY-STS y"), "Mine"),
            ("198.51.100.7", Some(b"Google-SMTP-STS"), "Big mail"),
            ("::ffff:198.51.100.7", None, "Big mail"),
            ("2001:db8::1", None, "Big mail"),
            ("192.0.2.1", None, "other"),
            ("192.0.2.1", Some(b""), "other"),
            ("192.0.2.1", Some(b"curl/8.5.0"), "other (curl)"),
            ("192.0.2.1", Some(b"\x1b[31m\xff/1"), "other (\\x1b[31m\\xff)"),
            ("192.0.2.1", Some(&[b'a'; 10_000]), "other (aaaaaaaaaaaaaaaaaaaaaaa…)"),
        ];
        for (client, agent, name) in table {
            let sender = senders.identify(client.parse().unwrap(), agent);
            assert_eq!(senders.name(&sender), name, "{client} {agent:?}");
        }
        let identify =
            |client: &str, agent: &[u8]| senders.identify(client.parse().unwrap(), Some(agent));
        let both = [identify("192.0.2.1", b"Google-SMTP-STS"), identify("203.0.113.1", b"")];
        assert_eq!(both[0], both[1], "one name is one sender");
    }

    #[test]
    fn tables_that_cannot_be_used_are_refused() {
        let table = [
            (known("", "x", &[]), "\"\" cannot be a sender's name"),
            (known("other (x)", "x", &[]), "\"other (x)\" cannot be a sender's name"),
            (known("Other", "x", &[]), "\"Other\" cannot be a sender's name"),
            (known("a", " ", &[]), "the sender a has neither user_agent nor networks"),
        ];
        for (sender, expected) in table {
            let error = Senders::new(vec![sender]).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
        let many = vec![known("a", "a", &[]); MAX_SENDERS + 1];
        assert_eq!(Senders::new(many).unwrap_err(), SendersError::TooMany { count: 257 });
    }
}
