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
    /// RFC 7873 §5.4: a cookie of nobody's, and no question.
    BadCookie,
}

impl Rcode {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::NoError,
        Self::FormErr,
        Self::ServFail,
        Self::NxDomain,
        Self::NotImp,
        Self::Refused,
        Self::BadVers,
        Self::BadCookie,
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
            Self::BadCookie => 23,
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
            Self::BadCookie => "BADCOOKIE",
        }
    }
}
