//! Alerts by mail, through an SMTP server.

use super::message::Message;
use ironpost_net::tls::roots::{RootSource, RootsError};
use ironpost_proto::visible::Visible;
use lettre::address::AddressError;
use lettre::message::header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Mailbox, Message as Mail};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::timeout;

/// Through which server, from whom, to whom.
#[derive(Debug)]
pub struct EmailSettings {
    /// The SMTP server: a host name or an address.
    pub server: String,
    /// Its port; the usual one unless given.
    pub port: Option<u16>,
    /// How the connection is protected.
    pub security: Security,
    /// Who logs in, if anybody.
    pub login: Option<(String, SecretString)>,
    /// Whom certificates are trusted from.
    pub roots: RootSource,
    /// The name given in EHLO.
    pub ehlo_name: String,
    /// Who writes.
    pub from: String,
    /// Who reads.
    pub to: Vec<String>,
}

/// How a connection to an SMTP server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// STARTTLS (RFC 3207), required.
    StartTls,
    /// TLS from the first octet (RFC 8314 §3.3).
    Tls,
    /// Not at all: for a server on this machine.
    None,
}

/// Sends mail. Cheap to clone.
#[derive(Clone)]
pub struct Email(Arc<Inner>);

struct Inner {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Vec<Mailbox>,
}

/// A mail that was not taken, or settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EmailError {
    /// Not an address.
    #[error("{text} is not a mail address: {source}")]
    Address {
        /// What was written, made visible.
        text: Visible,
        /// Why.
        source: AddressError,
    },
    /// Nobody to write to.
    #[error("no address to send alerts to")]
    Nobody,
    /// Neither TLS nor this machine.
    #[error(
        "{server} is not this machine: mail to it is sent under TLS only, so set security to \
         starttls or tls"
    )]
    Unprotected {
        /// The server.
        server: String,
    },
    /// The trust roots.
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// The mail cannot be written.
    #[error("the mail cannot be written: {0}")]
    Mail(#[from] lettre::error::Error),
    /// The server did not take it, in words, made visible.
    #[error("the SMTP server: {0}")]
    Refused(Visible),
    /// No answer in time.
    #[error("the SMTP server did not take the mail in time")]
    TimedOut,
}

impl Email {
    /// Looks at the settings; connects to nobody yet.
    pub fn new(settings: EmailSettings) -> Result<Self, EmailError> {
        let EmailSettings { server, port, security, login, roots, ehlo_name, from, to } = settings;
        let from = mailbox(&from)?;
        let to = to.iter().map(|to| mailbox(to)).collect::<Result<Vec<_>, _>>()?;
        if to.is_empty() {
            return Err(EmailError::Nobody);
        }
        let (tls, usual_port) = match security {
            Security::StartTls => (Tls::Required(tls(&server, &roots)?), SUBMISSION),
            Security::Tls => (Tls::Wrapper(tls(&server, &roots)?), SUBMISSIONS),
            Security::None if is_this_machine(&server) => (Tls::None, SMTP),
            Security::None => return Err(EmailError::Unprotected { server }),
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server)
            .port(port.unwrap_or(usual_port))
            .tls(tls)
            .hello_name(ClientId::Domain(ehlo_name))
            .timeout(Some(PATIENCE));
        if let Some((user, password)) = login {
            let password = password.expose_secret().to_owned();
            transport = transport.credentials(Credentials::new(user, password));
        }
        Ok(Self(Arc::new(Inner { transport: transport.build(), from, to })))
    }

    pub(super) async fn send(&self, message: &Message) -> Result<(), EmailError> {
        let mail = self.mail(message)?;
        match timeout(DEADLINE, self.0.transport.send(mail)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(EmailError::Refused(words(&error))),
            Err(_) => Err(EmailError::TimedOut),
        }
    }

    fn mail(&self, message: &Message) -> Result<Mail, EmailError> {
        let Inner { from, to, .. } = &*self.0;
        let moment = SystemTime::UNIX_EPOCH + Duration::from_millis(message.moment.as_millis());
        let domain = from.email.domain();
        // Whatever is in a subject is one line of visible text; what is not ASCII is encoded
        // (RFC 2047).
        let subject = Visible::from(message.subject().as_str());
        let mut mail = Mail::builder()
            .from(from.clone())
            .subject(subject.as_str())
            .date(moment)
            .message_id(Some(message_id(&message.id, domain)))
            // RFC 2045 §4: without it nobody needs to decode the text.
            .header(MIME_VERSION_1_0)
            .header(ContentType::TEXT_PLAIN)
            // RFC 3834 §5: nobody's absence is answered to this.
            .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()));
        for to in to {
            mail = mail.to(to.clone());
        }
        // RFC 5322 §3.6.4: an end belongs to its beginning, and so is shown below it.
        let beginnings = message.beginnings.iter().filter(|id| **id != message.id);
        let references: Vec<_> =
            beginnings.take(MAX_REFERENCES).map(|id| message_id(id, domain)).collect();
        if !references.is_empty() {
            mail = mail.references(references.join(" "));
        }
        Ok(mail.body(message.text())?)
    }
}

impl std::fmt::Debug for Email {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Inner { from, to, .. } = &*self.0;
        f.debug_struct("Email").field("from", from).field("to", to).finish_non_exhaustive()
    }
}

fn message_id(id: &str, domain: &str) -> String {
    format!("<{id}@{domain}>")
}

fn mailbox(text: &str) -> Result<Mailbox, EmailError> {
    let address: Address =
        text.parse().map_err(|source| EmailError::Address { text: Visible::from(text), source })?;
    Ok(Mailbox::new(None, address))
}

fn tls(server: &str, roots: &RootSource) -> Result<TlsParameters, EmailError> {
    let failed = |error: lettre::transport::smtp::Error| EmailError::Tls(error.to_string());
    let mut tls = TlsParameters::builder(server.to_owned());
    tls = match roots.certificates()? {
        None => tls.certificate_store(CertificateStore::WebpkiRoots),
        Some(certificates) => {
            let mut tls = tls.certificate_store(CertificateStore::None);
            for certificate in certificates {
                tls = tls.add_root_certificate(Certificate::from_der(certificate).map_err(failed)?);
            }
            tls
        }
    };
    tls.build().map_err(failed)
}

/// RFC 6761 §6.3: `localhost` is always loopback.
fn is_this_machine(server: &str) -> bool {
    let bare = server.trim_start_matches('[').trim_end_matches(']');
    server.eq_ignore_ascii_case("localhost")
        || bare.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback())
}

fn words(error: &lettre::transport::smtp::Error) -> Visible {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let next_words = next.to_string();
        if !words.contains(&next_words) {
            words = format!("{words}: {next_words}");
        }
        cause = next.source();
    }
    // A cause of the same kind begins with the same words.
    let words = words.replace("Connection error: Connection error: ", "Connection error: ");
    Visible::excerpt(words.as_bytes(), MAX_SHOWN)
}

const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");
/// RFC 6409 §3.1.
const SUBMISSION: u16 = 587;
/// RFC 8314 §7.3.
const SUBMISSIONS: u16 = 465;
const SMTP: u16 = 25;
/// For one command. Own limit.
const PATIENCE: Duration = Duration::from_secs(20);
/// For a mail, from the connection to the last answer. Own limit.
const DEADLINE: Duration = Duration::from_mins(1);
/// Earlier mails that a mail refers to. Own limit.
const MAX_REFERENCES: usize = 20;
/// Characters of a server's words. Own limit.
const MAX_SHOWN: usize = 300;
