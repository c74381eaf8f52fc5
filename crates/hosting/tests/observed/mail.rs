//! Alerts by mail.

use crate::authority::Authority;
use crate::desk::{Desk, HOUR, now};
use crate::mail_server::{MailServer, Speaks};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ironpost_hosting::alerts::{
    About, Alerts, Channel, Email, EmailError, EmailSettings, Security, Trouble,
};
use ironpost_net::tls::roots::RootSource;
use std::net::SocketAddr;

fn settings(address: SocketAddr, security: Security, roots: RootSource) -> EmailSettings {
    EmailSettings {
        server: address.ip().to_string(),
        port: Some(address.port()),
        security,
        login: None,
        roots,
        ehlo_name: "ironpost.test".to_owned(),
        from: "ironpost@ops.test".to_owned(),
        to: vec!["admin@ops.test".to_owned(), "night@ops.test".to_owned()],
    }
}

fn header<'a>(mail: &'a str, name: &str) -> Vec<&'a str> {
    let head = mail.split("\r\n\r\n").next().unwrap();
    let lines = head.split("\r\n");
    lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect()
}

#[tokio::test]
async fn a_mail_goes_out_under_starttls() {
    let (desk, authority) = (Desk::open().await, Authority::new());
    let mut server = MailServer::start(Speaks::StartTls, authority.server("127.0.0.1")).await;
    let mut settings = settings(server.address, Security::StartTls, authority.roots());
    settings.login = Some(("me".to_owned(), "pass word".into()));
    let email = Email::new(settings).unwrap();
    assert!(!format!("{email:?}").contains("pass word"));
    let alerts = Alerts::new(desk.database.clone(), vec![Channel::Email(email)]);
    let hosted = desk.domain("a.test", "version: STSv1\nmode: none\nmax_age: 86400\n").await;
    let text = "the CA says: no\r\nBcc: everybody@example.org\r\n\r\n.\r\nMAIL FROM:<x>";
    alerts.raise(&hosted, Trouble::Certificate, text, now()).await.unwrap();
    alerts.tell(now()).await.unwrap();

    let session = server.session().await;
    assert!(session.tls);
    let login = STANDARD.encode("\0me\0pass word");
    let commands = [
        "STARTTLS",
        &format!("AUTH PLAIN {login}"),
        "MAIL FROM:<ironpost@ops.test>",
        "RCPT TO:<admin@ops.test>",
        "RCPT TO:<night@ops.test>",
    ];
    assert_eq!(session.commands, commands);
    let mail = session.mail;
    assert_eq!(header(&mail, "Subject"), ["[Ironpost] a.test: certificate"]);
    assert_eq!(header(&mail, "Auto-Submitted"), ["auto-generated"]);
    assert_eq!(header(&mail, "From"), ["ironpost@ops.test"]);
    assert_eq!(header(&mail, "Date").len(), 1);
    let id = header(&mail, "Message-ID");
    assert!(id[0].starts_with('<') && id[0].ends_with("@ops.test>"), "{id:?}");
    assert_eq!(header(&mail, "Bcc"), [""; 0], "a text is no header");
    assert!(mail.contains("a.test: the CA says: no\\r\\nBcc"), "{mail}");

    alerts.tell(now()).await.unwrap();
    alerts.clear(&hosted, Trouble::Certificate, now()).await.unwrap();
    alerts.tell(now().after(HOUR)).await.unwrap();
    let session = server.session().await;
    assert_eq!(header(&session.mail, "Subject"), ["[Ironpost] a.test: certificate, all clear"]);
}

#[tokio::test]
async fn a_mail_goes_out_under_tls_and_on_this_machine() {
    let desk = Desk::open().await;
    let authority = Authority::new();
    for (place, (speaks, security)) in
        [(Speaks::Tls, Security::Tls), (Speaks::Plain, Security::None)].into_iter().enumerate()
    {
        let mut server = MailServer::start(speaks, authority.server("127.0.0.1")).await;
        let settings = settings(server.address, security, authority.roots());
        let channel = Channel::Email(Email::new(settings).unwrap());
        let alerts = Alerts::new(desk.database.clone(), vec![channel]);
        for name in ["a", "b"] {
            let name = format!("{name}{place}");
            alerts.raise(About::Node(&name), Trouble::Node, "silent", now()).await.unwrap();
        }
        alerts.tell(now()).await.unwrap();
        let session = server.session().await;
        assert_eq!(session.tls, security == Security::Tls);
        assert_eq!(header(&session.mail, "Subject"), ["[Ironpost] 2 alerts"]);
    }
}

#[tokio::test]
async fn nothing_is_said_to_a_server_that_is_not_trusted() {
    let (desk, authority, stranger) = (Desk::open().await, Authority::new(), Authority::new());
    let table = [
        (authority.server("127.0.0.1"), stranger.roots(), HOUR, "of another CA"),
        (authority.server("mail.test"), authority.roots(), HOUR * 2, "of another name"),
    ];
    for (config, roots, after, reason) in table {
        let mut server = MailServer::start(Speaks::StartTls, config).await;
        let mut settings = settings(server.address, Security::StartTls, roots);
        settings.login = Some(("me".to_owned(), "word".into()));
        let channel = Channel::Email(Email::new(settings).unwrap());
        let alerts = Alerts::new(desk.database.clone(), vec![channel]);
        alerts.raise(About::Installation, Trouble::Node, "x", now()).await.unwrap();
        // Past the pause that the one before has left.
        alerts.tell(now().after(after)).await.unwrap();
        assert_eq!(server.session().await.commands, ["STARTTLS"], "{reason}");
    }
    assert_eq!(desk.database.channel_failure("email").await.unwrap().unwrap().failures, 2);

    // A man in the middle who takes the offer away.
    let mut server = MailServer::start(Speaks::Plain, authority.server("127.0.0.1")).await;
    let settings = settings(server.address, Security::StartTls, authority.roots());
    let channel = Channel::Email(Email::new(settings).unwrap());
    Alerts::new(desk.database.clone(), vec![channel]).tell(now().after(HOUR * 9)).await.unwrap();
    assert_eq!(server.session().await.commands, [""; 0]);
    assert_eq!(desk.database.channel_failure("email").await.unwrap().unwrap().failures, 3);
}

#[test]
fn settings_that_cannot_be_used_are_refused() {
    let plain = |server: &str| EmailSettings {
        server: server.to_owned(),
        ..settings("127.0.0.1:25".parse().unwrap(), Security::None, RootSource::Bundled)
    };
    for server in ["localhost", "127.0.0.1", "::1", "127.1.2.3"] {
        Email::new(plain(server)).unwrap();
    }
    for server in ["mail.example", "192.0.2.1", "localhost.example", "2001:db8::1"] {
        let error = Email::new(plain(server)).unwrap_err();
        assert!(matches!(error, EmailError::Unprotected { .. }), "{server}: {error}");
    }
    let nobody = EmailSettings { to: Vec::new(), ..plain("localhost") };
    assert!(matches!(Email::new(nobody).unwrap_err(), EmailError::Nobody));
    for text in ["", "a", "a@b\r\nBcc: c@d", "Name <a@b.test>"] {
        let bad = EmailSettings { from: text.to_owned(), ..plain("localhost") };
        let error = Email::new(bad).unwrap_err();
        assert!(matches!(error, EmailError::Address { .. }), "{text:?}: {error}");
    }
}
