//! What of the responses to a lookup the validator gets to see.

use crate::dns::chain::Chain;
use crate::dns::exchange::Reply;
use bytes::Bytes;
use domain::base::iana::Class;
use domain::base::message_builder::{AuthorityBuilder, PushError};
use domain::base::wire::ParseError;
use domain::base::{
    Message, MessageBuilder, Name, ParsedName, ParsedRecord, Record, Rtype, Serial, Ttl,
};
use domain::rdata::{AllRecordData, Rrsig, Soa};

/// The responses to one lookup, several if the alias chain had to be asked for in pieces.
#[derive(Debug, Clone, Copy)]
pub(in crate::dns) struct Evidence<'a> {
    /// The name asked for and its aliases.
    pub(in crate::dns) chain: &'a Chain,
    /// The type asked for.
    pub(in crate::dns) rtype: Rtype,
    /// The responses in order; the last one tells the outcome.
    pub(in crate::dns) replies: &'a [Reply],
}

/// A record that can be written into a message.
pub(super) type Readable = Record<ParsedName<Bytes>, AllRecordData<Bytes, ParsedName<Bytes>>>;

impl Evidence<'_> {
    /// One response made of the alias chain, the RRset at its end, the proofs of the authority
    /// sections and the signatures of all these. A resolver may put other things beside them (the
    /// name servers of the zone, say, which nobody signs at a delegation); they say nothing about
    /// the answer and are left out.
    pub(super) fn message(&self) -> Result<Message<Bytes>, String> {
        self.build().map_err(|failure| match failure {
            Failure::Parse(error) => error.to_string(),
            Failure::Push => "too large to validate".to_owned(),
        })
    }

    /// The records of the answer sections that lie on the chain, signatures included.
    fn answers(&self) -> Result<Vec<Readable>, ParseError> {
        let mut kept = Vec::new();
        for reply in self.replies {
            for record in reply.message.answer()? {
                let record = record?;
                kept.extend(readable(&record).filter(|_| self.is_on_chain(&record)));
            }
        }
        Ok(kept)
    }

    /// True if there is nothing at the end of the chain.
    pub(super) fn is_negative(&self) -> bool {
        let end = self.chain.end();
        !self.replies.iter().any(|reply| {
            reply.message.answer().is_ok_and(|answer| {
                answer
                    .flatten()
                    .any(|record| record.rtype() == self.rtype && record.owner() == *end)
            })
        })
    }

    fn build(&self) -> Result<Message<Bytes>, Failure> {
        let mut builder = MessageBuilder::new_vec();
        if let Some(last) = self.replies.last() {
            builder.header_mut().set_qr(true);
            builder.header_mut().set_rcode(last.message.header().rcode());
        }
        let mut question = builder.question();
        question.push((self.chain.start(), self.rtype))?;
        let mut answer = question.answer();
        for record in self.answers()? {
            answer.push(record)?;
        }
        let mut authority = answer.authority();
        let denied = self.push_proofs(&mut authority)?;
        if !denied && self.is_negative() {
            // No SOA, no proof. The validator takes that for bogus even where nothing is signed;
            // an unsigned SOA makes it look whether anything should be.
            authority.push(unsigned_soa(self.chain.end()))?;
        }
        let octets = Bytes::from(authority.finish());
        Message::from_octets(octets).map_err(|_| Failure::Push)
    }

    /// True if an SOA was among them.
    fn push_proofs(&self, authority: &mut AuthorityBuilder<Vec<u8>>) -> Result<bool, Failure> {
        let negative = self.is_negative();
        let mut denied = false;
        for (index, reply) in self.replies.iter().enumerate() {
            let last = index + 1 == self.replies.len();
            for record in reply.message.authority()? {
                let record = record?;
                let wanted = match covered(&record) {
                    Rtype::NSEC | Rtype::NSEC3 => true,
                    Rtype::SOA => negative && last && self.chain.end().ends_with(&record.owner()),
                    _ => false,
                };
                if wanted && let Some(readable) = readable(&record) {
                    denied |= record.rtype() == Rtype::SOA;
                    authority.push(readable)?;
                }
            }
        }
        Ok(denied)
    }

    fn is_on_chain(&self, record: &ParsedRecord<'_, Bytes>) -> bool {
        let covered = covered(record);
        let owner = record.owner();
        if covered == Rtype::DNAME {
            // RFC 6672 §2.3: it stands above the names that it renames.
            return self.chain.names().any(|name| name.ends_with(&owner));
        }
        (covered == self.rtype || covered == Rtype::CNAME)
            && self.chain.names().any(|name| owner == *name)
    }
}

/// The record with its data, unless it cannot be read or must not count: a signature by a zone
/// that does not hold the owner (RFC 4035 §5.3.1), which could otherwise pass a signed RRset off
/// as belonging to an unsigned zone.
pub(super) fn readable(record: &ParsedRecord<'_, Bytes>) -> Option<Readable> {
    if record.class() != Class::IN {
        return None;
    }
    let readable: Readable = record.to_any_record().ok()?;
    match readable.data() {
        AllRecordData::Rrsig(signature) if !readable.owner().ends_with(signature.signer_name()) => {
            None
        }
        _ => Some(readable),
    }
}

/// The type of the record, or of what it signs.
fn covered(record: &ParsedRecord<'_, Bytes>) -> Rtype {
    match record.to_record::<Rrsig<Bytes, ParsedName<Bytes>>>() {
        Ok(Some(signature)) => signature.data().type_covered(),
        Ok(None) | Err(_) => record.rtype(),
    }
}

fn unsigned_soa(owner: &Name<Bytes>) -> Record<Name<Bytes>, Soa<Name<Bytes>>> {
    let (root, zero) = (Name::root_bytes(), Ttl::ZERO);
    let soa = Soa::new(root.clone(), root, Serial(0), zero, zero, zero, zero);
    Record::new(owner.clone(), Class::IN, zero, soa)
}

enum Failure {
    Parse(ParseError),
    Push,
}

impl From<ParseError> for Failure {
    fn from(error: ParseError) -> Self {
        Self::Parse(error)
    }
}

impl From<PushError> for Failure {
    fn from(_: PushError) -> Self {
        Self::Push
    }
}
