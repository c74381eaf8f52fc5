//! Dynamic update (RFC 2136), signed with a shared key (RFC 8945).
//!
//! What a plan was decided from goes along as prerequisites (RFC 2136 §2.4), which the server checks
//! in the same transaction (§3.7): if anything changed meanwhile, nothing is done.

mod conversation;
mod prerequisites;

pub use conversation::{Address, Rejected};

use super::UpdateError;
use super::plan::{Change, Observed};
use super::record::{Found, composed, wire_name};
use crate::delegation::Type;
use conversation::Conversation;
use domain::base::iana::{Class, Opcode, Rcode};
use domain::base::{Message, MessageBuilder, Name, Rtype};
use domain::tsig::Key;
use ironpost_net::dns::resolver::Resolver;
use ironpost_proto::domain::DnsName;
use ironpost_proto::mta_sts::discovery::Timestamp;

/// A primary name server that takes updates.
#[derive(Debug, Clone)]
pub struct Rfc2136 {
    /// Where it is.
    pub server: Address,
    /// The key that it knows us by. Shows its name and algorithm alone.
    pub key: Key,
}

impl Rfc2136 {
    /// What stands at `owners`, which all lie in `zone`.
    pub(super) async fn observe(
        &self,
        resolver: &Resolver,
        zone: &DnsName,
        owners: &[&DnsName],
        now: Timestamp,
    ) -> Result<Vec<Observed>, UpdateError> {
        let mut conversation = Conversation::begin(self, resolver, now).await?;
        let mut observed = Vec::new();
        for owner in owners {
            let name = wire(owner)?;
            let mut found = Vec::new();
            for rtype in TYPES {
                found.extend(ask(&mut conversation, zone, &name, rtype).await?);
            }
            let owner = (*owner).clone();
            observed.push(Observed { owner, zone: zone.clone(), found });
        }
        Ok(observed)
    }

    /// Makes changes in one zone, all of them or none.
    pub(super) async fn apply(
        &self,
        resolver: &Resolver,
        zone: &DnsName,
        changes: &[&Change],
        now: Timestamp,
    ) -> Result<(), UpdateError> {
        let message = update(zone, changes)?;
        let mut conversation = Conversation::begin(self, resolver, now).await?;
        let answer = conversation.ask(message).await?;
        match answer.header().rcode() {
            Rcode::NOERROR => Ok(()),
            rcode => Err(conversation.rejected(Rejected::of_update(rcode, zone, changes))),
        }
    }
}

/// The records of one type at one name, as the server itself gives them.
async fn ask(
    conversation: &mut Conversation,
    zone: &DnsName,
    name: &Name<Vec<u8>>,
    rtype: Type,
) -> Result<Vec<Found>, UpdateError> {
    let mut query = MessageBuilder::new_vec().question();
    query.header_mut().set_random_id();
    query.push((name, rtype.rtype())).map_err(|_| UpdateError::TooLong)?;
    let answer = conversation.ask(query.additional()).await?;
    let header = answer.header();
    match header.rcode() {
        Rcode::NOERROR | Rcode::NXDOMAIN if header.aa() => Ok(found_at(&answer, name, rtype)),
        Rcode::NOERROR | Rcode::NXDOMAIN => {
            Err(conversation.rejected(Rejected::NotAuthoritative { zone: zone.clone() }))
        }
        rcode => Err(conversation.rejected(Rejected::of_query(rcode, zone))),
    }
}

/// Of an answer, the records at the very name: what follows an alias is somebody else's.
fn found_at(answer: &Message<Vec<u8>>, name: &Name<Vec<u8>>, rtype: Type) -> Vec<Found> {
    let Ok(section) = answer.answer() else { return Vec::new() };
    let records = section.flatten().filter(|record| record.owner() == *name);
    let mut found: Vec<_> = records.filter_map(|record| Found::read(&record)).collect();
    found.retain(|found| found.rtype == rtype);
    found
}

/// The UPDATE message: the zone, what is to be found there, what is to be done (RFC 2136 §2).
fn update(
    zone: &DnsName,
    changes: &[&Change],
) -> Result<domain::base::message_builder::AdditionalBuilder<Vec<u8>>, UpdateError> {
    let mut message = MessageBuilder::new_vec();
    message.header_mut().set_random_id();
    message.header_mut().set_opcode(Opcode::UPDATE);
    let mut message = message.question();
    message.push((wire(zone)?, Rtype::SOA)).map_err(|_| UpdateError::TooLong)?;
    let mut message = message.answer();
    for change in changes {
        for record in prerequisites::of(change, &wire(&change.before.owner)?)? {
            message.push(record).map_err(|_| UpdateError::TooLong)?;
        }
    }
    let mut message = message.authority();
    for change in changes {
        let owner = wire(&change.before.owner)?;
        // §3.4.2: one after the other, so an alias goes before what takes its place.
        for found in &change.remove {
            // §2.5.4: this very record and no other.
            let record = composed(&owner, Class::NONE, 0, (found.rtype.rtype(), &found.rdata));
            message.push(record.map_err(|_| UpdateError::TooLong)?)?;
        }
        for wanted in &change.add {
            let found = Found::new(wanted.rtype, &wanted.value).ok_or(UpdateError::TooLong)?;
            let rdata = (found.rtype.rtype(), found.rdata.as_slice());
            let record = composed(&owner, Class::IN, wanted.ttl, rdata);
            message.push(record.map_err(|_| UpdateError::TooLong)?)?;
        }
    }
    Ok(message.additional())
}

fn wire(name: &DnsName) -> Result<Name<Vec<u8>>, UpdateError> {
    wire_name(name).ok_or(UpdateError::TooLong)
}

/// What is looked at: what we write, and what cannot stand beside it.
const TYPES: [Type; 4] = [Type::Cname, Type::Txt, Type::A, Type::Aaaa];
