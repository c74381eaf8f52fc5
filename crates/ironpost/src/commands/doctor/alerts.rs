//! What is wrong, and whether anybody would hear of it.

use super::report::Finding;
use crate::commands::installation;
use crate::config::hosting::settings::HostingSettings;
use crate::failure::Failure;
use crate::outside::{Network, SystemClock};
use ironpost_hosting::alerts::Channel;
use ironpost_net::clock::Clock;
use ironpost_store::database::Database;
use ironpost_store::hosting::alerts::StoredAlert;

/// What is wrong now, and a finding for each channel.
pub(super) async fn examine(
    settings: &HostingSettings,
    outside: &Network,
    database: Option<&Database>,
    send: bool,
) -> Vec<Finding> {
    let mut findings = trouble(database).await;
    let channels = match installation::channels(settings, outside) {
        Ok(channels) => channels,
        Err(Failure::Usage(error) | Failure::CouldNotTest(error)) => {
            let way_out = "the key that is named has to be set right";
            findings.push(Finding::broken(ALERTS, format!("{error:#}"), way_out));
            return findings;
        }
        Err(Failure::ReaderGone | Failure::Interrupted(..)) => Vec::new(),
    };
    if channels.is_empty() {
        findings.push(Finding::weak(
            ALERTS,
            "nobody hears of trouble but the log",
            "set up [alerts.email] or [alerts.webhook] in the configuration",
        ));
    }
    for channel in &channels {
        findings.push(one(settings, channel, database, send).await);
    }
    findings
}

/// A finding for each of the latest alerts that are open.
async fn trouble(database: Option<&Database>) -> Vec<Finding> {
    let Some(database) = database else { return Vec::new() };
    let alerts = match database.open_alerts(None, MOST_ALERTS).await {
        Ok(alerts) => alerts,
        Err(error) => return vec![Finding::not_tested(TROUBLE, error.to_string())],
    };
    let wrong = alerts.into_iter().filter(StoredAlert::is_wrong);
    wrong
        .map(|alert| {
            let seen = format!("{}: {}", alert.subject, alert.message);
            let way_out = match alert.domain {
                Some(_) => format!("`ironpost domain show {}` tells more", alert.subject),
                None => "the log of the nodes tells more".to_owned(),
            };
            Finding::broken(TROUBLE, seen, way_out)
        })
        .collect()
}

async fn one(
    settings: &HostingSettings,
    channel: &Channel,
    database: Option<&Database>,
    send: bool,
) -> Finding {
    let name = channel.name();
    if send {
        return match channel.send_test(settings.node.as_str(), SystemClock.now()).await {
            Ok(()) => Finding::sound(ALERTS, format!("{name}: a test message was taken")),
            Err(error) => Finding::broken(
                ALERTS,
                format!("{name}: a test message was not taken: {error}"),
                format!("see to the server and to [alerts.{name}]"),
            ),
        };
    }
    let failure = match database {
        Some(database) => database.channel_failure(name).await.ok().flatten(),
        None => None,
    };
    match failure {
        Some(failure) => Finding::broken(
            ALERTS,
            format!("{name}: failed {} times in a row: {}", failure.failures, failure.error),
            format!("see to the server and to [alerts.{name}]; try with --send-test"),
        ),
        None => Finding::sound(ALERTS, format!("{name} is set up; --send-test tries it")),
    }
}

/// `ironpost domain list` has them all.
const MOST_ALERTS: u32 = 20;
const TROUBLE: &str = "trouble";
const ALERTS: &str = "alerts";
