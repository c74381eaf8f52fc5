//! The domains that mail goes to: what they publish, and what becomes of a message.

use crate::sender::Release;

/// A domain in one of the zones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Domain {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its MX hosts, by preference.
    pub(crate) mx: &'static [&'static str],
    /// Its policy, if it says it has one.
    pub(crate) policy: Option<Policy>,
    /// Further records, in zone-file form and relative to the zone; `{ipv4:NAME}` and `{key:NAME}`
    /// stand for what a mail host has.
    pub(crate) records: &'static str,
    /// What becomes of a message.
    pub(crate) fate: Fate,
    /// What it is about.
    pub(crate) reason: &'static str,
}

/// A policy, and where it is to be had.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    pub(crate) mode: &'static str,
    pub(crate) patterns: &'static [&'static str],
    pub(crate) max_age: u32,
    /// The last octet of the policy host's address.
    pub(crate) host: u8,
    /// False if there is nothing under the policy's path.
    pub(crate) is_served: bool,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It arrives: Postfix's word for the connection, `Verified`, `Trusted`, `Untrusted` or
    /// `Plain`, and the MX host.
    Arrives(&'static str, &'static str),
    /// It stays in the queue: what Postfix says of it.
    Stays(&'static str),
    /// What Postfix 3.7 does with it, and what Postfix 3.10.
    Depends(&'static Self, &'static Self),
}

impl Fate {
    /// With one Postfix.
    pub(crate) fn with(self, release: Release) -> Self {
        match self {
            Self::Depends(debian12, debian13) => *match release {
                Release::Debian12 => debian12,
                Release::Debian13 => debian13,
            },
            Self::Arrives(..) | Self::Stays(_) => self,
        }
    }
}

const UNVERIFIED: Fate =
    Fate::Stays("dsn=4.7.5, status=deferred (Server certificate not verified)");
const NO_TLS: Fate =
    Fate::Stays("dsn=4.7.4, status=deferred (TLS is required, but was not offered");
/// What Postfix from 3.10.5 says if no MX is in the policy.
const OUTSIDE: Fate =
    Fate::Stays("dsn=4.3.0, status=deferred (server unavailable or unable to receive mail)");
const NO_ANSWER: Fate =
    Fate::Stays("dsn=4.7.5, status=deferred (client TLS configuration problem)");
const NO_MX: Fate = Fate::Stays("dsn=4.4.3, status=deferred (Host or domain name not found");

const fn enforce(patterns: &'static [&'static str]) -> Policy {
    Policy { mode: "enforce", patterns, max_age: 2_592_000, host: 1, is_served: true }
}

const fn testing(patterns: &'static [&'static str]) -> Policy {
    Policy { mode: "testing", ..enforce(patterns) }
}

const SOUND: Domain = Domain {
    name: "",
    mx: &["sound.unsigned.example"],
    policy: Some(enforce(&["sound.unsigned.example"])),
    records: "",
    fate: Fate::Arrives("Verified", "sound.unsigned.example"),
    reason: "",
};

/// Domains that nobody changes.
pub(crate) const STEADY: &[Domain] = &[
    Domain { name: "enforced.unsigned.example", reason: "all as the policy says", ..SOUND },
    Domain { name: "enforced.signed.example", reason: "signed, but without TLSA records", ..SOUND },
    Domain {
        name: "wildcard.unsigned.example",
        policy: Some(enforce(&["*.unsigned.example"])),
        reason: "a pattern for every host right below",
        ..SOUND
    },
    Domain {
        name: "address.unsigned.example",
        policy: Some(enforce(&["192.0.2.1", "sound.unsigned.example"])),
        reason: "a pattern that is an address by mistake, beside the right one",
        ..SOUND
    },
    Domain {
        name: "plain.unsigned.example",
        mx: &["no-starttls.unsigned.example"],
        policy: Some(enforce(&["no-starttls.unsigned.example"])),
        fate: NO_TLS,
        reason: "no STARTTLS",
        ..SOUND
    },
    Domain {
        name: "old.unsigned.example",
        mx: &["expired.unsigned.example"],
        policy: Some(enforce(&["expired.unsigned.example"])),
        fate: UNVERIFIED,
        reason: "the certificate has expired",
        ..SOUND
    },
    Domain {
        name: "own-ca.unsigned.example",
        mx: &["self-signed.unsigned.example"],
        policy: Some(enforce(&["self-signed.unsigned.example"])),
        fate: UNVERIFIED,
        reason: "the certificate is self-signed",
        ..SOUND
    },
    Domain {
        name: "other.unsigned.example",
        mx: &["wrong-name.unsigned.example"],
        policy: Some(enforce(&["wrong-name.unsigned.example"])),
        fate: UNVERIFIED,
        reason: "the certificate is of another name",
        ..SOUND
    },
    Domain {
        name: "plain-testing.unsigned.example",
        mx: &["no-starttls.unsigned.example"],
        policy: Some(testing(&["no-starttls.unsigned.example"])),
        fate: Fate::Arrives("Plain", "no-starttls.unsigned.example"),
        reason: "no STARTTLS, in mode testing",
        ..SOUND
    },
    Domain {
        name: "old-testing.unsigned.example",
        mx: &["expired.unsigned.example"],
        policy: Some(testing(&["expired.unsigned.example"])),
        fate: Fate::Arrives("Untrusted", "expired.unsigned.example"),
        reason: "an expired certificate, in mode testing",
        ..SOUND
    },
    Domain {
        name: "own-ca-testing.unsigned.example",
        mx: &["self-signed.unsigned.example"],
        policy: Some(testing(&["self-signed.unsigned.example"])),
        fate: Fate::Arrives("Untrusted", "self-signed.unsigned.example"),
        reason: "a self-signed certificate, in mode testing",
        ..SOUND
    },
    Domain {
        name: "other-testing.unsigned.example",
        mx: &["wrong-name.unsigned.example"],
        policy: Some(testing(&["wrong-name.unsigned.example"])),
        fate: Fate::Arrives("Trusted", "wrong-name.unsigned.example"),
        reason: "a certificate of another name, in mode testing",
        ..SOUND
    },
    Domain {
        name: "outside.unsigned.example",
        mx: &["narrow.unsigned.example"],
        fate: Fate::Depends(&UNVERIFIED, &OUTSIDE),
        reason: "the only MX is not in the policy",
        ..SOUND
    },
    Domain {
        name: "forged.unsigned.example",
        mx: &["forged-mx.unsigned.example"],
        policy: Some(enforce(&["narrow.unsigned.example"])),
        records: "forged-mx A {ipv4:narrow}",
        fate: Fate::Depends(&Fate::Arrives("Verified", "forged-mx.unsigned.example"), &OUTSIDE),
        reason: "a machine that has a certificate for a host of the policy under another name: \
                 from Postfix 3.10.5 the name counts, before the certificate alone",
    },
    Domain {
        name: "outside-testing.unsigned.example",
        mx: &["narrow.unsigned.example"],
        policy: Some(testing(&["sound.unsigned.example"])),
        fate: Fate::Arrives("Trusted", "narrow.unsigned.example"),
        reason: "the only MX is not in the policy, in mode testing",
        ..SOUND
    },
    Domain {
        name: "second.unsigned.example",
        mx: &["narrow.unsigned.example", "sound.unsigned.example"],
        reason: "the first MX is not in the policy, the second is",
        ..SOUND
    },
    Domain {
        name: "third.unsigned.example",
        mx: &["no-starttls.unsigned.example", "expired.unsigned.example", "sound.unsigned.example"],
        policy: Some(enforce(&["*.unsigned.example"])),
        reason: "two MX hosts that do not satisfy the policy, then one that does",
        ..SOUND
    },
    Domain {
        name: "implicit.unsigned.example",
        mx: &[],
        policy: Some(enforce(&["implicit.unsigned.example"])),
        records: "implicit A {ipv4:wrong-name}",
        fate: UNVERIFIED,
        reason: "no MX records: the domain is its own host",
    },
    Domain {
        name: RELAYED,
        fate: UNVERIFIED,
        reason: "the policy is that of the relay (RFC 8461 §3.4), which does not satisfy it",
        ..SOUND
    },
    Domain {
        name: "none.unsigned.example",
        mx: &["wrong-name.unsigned.example"],
        policy: Some(Policy { mode: "none", ..enforce(SOUND.mx) }),
        fate: Fate::Arrives("Trusted", "wrong-name.unsigned.example"),
        reason: "mode none",
        ..SOUND
    },
    Domain {
        name: "unfetched.unsigned.example",
        mx: &["wrong-name.unsigned.example"],
        policy: Some(Policy { is_served: false, ..enforce(SOUND.mx) }),
        fate: Fate::Arrives("Trusted", "wrong-name.unsigned.example"),
        reason: "a policy that cannot be had, and none was had before (RFC 8461 §3.3)",
        ..SOUND
    },
    Domain {
        name: "absent.unsigned.example",
        mx: &["no-starttls.unsigned.example"],
        policy: None,
        fate: Fate::Arrives("Plain", "no-starttls.unsigned.example"),
        reason: "no policy",
        ..SOUND
    },
    Domain {
        name: "dane.signed.example",
        mx: &["self-signed.signed.example"],
        policy: None,
        records: "_25._tcp.self-signed TLSA 3 1 1 {key:self-signed}",
        fate: Fate::Arrives("Verified", "self-signed.signed.example"),
        reason: "DANE alone",
    },
    Domain {
        name: "dane-decides.signed.example",
        mx: &["self-signed.signed.example"],
        policy: Some(enforce(&["self-signed.signed.example"])),
        fate: Fate::Arrives("Verified", "self-signed.signed.example"),
        reason: "DANE passes where the policy would not",
        ..SOUND
    },
    Domain {
        name: "dane-mismatch.signed.example",
        mx: &["mismatch.signed.example"],
        policy: Some(enforce(&["mismatch.signed.example"])),
        records: "mismatch A {ipv4:sound}\n_25._tcp.mismatch TLSA 3 1 1 {key:expired}",
        fate: UNVERIFIED,
        reason: "TLSA records of another key; the policy alone would be satisfied (RFC 8461 §2)",
    },
    Domain {
        name: "dane-partial.signed.example",
        mx: &["mismatch.signed.example", "self-signed.signed.example"],
        policy: None,
        fate: Fate::Arrives("Verified", "self-signed.signed.example"),
        reason: "the first MX fails DANE, the second passes",
        ..SOUND
    },
    Domain {
        name: "dane-unusable.signed.example",
        mx: &["unusable.signed.example"],
        policy: Some(enforce(&["unusable.signed.example"])),
        records: "unusable A {ipv4:sound}\n_25._tcp.unusable TLSA 1 1 1 {key:sound}",
        fate: Fate::Arrives("Verified", "unusable.signed.example"),
        reason: "TLSA records that SMTP has no use for: the policy decides",
    },
    Domain {
        name: "dane-unusable-too.signed.example",
        mx: &["unusable-too.signed.example"],
        policy: Some(enforce(&["unusable-too.signed.example"])),
        records: "unusable-too A {ipv4:wrong-name}
_25._tcp.unusable-too TLSA 1 1 1 {key:wrong-name}",
        fate: UNVERIFIED,
        reason: "the same, and the policy is not satisfied",
    },
    Domain {
        name: "dane-bogus.signed.example",
        mx: &["mx-bogus.signed.example"],
        policy: Some(enforce(&["mx-bogus.signed.example"])),
        records: "mx-bogus A {ipv4:sound}",
        fate: NO_ANSWER,
        reason: "the TLSA records fail validation; the policy alone would be satisfied (RFC 7672 §2.1.2)",
    },
    Domain {
        name: "bogus.example",
        mx: &["sound.unsigned.example"],
        policy: None,
        fate: NO_MX,
        reason: "the MX records fail validation",
        ..SOUND
    },
];

/// Mail for this domain is handed to [`RELAY`].
pub(crate) const RELAYED: &str = "relayed.unsigned.example";
/// A relay by name and port, as transport(5) has it.
pub(crate) const RELAY: &str = "smtp:[implicit.unsigned.example]:25";

/// A domain whose MX is sound until somebody stands in between.
pub(crate) const BESIEGED: Domain = Domain {
    name: "besieged.unsigned.example",
    mx: &["besieged-mx.unsigned.example"],
    policy: Some(enforce(&["besieged-mx.unsigned.example"])),
    records: "besieged-mx A {ipv4:besieged}",
    fate: Fate::Arrives("Verified", "besieged-mx.unsigned.example"),
    reason: "STARTTLS is stripped for a while",
};

/// A domain that changes its policy; its MX does not satisfy it.
pub(crate) const CHANGING: Domain = Domain {
    name: "changing.unsigned.example",
    mx: &["wrong-name.unsigned.example"],
    policy: Some(Policy { host: 2, ..enforce(&["wrong-name.unsigned.example"]) }),
    fate: UNVERIFIED,
    reason: "the policy changes",
    ..SOUND
};

/// A domain whose policy cannot be had any more; its MX does not satisfy it.
pub(crate) const BLOCKED: Domain = Domain {
    name: "blocked.unsigned.example",
    policy: Some(Policy { host: 3, max_age: 604_800, ..enforce(CHANGING.mx) }),
    reason: "TXT record and policy host are out of reach",
    ..CHANGING
};

/// A domain that a resolver knows from before it was started; its MX does not satisfy its policy.
pub(crate) const REMEMBERED: Domain = Domain {
    name: "remembered.unsigned.example",
    policy: Some(Policy { host: 4, ..enforce(CHANGING.mx) }),
    reason: "the resolver is started again without a network",
    ..CHANGING
};

/// A domain that an administrator makes an exception for; its MX does not satisfy its policy.
pub(crate) const EXCEPTED: Domain = Domain {
    name: "excepted.unsigned.example",
    policy: Some(enforce(CHANGING.mx)),
    reason: "the resolver is told to leave it alone",
    ..CHANGING
};

/// A domain whose policy is hosted, in a zone that is delegated to the installation.
pub(crate) const HOSTED: Domain = Domain {
    name: "hosted.unsigned.example",
    mx: &[],
    policy: None,
    records: "hosted 3600 MX 10 first
sts NS ns1.sts
ns1.sts A 203.0.113.80",
    fate: Fate::Arrives("Verified", "first.unsigned.example"),
    reason: "the policy lives and goes, and the MX host changes",
};

/// All domains.
pub(crate) fn all() -> impl Iterator<Item = &'static Domain> {
    STEADY.iter().chain([&BESIEGED, &CHANGING, &BLOCKED, &REMEMBERED, &EXCEPTED, &HOSTED])
}
