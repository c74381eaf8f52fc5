//! Hosting: options, surroundings and the file become one `HostingSettings`, which `ironpost
//! serve` and the commands beside it are run from.

pub(crate) mod args;
pub(crate) mod inspection;
pub(crate) mod sections;
pub(crate) mod settings;
pub(crate) mod values;
mod zone;

/// What is missing or does not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HostingFault {
    #[error("the zone of the installation is missing: zone in [serve], or --zone")]
    NoZone,
    #[error(
        "the addresses of the policy host, as others see them, are missing: addresses in [serve], \
         or --address"
    )]
    NoAddresses,
    #[error(
        "the terms of service of the CA at {directory} have to be agreed to: read them (those of \
         Let's Encrypt are at https://letsencrypt.org/repository) and write agree_to_terms = true \
         in [acme]"
    )]
    TermsNotAgreed { directory: String },
    #[error("there is nothing to do: roles in [serve] is empty")]
    NoRoles,
    #[error(
        "ns in [serve] is empty: name the zone's name servers, or leave it out for ns1.{zone} alone"
    )]
    NoNameServers { zone: String },
    #[error(
        "{name} is a name server inside the zone: give its addresses in [serve.name_servers], \
         which the zone above has to have as well"
    )]
    NoGlue { name: String },
    #[error("{name} in [serve.name_servers] is not in ns: add it there, or take it out here")]
    NotANameServer { name: String },
    #[error(
        "{name} in [serve.name_servers] lies outside the zone, which cannot tell its addresses: \
         take it out"
    )]
    GlueOutside { name: String },
    #[error("{one} and {another} would listen on the same port: {first} and {second}")]
    SameListener { one: &'static str, another: &'static str, first: String, second: String },
    #[error(
        "{key} in [serve] is empty, and role {role} needs it: name an address, or take the role out of roles"
    )]
    NothingToListenOn { key: &'static str, role: &'static str },
    #[error("{table}: eab_kid and eab_key_file belong together: name both, or neither")]
    HalfBinding { table: &'static str },
    #[error("[alerts.email]: to names nobody")]
    NobodyToTell,
    #[error("[alerts.email]: user and password_file belong together: name both, or neither")]
    HalfLogin,
    #[error(
        "[alerts.email]: a password would go over the network unprotected: security = \"none\" is \
         for a server without a login"
    )]
    PasswordInTheClear,
    #[error("[senders]: {0}")]
    Senders(#[from] ironpost_hosting::fetch_log::SendersError),
}
