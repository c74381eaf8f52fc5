//! Where the signatures lead, from the end entity upwards through what was sent. PKIX says
//! whether a chain is good; this says at which certificate a bad one breaks.

use crate::tls::certificate::{Certificate, PublicKey, Signature};
use rustls::RootCertStore;

/// The certificates on the way up, the end entity first.
#[derive(Debug)]
pub(super) struct Path<'c, 'a> {
    certificates: Vec<&'c Certificate<'a>>,
    /// How it ends.
    pub(super) end: End,
}

/// How a path ends at its last certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It is signed by a trust root.
    Root,
    /// It is signed by itself and no trust root.
    PrivateRoot,
    /// It names an issuer that was not sent and is no trust root.
    IssuerAbsent,
    /// It names as issuer a certificate that was sent, which did not sign it.
    SentIssuerDiffers,
    /// It names as issuer a trust root, which did not sign it.
    RootDiffers,
}

impl<'c, 'a> Path<'c, 'a> {
    /// Goes up from `chain[0]`, by issuer names and signatures alone: times, constraints and
    /// purposes are not looked at.
    pub(super) fn walk(chain: &'c [Certificate<'a>], roots: &RootCertStore) -> Self {
        let mut certificates: Vec<&Certificate<'_>> = chain.first().into_iter().collect();
        let end = loop {
            let Some(&top) = certificates.last() else { break End::IssuerAbsent };
            let from_root = signed_by_root(top, roots);
            if from_root == Some(true) {
                break End::Root;
            }
            if top.is_self_signed() {
                break End::PrivateRoot;
            }
            let mut named = chain
                .iter()
                .filter(|sent| sent.subject() == top.issuer())
                .filter(|sent| !certificates.iter().any(|used| used.der() == sent.der()))
                .peekable();
            let any_named = named.peek().is_some();
            let issuer = named.find(|sent| {
                sent.key().is_some_and(|key| top.signature_by(key) == Signature::Good)
            });
            match issuer {
                Some(issuer) => certificates.push(issuer),
                None if any_named => break End::SentIssuerDiffers,
                None if from_root.is_some() => break End::RootDiffers,
                None => break End::IssuerAbsent,
            }
        };
        Self { certificates, end }
    }

    /// The certificates above the end entity.
    pub(super) fn issuers(&self) -> impl Iterator<Item = &'c Certificate<'a>> {
        self.certificates.iter().skip(1).copied()
    }

    /// The last certificate, whose issuer is in question.
    pub(super) fn top(&self) -> Option<&'c Certificate<'a>> {
        self.certificates.last().copied()
    }

    /// True if the end entity's own issuer was not found.
    pub(super) fn is_end_entity_alone(&self) -> bool {
        self.certificates.len() == 1
    }

    /// True if `certificate` lies on the path.
    pub(super) fn holds(&self, certificate: &Certificate<'_>) -> bool {
        self.certificates.iter().any(|used| used.der() == certificate.der())
    }
}

/// `None` if no root bears the issuer's name, else whether one of those that do signed it.
pub(super) fn signed_by_root(certificate: &Certificate<'_>, roots: &RootCertStore) -> Option<bool> {
    let mut named = roots
        .roots
        .iter()
        .filter(|anchor| anchor.subject.as_ref() == certificate.issuer())
        .peekable();
    named.peek()?;
    Some(named.any(|anchor| {
        PublicKey::of_anchor(anchor)
            .is_some_and(|key| certificate.signature_by(key) == Signature::Good)
    }))
}
