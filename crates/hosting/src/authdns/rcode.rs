//! Response codes.

/// The response codes that the authority uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rcode {
    /// RFC 1035: found, or nothing of that type at a name that exists.
    NoError,
    /// RFC 1035: the request cannot be read.
    FormErr,
    /// RFC 1035: the node does not know yet what it serves.
    ServFail,
    /// RFC 1035: there is no such name.
    NxDomain,
    /// RFC 1035: an operation that an authority has not.
    NotImp,
    /// RFC 1035: a name, a class or an operation that nobody gets here.
    Refused,
    /// RFC 6891 §6.1.3: a version of EDNS after ours.
    BadVers,
}

impl Rcode {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::NoError,
        Self::FormErr,
        Self::ServFail,
        Self::NxDomain,
        Self::NotImp,
        Self::Refused,
        Self::BadVers,
    ];

    /// Its number in IANA's registry.
    pub const fn number(self) -> u8 {
        match self {
            Self::NoError => 0,
            Self::FormErr => 1,
            Self::ServFail => 2,
            Self::NxDomain => 3,
            Self::NotImp => 4,
            Self::Refused => 5,
            Self::BadVers => 16,
        }
    }

    /// Its name in IANA's registry.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoError => "NOERROR",
            Self::FormErr => "FORMERR",
            Self::ServFail => "SERVFAIL",
            Self::NxDomain => "NXDOMAIN",
            Self::NotImp => "NOTIMP",
            Self::Refused => "REFUSED",
            Self::BadVers => "BADVERS",
        }
    }
}
