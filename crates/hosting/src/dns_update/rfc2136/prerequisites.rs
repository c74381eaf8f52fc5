//! What a zone must still say for a change to be made (RFC 2136 §2.4).

use crate::delegation::Type;
use crate::dns_update::UpdateError;
use crate::dns_update::plan::Change;
use crate::dns_update::record::{Composed, composed};
use domain::base::iana::Class;
use domain::base::{Name, Rtype};

/// The prerequisites of a change: each RRset that it touches, or that would clash with it, is as it
/// was when the plan was made.
pub(super) fn of(change: &Change, owner: &Name<Vec<u8>>) -> Result<Vec<Composed>, UpdateError> {
    let mut all = Vec::new();
    for rtype in super::TYPES {
        let found: Vec<_> =
            change.before.found.iter().filter(|found| found.rtype == rtype).collect();
        if found.is_empty() && counts(rtype, change) {
            // §2.4.3: there is no such RRset.
            all.push((Class::NONE, rtype.rtype(), Vec::new()));
        }
        // §2.4.2: the RRset is these records, no more and no fewer.
        all.extend(found.iter().map(|found| (Class::IN, rtype.rtype(), found.rdata.clone())));
    }
    let aliased = change.add.iter().any(|wanted| wanted.rtype == Type::Cname);
    if aliased && change.before.found.is_empty() {
        // §2.4.5: the name is not in use. A server would pass over an alias beside other records
        // without a word (§3.4.2.2).
        all.push((Class::NONE, Rtype::ANY, Vec::new()));
    }
    let compose = |(class, rtype, rdata): (Class, Rtype, Vec<u8>)| {
        composed(owner, class, 0, (rtype, &rdata)).map_err(|_| UpdateError::TooLong)
    };
    all.into_iter().map(compose).collect()
}

/// True if a record of this type would matter, had it appeared meanwhile.
fn counts(rtype: Type, change: &Change) -> bool {
    rtype == Type::Cname || change.add.iter().any(|wanted| wanted.rtype == rtype)
}
