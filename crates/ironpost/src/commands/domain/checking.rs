//! What the checker says of MX hosts, before a policy asks senders to insist on them.

use crate::commands::network;
use crate::config::hosting::settings::HostingSettings;
use crate::descriptors::Descriptors;
use crate::failure::Failure;
use crate::output::Console;
use ironpost_checker::check::{CheckOptions, Checker};
use ironpost_checker::publish::{MxRecordsError, patterns_from_mx};
use ironpost_hosting::checks::gate;
use ironpost_hosting::drift::mx_set;
use ironpost_net::dns::answer::Outcome;
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Checks, MxSet};
use ironpost_proto::mta_sts::mx_pattern::MxPattern;
use ironpost_proto::mta_sts::policy::{Mode, Policy};
use jiff::Timestamp;
use std::num::NonZeroU16;

/// Checks the domain if `policy` asks anything of senders: every MX host for mode enforce, the MX
/// records alone for mode testing.
pub(super) async fn checks(
    domain: &Domain,
    policy: Option<&Policy>,
    settings: &HostingSettings,
    console: &Console,
) -> Result<Checks, Failure> {
    match policy.map(|policy| policy.mode) {
        None | Some(Mode::None) => Ok(Checks::default()),
        Some(Mode::Testing) => {
            let mx = mx(domain, settings).await.ok().map(|mx| mx.hosts);
            Ok(Checks { mx, ..Checks::default() })
        }
        Some(Mode::Enforce) => {
            console.note(&format!("checking every MX host of {domain}"));
            let report = checker(settings).await?.check(domain, None, Timestamp::now()).await;
            Ok(gate(&report))
        }
    }
}

/// A pattern for each MX host of a domain.
pub(super) async fn patterns(
    domain: &Domain,
    settings: &HostingSettings,
) -> Result<Vec<MxPattern>, Failure> {
    let found = mx(domain, settings).await?;
    // RFC 7505 §3: records that name no host say that there is none.
    if found.hosts.is_empty() {
        return Err(Failure::usage(MxRecordsError::NullMx));
    }
    patterns_from_mx(domain, &found.hosts).map_err(Failure::usage)
}

/// The MX hosts of a domain: itself where it has no MX records (RFC 5321 §5.1).
pub(super) async fn mx(domain: &Domain, settings: &HostingSettings) -> Result<MxSet, Failure> {
    let answer = checker(settings).await?.mx(domain).await.map_err(|error| {
        let what = format!("the MX records of {domain}");
        Failure::CouldNotTest(anyhow::Error::new(error).context(what))
    })?;
    match answer.outcome {
        Outcome::NxDomain => Err(Failure::message(format!("{domain} does not exist in DNS"))),
        Outcome::NoData | Outcome::Found(_) => Ok(mx_set(domain, answer)),
    }
}

async fn checker(settings: &HostingSettings) -> Result<Checker, Failure> {
    let (one, options) = (NonZeroU16::MIN, CheckOptions::default());
    network::checker(settings.network.clone(), one, Descriptors::raise(), options).await
}
