//! Lookups in the words of DANE (RFC 7672 §2.1).

use crate::dns::answer::{self, DnsError, Lookup};
use ironpost_proto::dane::{Answer, LookupFault, Security, Tlsa, TlsaAnswer};

/// What became of a lookup.
pub(super) fn status<T>(lookup: &Lookup<T>) -> Answer {
    let answer = match lookup {
        Ok(answer) => answer,
        Err(error) => return Answer::Fault(error.into()),
    };
    match security(&answer.security) {
        Ok(security) if answer.records().is_empty() => Answer::Absent(security),
        Ok(security) => Answer::Found(security),
        Err(fault) => Answer::Fault(fault),
    }
}

/// What became of a TLSA lookup at one candidate base domain.
pub(super) fn tlsa(lookup: Lookup<Tlsa>) -> TlsaAnswer {
    match lookup {
        Ok(answer) => match security(&answer.security) {
            Ok(Security::Secure) => match answer.outcome {
                answer::Outcome::Found(records) => TlsaAnswer::Secure(records),
                answer::Outcome::NoData | answer::Outcome::NxDomain => TlsaAnswer::None,
            },
            Ok(Security::Insecure) => TlsaAnswer::None,
            Err(fault) => TlsaAnswer::Fault(fault),
        },
        // Nothing can be published there.
        Err(DnsError::NameTooLong { .. }) => TlsaAnswer::None,
        Err(error) => TlsaAnswer::Fault((&error).into()),
    }
}

fn security(security: &answer::Security) -> Result<Security, LookupFault> {
    match security {
        answer::Security::Secure => Ok(Security::Secure),
        answer::Security::Insecure(_) => Ok(Security::Insecure),
        answer::Security::Bogus(_) => Err(LookupFault::Bogus),
        answer::Security::Indeterminate(_) => Err(LookupFault::Indeterminate),
    }
}

impl From<&DnsError> for LookupFault {
    fn from(error: &DnsError) -> Self {
        match error {
            DnsError::Bogus { .. } | DnsError::ServFail { bogus: true, .. } => Self::Bogus,
            DnsError::ServFail { bogus: false, .. }
            | DnsError::Timeout { .. }
            | DnsError::Rcode { .. }
            | DnsError::AliasLoop { .. }
            | DnsError::AliasLimit { .. }
            | DnsError::Malformed { .. }
            | DnsError::NameTooLong { .. }
            | DnsError::Unreachable { .. } => Self::Failed,
        }
    }
}
