//! What is published, and what the checker has to say of it.

pub(crate) mod dane;
pub(crate) mod dnssec;
mod egress;
pub(crate) mod mail_hosts;
mod manners;
pub(crate) mod policy_hosts;
mod resolvers;

use crate::case::Case;

/// All of it; each test looks at its own part.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    let tables = [
        policy_hosts::CASES,
        mail_hosts::CASES,
        dane::CASES,
        dnssec::CASES,
        egress::CASES,
        manners::CASES,
    ];
    tables.into_iter().flatten()
}
