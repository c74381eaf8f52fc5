//! Whether anybody would hear of trouble.

use super::report::Finding;
use crate::commands::installation;
use crate::config::hosting::settings::HostingSettings;
use crate::failure::Failure;
use crate::outside::{Network, SystemClock};
use ironpost_hosting::alerts::Channel;
use ironpost_net::clock::Clock;
use ironpost_store::database::Database;

/// A finding for each channel.
pub(super) async fn examine(
    settings: &HostingSettings,
    outside: &Network,
    database: Option<&Database>,
    send: bool,
) -> Vec<Finding> {
    let channels = match installation::channels(settings, outside) {
        Ok(channels) => channels,
        Err(Failure::Usage(error) | Failure::CouldNotTest(error)) => {
            let way_out = "the key that is named has to be set right";
            return vec![Finding::broken(ALERTS, format!("{error:#}"), way_out)];
        }
        Err(Failure::ReaderGone | Failure::Interrupted(..)) => Vec::new(),
    };
    if channels.is_empty() {
        return vec![Finding::weak(
            ALERTS,
            "nobody hears of trouble but the log",
            "[alerts.email] or [alerts.webhook] in the configuration",
        )];
    }
    let mut findings = Vec::new();
    for channel in &channels {
        findings.push(one(settings, channel, database, send).await);
    }
    findings
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

const ALERTS: &str = "alerts";
