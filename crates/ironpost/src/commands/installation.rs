//! Settings into what an installation is made of: the one place that knows both.

use super::network;
use crate::config::hosting::sections::{
    ChallengeChoice, EmailSection, SecurityChoice, WebhookSection,
};
use crate::config::hosting::settings::{CaSettings, HostingSettings};
use crate::config::hosting::values::MailAddress;
use crate::daemon::{self, make_folder};
use crate::failure::Failure;
use crate::outside::Network;
use crate::sole::{Claimed, Sole};
use ironpost_hosting::acme::{AcmeSettings, Binding, Ca, ChallengeKind};
use ironpost_hosting::alerts::{Channel, Email, EmailSettings, Security, Webhook, WebhookSettings};
use ironpost_hosting::authdns::Zone;
use ironpost_hosting::delegation::Looker;
use ironpost_hosting::dns_update::Updater;
use ironpost_net::address_guard::AddressGuard;
use ironpost_net::http_post::HttpPoster;
use ironpost_net::policy_source::PolicySource;
use ironpost_store::OpenError;
use ironpost_store::database::DatabaseAddress;
use secrecy::{SecretSlice, SecretString};
use std::fs::File;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

/// Makes the state folder.
pub(super) fn make_state(settings: &HostingSettings) -> Result<(), Failure> {
    let state = &settings.state;
    make_folder(state, daemon::PRIVATE).map_err(|error| {
        let way_out = match error.kind() {
            io::ErrorKind::PermissionDenied => {
                ": run this as the user that `ironpost serve` runs as, or as root; or name a folder \
                 of your own by --state-dir"
            }
            _ => "",
        };
        let context = format!("cannot make the state folder {}{way_out}", state.display());
        Failure::usage(anyhow::Error::new(error).context(context))
    })
}

/// Keeps the state folder for one process: two nodes in it would take the database, the name and the
/// snapshot from each other.
pub(super) fn claim(state: &Path) -> Result<Sole, Failure> {
    Sole::claim(&state.join(LOCK)).map_err(|claimed| match claimed {
        Claimed::By(by) => Failure::message(format!(
            "another `ironpost serve`{} runs with the state folder {}: stop it first, or give this \
             one a folder of its own (state in [serve], or --state-dir)",
            by.map_or_else(String::new, |by| format!(" (process {by})")),
            state.display()
        )),
        Claimed::Failed(error) => Failure::writing(&state.join(LOCK), error),
    })
}

/// Makes the folder of an embedded database. One outside the state folder is not made: its name may
/// be a slip of the pen.
pub(super) fn make_place(settings: &HostingSettings) -> Result<(), Failure> {
    match settings.database.address() {
        DatabaseAddress::Sqlite(path) if daemon::folder(path) == settings.state => {
            make_state(settings)
        }
        DatabaseAddress::Sqlite(_) | DatabaseAddress::Postgres(_) => Ok(()),
    }
}

/// A database that cannot be opened: one that is away can be tried again, all else has to be mended.
pub(super) fn unopened(error: OpenError) -> Failure {
    match error {
        OpenError::Unreachable { .. } | OpenError::Locked { .. } => Failure::could_not_test(
            anyhow::Error::new(error).context("nothing can be shown or changed for now"),
        ),
        OpenError::NoDirectory { .. }
        | OpenError::NoAccess { .. }
        | OpenError::Full { .. }
        | OpenError::Newer { .. }
        | OpenError::Older { .. }
        | OpenError::OtherPart { .. }
        | OpenError::Refused { .. }
        | OpenError::Missing { .. }
        | OpenError::TooOld { .. }
        | OpenError::NewerDatabase { .. }
        | OpenError::Foreign { .. }
        | OpenError::NotAllowed { .. }
        | OpenError::Failed { .. }
        | OpenError::Unusable { .. } => Failure::usage(error),
    }
}

/// How certificates are ordered; reads the keys for external account binding.
pub(super) fn acme(settings: &HostingSettings) -> Result<AcmeSettings, Failure> {
    let said = &settings.acme;
    Ok(AcmeSettings {
        fallback: said.fallback.as_ref().map(ca).transpose()?,
        contacts: said.contact.iter().map(MailAddress::as_str).map(str::to_owned).collect(),
        agreed: said.agreed,
        challenge: match said.challenge {
            ChallengeChoice::Http01 => ChallengeKind::Http01,
            ChallengeChoice::TlsAlpn01 => ChallengeKind::TlsAlpn01,
            ChallengeChoice::Dns01 => ChallengeKind::Dns01,
        },
        ..AcmeSettings::new(ca(&said.ca)?)
    })
}

fn ca(said: &CaSettings) -> Result<Ca, Failure> {
    let binding = said.binding.as_ref().map(|(kid, file)| {
        let key = secret(file, "the key for external account binding")?;
        Binding::new(kid, &key).map_err(|error| at(file, error))
    });
    Ok(Ca {
        directory: said.directory.clone(),
        roots: said.roots.clone(),
        binding: binding.transpose()?,
    })
}

/// Who hears of trouble besides the log; reads passwords and secrets.
pub(super) fn channels(
    settings: &HostingSettings,
    outside: &Network,
) -> Result<Vec<Channel>, Failure> {
    let said = &settings.alerts;
    let email = said.email.as_ref().map(|said| email(said, settings)).transpose()?;
    let webhook = said.webhook.as_ref().map(|said| webhook(said, outside)).transpose()?;
    let email = email.into_iter().map(Channel::Email);
    Ok(email.chain(webhook.into_iter().map(Channel::Webhook)).collect())
}

fn email(said: &EmailSection, settings: &HostingSettings) -> Result<Email, Failure> {
    let login = said.user.as_ref().zip(said.password_file.as_ref()).map(|(user, file)| {
        let password = secret(file, "the password of [alerts.email]")?;
        Ok::<_, Failure>((user.clone(), SecretString::from(password)))
    });
    let to = said.to.iter().flatten().map(MailAddress::as_str).map(str::to_owned);
    let email = Email::new(EmailSettings {
        server: said.server.0.as_str().to_owned(),
        port: said.port.map(std::num::NonZero::get),
        security: match said.security {
            SecurityChoice::Starttls => Security::StartTls,
            SecurityChoice::Tls => Security::Tls,
            SecurityChoice::None => Security::None,
        },
        login: login.transpose()?,
        roots: settings.network.roots.clone(),
        ehlo_name: network::ehlo_name(settings.network.ehlo_name.clone()),
        from: said.from.as_str().to_owned(),
        to: to.collect(),
    });
    email.map_err(|error| Failure::usage(anyhow::Error::new(error).context("[alerts.email]")))
}

fn webhook(said: &WebhookSection, outside: &Network) -> Result<Webhook, Failure> {
    let wrong = |error: anyhow::Error| Failure::usage(error.context("[alerts.webhook]"));
    let secret = secret(&said.secret_file, "the secret of [alerts.webhook]")?;
    let webhook = Webhook::new(WebhookSettings {
        endpoint: said.url.as_str().parse().map_err(|error| wrong(anyhow::Error::new(error)))?,
        secret: SecretSlice::from(secret.into_bytes()),
        poster: HttpPoster {
            resolver: outside.resolver.unvalidated(),
            roots: outside.roots.clone(),
            guard: outside.source.fetcher.guard.clone(),
            deadline: WEBHOOK_DEADLINE,
        },
    });
    webhook.map_err(|error| wrong(anyhow::Error::new(error)))
}

/// Ways into the DNS of domains that did not hand their records over; reads their secrets.
pub(super) fn updaters(settings: &HostingSettings) -> Result<Vec<Updater>, Failure> {
    let open = |(name, said): (&String, &ironpost_hosting::dns_update::Settings)| {
        said.open().map_err(|error| {
            let context = format!("[dns_update.{name}]");
            Failure::usage(anyhow::Error::new(error).context(context))
        })
    };
    settings.updaters.iter().map(open).collect()
}

/// Who looks where names lead, from the outside.
pub(super) fn looker(settings: &HostingSettings, zone: &Zone, outside: &Network) -> Looker {
    Looker {
        resolver: outside.resolver.unvalidated(),
        guard: guard(settings, zone),
        port: settings.network.ports.dns,
        zone: zone.apex.clone(),
        names: settings.targets(false),
        addresses: addresses(zone).collect(),
    }
}

/// Who fetches our own policies as a sender does.
pub(super) fn source(settings: &HostingSettings, zone: &Zone, outside: &Network) -> PolicySource {
    let mut source = outside.source.clone();
    source.fetcher.guard = guard(settings, zone);
    source
}

/// Our own addresses may be talked to whatever they are: they were named by hand.
fn guard(settings: &HostingSettings, zone: &Zone) -> AddressGuard {
    let own = addresses(zone).map(ipnet::IpNet::from);
    AddressGuard::allowing(settings.network.allowed.iter().copied().chain(own).collect())
}

/// The addresses of the policy host.
pub(super) fn addresses(zone: &Zone) -> impl Iterator<Item = IpAddr> {
    let v4 = zone.ipv4.iter().copied().map(IpAddr::V4);
    v4.chain(zone.ipv6.iter().copied().map(IpAddr::V6))
}

/// The text of a file, without the end of its line.
fn secret(path: &Path, what: &'static str) -> Result<String, Failure> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MAX_SECRET).read_to_string(&mut text));
    read.map_err(|error| {
        let context = format!("cannot read {what} from {}", path.display());
        Failure::usage(anyhow::Error::new(error).context(context))
    })?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(Failure::message(format!(
            "{} is to hold {what}, and is empty",
            path.display()
        )));
    }
    Ok(text.to_owned())
}

fn at(path: &Path, error: impl Into<anyhow::Error>) -> Failure {
    Failure::usage(error.into().context(path.display().to_string()))
}

/// In the state folder, while a node runs.
const LOCK: &str = "serve.lock";
/// Octets of a secret that are read. Own limit.
const MAX_SECRET: u64 = 16 * 1024;
/// For a request to the webhook. Own limit.
const WEBHOOK_DEADLINE: Duration = Duration::from_secs(20);
