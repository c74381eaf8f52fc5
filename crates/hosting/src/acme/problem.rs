//! Problem documents (RFC 8555 §6.7): what a CA says is wrong, and what to do about it.

use instant_acme::Problem;
use ironpost_proto::visible::Visible;

/// The types of problem that make a difference here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemType {
    /// The account is not known (any more).
    AccountDoesNotExist,
    /// The certificate was replaced already (RFC 9773 §7.4).
    AlreadyReplaced,
    /// A nonce was used up.
    BadNonce,
    /// CAA records forbid the CA to issue.
    Caa,
    /// The CA could not connect to prove the name.
    Connection,
    /// The CA could not look something up.
    Dns,
    /// An account needs external account binding.
    ExternalAccountRequired,
    /// What was shown as proof is not what was expected.
    IncorrectResponse,
    /// The contact is none that the CA writes to.
    InvalidContact,
    /// A limit.
    RateLimited,
    /// The CA does not issue for the name.
    RejectedIdentifier,
    /// A fault of the CA.
    ServerInternal,
    /// The proof of TLS-ALPN-01 failed in the handshake.
    Tls,
    /// The proof failed, or the account may not do this.
    Unauthorized,
    /// Somebody has to look at a page of the CA, mostly new terms.
    UserActionRequired,
    /// Another one.
    Other,
}

impl ProblemType {
    pub(super) fn of(problem: &Problem) -> Self {
        let name = problem.r#type.as_deref().unwrap_or_default();
        let name = name.strip_prefix(NAMESPACE).unwrap_or_default();
        TYPES.iter().find(|(known, _)| *known == name).map_or(Self::Other, |(_, found)| *found)
    }

    /// What to do about it, where somebody can.
    pub(super) fn cure(self) -> Option<&'static str> {
        match self {
            Self::Caa => Some(
                "a CAA record of the domain, or of a domain above it, forbids this CA: add one that \
                 allows it, or take it away",
            ),
            Self::Connection | Self::Tls => Some(
                "the CA could not reach the policy host: its ports 80 and 443 have to be open to the \
                 internet, and the CNAME of mta-sts has to lead to it",
            ),
            Self::Dns => {
                Some("the CNAMEs that were asked for have to be in DNS, for everybody to see")
            }
            Self::IncorrectResponse | Self::Unauthorized => Some(
                "the CA was answered by somebody else: the CNAME of mta-sts has to lead here, and \
                 nothing may stand in between on port 80",
            ),
            Self::RejectedIdentifier => {
                Some("this CA does not issue for the name: name another one")
            }
            Self::ExternalAccountRequired => Some(
                "this CA wants external account binding: set acme.eab_kid and acme.eab_key_file",
            ),
            Self::InvalidContact => Some("this CA does not take the address in acme.contact"),
            Self::UserActionRequired => {
                Some("open the page that the CA names, and do what it asks for")
            }
            Self::AccountDoesNotExist
            | Self::AlreadyReplaced
            | Self::BadNonce
            | Self::RateLimited
            | Self::ServerInternal
            | Self::Other => None,
        }
    }
}

/// What a problem document says, made visible: its detail, those of its parts, its type.
pub(super) fn words(problem: &Problem) -> String {
    let parts = problem.subproblems.iter().take(MAX_PARTS).filter_map(|part| part.detail.as_ref());
    let mut text =
        problem.detail.iter().chain(parts).map(String::as_str).collect::<Vec<_>>().join("; ");
    if let Some(name) = problem.r#type.as_deref() {
        let name = name.strip_prefix(NAMESPACE).unwrap_or(name);
        text = if text.is_empty() { name.to_owned() } else { format!("{text} ({name})") };
    }
    Visible::excerpt(text.as_bytes(), MAX_WORDS).to_string()
}

const NAMESPACE: &str = "urn:ietf:params:acme:error:";

const TYPES: &[(&str, ProblemType)] = &[
    ("accountDoesNotExist", ProblemType::AccountDoesNotExist),
    ("alreadyReplaced", ProblemType::AlreadyReplaced),
    ("badNonce", ProblemType::BadNonce),
    ("caa", ProblemType::Caa),
    ("connection", ProblemType::Connection),
    ("dns", ProblemType::Dns),
    ("externalAccountRequired", ProblemType::ExternalAccountRequired),
    ("incorrectResponse", ProblemType::IncorrectResponse),
    ("invalidContact", ProblemType::InvalidContact),
    ("rateLimited", ProblemType::RateLimited),
    ("rejectedIdentifier", ProblemType::RejectedIdentifier),
    ("serverInternal", ProblemType::ServerInternal),
    ("tls", ProblemType::Tls),
    ("unauthorized", ProblemType::Unauthorized),
    ("unsupportedContact", ProblemType::InvalidContact),
    ("unsupportedIdentifier", ProblemType::RejectedIdentifier),
    ("userActionRequired", ProblemType::UserActionRequired),
];

/// Shown of a problem. Own limit.
const MAX_WORDS: usize = 600;
/// Shown of its parts. Own limit.
const MAX_PARTS: usize = 5;
