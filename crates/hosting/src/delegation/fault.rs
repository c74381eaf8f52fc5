//! What can be wrong with a name, and what to do about it.

use ironpost_net::dns::answer::DnsError;
use ironpost_proto::delegation::Token;
use ironpost_proto::domain::DnsName;
use ironpost_proto::mta_sts::record::RecordFault;
use std::net::IpAddr;

/// What is wrong with a name, told to who administers its zone. `wanted` is where it is to lead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// NXDOMAIN.
    #[error("the name does not exist yet: add a CNAME record that leads to {wanted}.")]
    Missing {
        /// See the type.
        wanted: DnsName,
    },
    /// The name exists, without an alias.
    #[error("the name has no CNAME record: add one that leads to {wanted}.")]
    NoAlias {
        /// See the type.
        wanted: DnsName,
    },
    /// TXT records in the place of an alias.
    #[error(
        "a TXT record stands here, and a CNAME record can stand beside nothing else: \
         replace it by a CNAME record that leads to {wanted}."
    )]
    TextInstead {
        /// See the type.
        wanted: DnsName,
    },
    /// The record stands under the domain's name written twice.
    #[error(
        "the record stands at {at}: the form adds the domain by itself, so enter the name without it"
    )]
    Doubled {
        /// Where it is.
        at: DnsName,
    },
    /// The alias was read as relative to the zone.
    #[error("the CNAME leads to {found}.: the dot at the end is missing; write {wanted}.")]
    DotMissing {
        /// Where it leads.
        found: DnsName,
        /// See the type.
        wanted: DnsName,
    },
    /// Into our zone by another token.
    #[error(
        "the CNAME holds the token {token}, another hosting's: change it, so that it leads to {wanted}."
    )]
    OtherToken {
        /// That token.
        token: Token,
        /// See the type.
        wanted: DnsName,
    },
    /// Into our zone by this domain's token, at the label of another name.
    #[error("this is where {meant_for} is to lead: the CNAME here must lead to {wanted}.")]
    OtherName {
        /// The name that should lead there.
        meant_for: DnsName,
        /// See the type.
        wanted: DnsName,
    },
    /// Into our zone, to a name that is nobody's.
    #[error("the CNAME leads to a name that stands for no domain: it must lead to {wanted}.")]
    NoLabel {
        /// See the type.
        wanted: DnsName,
    },
    /// To somebody else.
    #[error("the CNAME leads to {leads_to}.: change it, so that it leads to {wanted}.")]
    Foreign {
        /// The end of the chain.
        leads_to: DnsName,
        /// See the type.
        wanted: DnsName,
    },
    /// RFC 1034 §3.6.2.
    #[error("there are several CNAME records at one name, which DNS does not allow: keep one")]
    SeveralAliases,
    /// A policy host somewhere else.
    #[error(
        "its addresses are not ours: replace them by a CNAME record that leads to {wanted}., \
         or by our addresses"
    )]
    ForeignAddresses {
        /// See the type.
        wanted: DnsName,
    },
    /// A policy host here and somewhere else.
    #[error(
        "{address} is not ours, so some senders do not come here: remove it, \
         or replace all addresses by a CNAME record that leads to {wanted}."
    )]
    AlsoElsewhere {
        /// The first of the others.
        address: IpAddr,
        /// See the type.
        wanted: DnsName,
    },
    /// Our addresses, which anybody can enter.
    #[error(
        "the addresses are ours, but nothing shows that the domain is yours: \
         add a TXT record with the text {proof} at the same name"
    )]
    Unproven {
        /// Its text.
        proof: String,
    },
    /// No policy record, where one is pasted or written.
    #[error("there is no policy record yet")]
    NoRecord,
    /// RFC 8461 §3.1: senders then act as if there was none.
    #[error("there are several policy records, so senders see none: keep one")]
    SeveralRecords,
    /// A record that senders do not understand.
    #[error("the policy record is not valid ({0}): replace it")]
    BadRecord(RecordFault),
    /// The lookup came to nothing.
    #[error("it cannot be looked up: {0}")]
    Unanswered(DnsError),
    /// The zone's name servers have it, the resolver does not know yet.
    #[error(
        "the zone's name servers have the record; caches may still say otherwise for {seconds} seconds"
    )]
    CachesBehind {
        /// The TTL of what the resolver says.
        seconds: u32,
    },
    /// Some of the zone's name servers have it.
    #[error(
        "the zone's name servers disagree: {} not have the record, {} it",
        names(without, "does", "do"),
        names(with, "has", "have")
    )]
    ServersDisagree {
        /// Those that have it.
        with: Vec<DnsName>,
        /// Those that have not.
        without: Vec<DnsName>,
    },
}

fn names(names: &[DnsName], one: &str, more: &str) -> String {
    let verb = if names.len() == 1 { one } else { more };
    let names: Vec<_> = names.iter().map(DnsName::as_str).collect();
    format!("{} {verb}", names.join(", "))
}
