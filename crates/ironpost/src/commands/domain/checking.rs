//! What the checker says of MX hosts, before a policy asks senders to insist on them.

use crate::commands::network;
use crate::config::hosting::settings::HostingSettings;
use crate::descriptors::Descriptors;
use crate::failure::Failure;
use crate::output::Console;
use ironpost_checker::check::{CheckOptions, Checker};
use ironpost_checker::lint::{Width, width};
use ironpost_checker::publish::{self, MxRecordsError, patterns_from_mx};
use ironpost_checker::report::TlsState;
use ironpost_hosting::checks::gate;
use ironpost_hosting::drift::mx_set;
use ironpost_net::dns::answer::{Answer, Mx, Outcome};
use ironpost_proto::domain::{DnsName, Domain};
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
            Ok(Checks { mx: hosts_now(domain, settings, console).await?, ..Checks::default() })
        }
        Some(Mode::Enforce) => {
            console.note(&format!("checking every MX host of {domain}"));
            let report = checker(settings).await?.check(domain, None, Timestamp::now()).await;
            Ok(gate(&report))
        }
    }
}

/// The MX hosts of a domain. Mode testing waits for nobody: what keeps them from being known is noted.
async fn hosts_now(
    domain: &Domain,
    settings: &HostingSettings,
    console: &Console,
) -> Result<Option<Vec<DnsName>>, Failure> {
    let looked_up = checker(settings).await?.mx(domain).await;
    let unknown = match looked_up.map(|answer| (answer.outcome.clone(), mx_set(domain, answer))) {
        Ok((Outcome::Found(_) | Outcome::NoData, mx)) => return Ok(Some(mx.hosts)),
        Ok((Outcome::NxDomain, _)) => format!("{domain} does not exist in DNS"),
        Err(error) => format!("the MX records of {domain} could not be looked up: {error}"),
    };
    console.note(&format!("{unknown}; whether the policy covers its MX hosts is not known"));
    Ok(None)
}

/// Checks hosts that are to be MX hosts of the domain, if `policy` is enforced.
pub(super) async fn hosts(
    domain: &Domain,
    names: &[DnsName],
    policy: Option<&Policy>,
    settings: &HostingSettings,
    console: &Console,
) -> Result<Checks, Failure> {
    match policy.map(|policy| policy.mode) {
        None | Some(Mode::None | Mode::Testing) => Ok(Checks::default()),
        Some(Mode::Enforce) => {
            console.note("checking every host that is to be an MX host");
            let found = checker(settings).await?.hosts(domain, names).await;
            let those = |wanted| -> Vec<DnsName> {
                let found = found.iter().filter(|(_, state)| *state == wanted);
                found.map(|(name, _)| name.clone()).collect()
            };
            let (unsound, untested) = (those(TlsState::Faulty), those(TlsState::NotTested));
            Ok(Checks { unsound, untested, ..Checks::default() })
        }
    }
}

/// A pattern for each MX host of a domain.
pub(super) async fn patterns(
    domain: &Domain,
    settings: &HostingSettings,
    console: &Console,
) -> Result<Vec<MxPattern>, Failure> {
    let answer = records(domain, settings).await?;
    if matches!(answer.outcome, Outcome::NoData) {
        console.note(&format!(
            "{domain} has no MX records: senders deliver to the host of that name (RFC 5321 §5.1)"
        ));
    }
    let found = mx_set(domain, answer);
    // RFC 7505 §3: records that name no host say that there is none.
    if found.hosts.is_empty() {
        return Err(Failure::usage(MxRecordsError::NullMx));
    }
    patterns_from_mx(domain, &found.hosts).map_err(Failure::usage)
}

/// The MX hosts of a domain: itself where it has no MX records (RFC 5321 §5.1).
pub(super) async fn mx(domain: &Domain, settings: &HostingSettings) -> Result<MxSet, Failure> {
    Ok(mx_set(domain, records(domain, settings).await?))
}

async fn records(domain: &Domain, settings: &HostingSettings) -> Result<Answer<Mx>, Failure> {
    let answer = checker(settings).await?.mx(domain).await.map_err(|error| {
        let what = format!("the MX records of {domain}");
        Failure::CouldNotTest(anyhow::Error::new(error).context(what))
    })?;
    match answer.outcome {
        Outcome::NxDomain => Err(Failure::message(format!("{domain} does not exist in DNS"))),
        Outcome::NoData | Outcome::Found(_) => Ok(answer),
    }
}

/// Patterns as somebody names them: none that can match no MX host of anybody's, or those of all the
/// world.
pub(super) fn fit(mx: &[MxPattern]) -> Result<(), Failure> {
    publish::no_addresses(mx).map_err(Failure::usage)?;
    let is_local = |mx: &&MxPattern| !mx.is_wildcard() && mx.domain().labels().count() == 1;
    if let Some(mx) = mx.iter().find(is_local) {
        return Err(Failure::message(format!(
            "{mx} is no name that senders can look up: name the host as the MX records do"
        )));
    }
    match mx.iter().find(|mx| width(mx, None) == Some(Width::PublicSuffix)) {
        Some(mx) => Err(Failure::message(format!(
            "{mx} is too wide: anybody can register a name that it covers; name the hosts"
        ))),
        None => Ok(()),
    }
}

async fn checker(settings: &HostingSettings) -> Result<Checker, Failure> {
    let (one, options) = (NonZeroU16::MIN, CheckOptions::default());
    network::checker(settings.network.clone(), one, Descriptors::raise(), options).await
}
