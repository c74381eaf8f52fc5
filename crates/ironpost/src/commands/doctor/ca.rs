//! The CAs, and the clock beside theirs.

use super::report::Finding;
use crate::commands::installation;
use crate::config::hosting::settings::HostingSettings;
use crate::config::hosting::values::Role;
use crate::failure::Failure;
use crate::outside::SystemClock;
use futures_util::future::join_all;
use ironpost_hosting::acme::{Ca, Difference, Look, look};
use ironpost_net::clock::Clock;
use std::time::Duration;

/// A finding for each CA, and one for the clock.
pub(super) async fn examine(settings: &HostingSettings) -> Vec<Finding> {
    if !settings.does(Role::Jobs) {
        return vec![Finding::not_tested(CA, "jobs is not among the roles: it orders nothing")];
    }
    let acme = match installation::acme(settings) {
        Ok(acme) => acme,
        Err(Failure::Usage(error) | Failure::CouldNotTest(error)) => {
            let way_out = "the key that is named has to be set right";
            return vec![Finding::broken(CA, format!("{error:#}"), way_out)];
        }
        Err(Failure::ReaderGone | Failure::Interrupted(..)) => return Vec::new(),
    };
    let cas = std::iter::once(&acme.ca).chain(&acme.fallback);
    let seen = join_all(cas.map(|ca| async move { (ca, look(ca, SystemClock.now()).await) })).await;
    let mut findings = Vec::new();
    let mut clocks = Vec::new();
    for (ca, seen) in seen {
        match seen {
            Ok(seen) => {
                findings.push(one(ca, &seen));
                clocks.extend(seen.clock.map(|clock| (ca, clock)));
            }
            Err(error) => findings.push(Finding::broken(
                CA,
                format!("{}: {error}", ca.directory),
                "let HTTPS out to it; if its certificate is of a CA of your own, name that in \
                 roots of [acme]",
            )),
        }
    }
    findings.push(clock(&clocks));
    findings
}

fn one(ca: &Ca, seen: &Look) -> Finding {
    let renewal = if seen.says_when_to_renew { "says" } else { "does not say" };
    let shown = format!("{} answers, and {renewal} when to renew", ca.directory);
    match (seen.needs_binding, &ca.binding) {
        (true, None) => Finding::broken(
            CA,
            format!("{} takes accounts of its customers only", ca.directory),
            "eab_kid and eab_key_file, as the CA shows them",
        ),
        (true | false, _) => Finding::sound(CA, shown),
    }
}

fn clock(clocks: &[(&Ca, Difference)]) -> Finding {
    let Some((ca, difference)) = clocks.iter().min_by_key(|(_, difference)| difference.span) else {
        return Finding::not_tested(CLOCK, "no CA told its time");
    };
    let seconds = difference.span.as_secs();
    if difference.span <= TOLERANCE {
        return Finding::sound(CLOCK, format!("as that of {}, within {seconds} s", ca.directory));
    }
    let word = if difference.is_behind { "behind" } else { "ahead of" };
    Finding::broken(
        CLOCK,
        format!("{seconds} s {word} that of {}", ca.directory),
        "let it be set by NTP (`timedatectl set-ntp true`): by a wrong clock certificates are \
         renewed too late, and policies withdrawn too early",
    )
}

const CA: &str = "ca";
const CLOCK: &str = "clock";
/// More than an answer takes, less than what signatures are refused for. Own limit.
const TOLERANCE: Duration = Duration::from_secs(30);
