//! Alerts by mail, through Debian's Postfix.

use crate::authority::Authority;
use crate::desk::{Desk, HOUR, now};
use crate::postfix::{PASSWORD, Postfix, USER};
use ironpost_hosting::alerts::{
    About, Alerts, Channel, Email, EmailSettings, HOLD_DOWN, Security, Trouble,
};
use ironpost_net::tls::roots::RootSource;

/// To whoever runs the server, at `localhost`, as [`USER`].
fn settings(server: &Postfix, roots: RootSource) -> EmailSettings {
    EmailSettings {
        server: "localhost".to_owned(),
        port: Some(server.address.port()),
        security: Security::StartTls,
        login: Some((USER.to_owned(), PASSWORD.into())),
        roots,
        ehlo_name: "ironpost.test".to_owned(),
        from: "ironpost@ops.test".to_owned(),
        to: vec!["admin@ops.test".to_owned()],
    }
}

fn alerts(desk: &Desk, settings: EmailSettings) -> Alerts {
    let email = Channel::Email(Email::new(settings).unwrap());
    Alerts::new(desk.database.clone(), vec![email])
}

/// Why mail does not arrive, as the doctor tells it.
async fn complaint(desk: &Desk) -> Option<String> {
    desk.database.channel_failure("email").await.unwrap().map(|failure| failure.error)
}

/// The values of a header, unfolded (RFC 5322 §2.2.3).
fn header(mail: &str, name: &str) -> Vec<String> {
    let head = mail.split("\n\n").next().unwrap().replace("\n ", " ").replace("\n\t", " ");
    let lines = head.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_mail_is_taken_under_tls_from_who_logs_in() {
    let (desk, authority) = (Desk::open().await, Authority::new());
    let mut server = Postfix::start(&authority, "localhost", STARTTLS).await;
    let to = vec!["admin@ops.test".to_owned(), "night@elsewhere.test".to_owned()];
    let settings = EmailSettings { to, ..settings(&server, authority.roots()) };
    let alerts = alerts(&desk, settings);
    let hosted = desk.domain("a.test", "version: STSv1\nmode: none\nmax_age: 86400\n").await;
    // What a zone may say of its MX hosts.
    let hosts = "mx.\r\nBcc: all@elsewhere.test\r\n\r\n.\r\nMAIL FROM:<x> \u{202e}é ".repeat(40);
    alerts.raise(&hosted, Trouble::Mx, &hosts, now()).await.unwrap();
    alerts.tell(now()).await.unwrap();
    assert_eq!(complaint(&desk).await, None);

    let [mail] = server.taken().try_into().unwrap();
    let [received] = header(&mail, "Received").try_into().unwrap();
    assert!(received.contains("TLSv1.3") && received.contains("Authenticated sender: alerts"));
    assert!(received.starts_with("from ironpost.test ("), "{received}");
    assert_eq!(header(&mail, "From"), ["ironpost@ops.test"]);
    assert_eq!(header(&mail, "To"), ["admin@ops.test, night@elsewhere.test"]);
    assert_eq!(header(&mail, "Subject"), ["[Ironpost] a.test: mx"]);
    assert_eq!(header(&mail, "Auto-Submitted"), ["auto-generated"]);
    assert_eq!(header(&mail, "MIME-Version"), ["1.0"]);
    assert_eq!(header(&mail, "Bcc"), [""; 0], "a text is no header");
    let [date] = header(&mail, "Date").try_into().unwrap();
    let apart = jiff::fmt::rfc2822::parse(&date).unwrap().timestamp().as_second();
    assert!(apart.abs_diff(jiff::Timestamp::now().as_second()) < 300, "{date}");
    // RFC 5322 §2.1.1, §2.2; RFC 6532 is for those who can do no better.
    assert!(mail.is_ascii() && mail.lines().all(|line| line.len() <= 998));
    let words = server.last_words().await;
    assert!(words.contains("starttls=1 auth=1 mail=1 rcpt=2 data=1 quit=1"), "{words}");
}

#[tokio::test]
async fn an_all_clear_refers_to_what_it_ends() {
    let (desk, authority) = (Desk::open().await, Authority::new());
    let mut server = Postfix::start(&authority, "localhost", STARTTLS).await;
    let alerts = alerts(&desk, settings(&server, authority.roots()));
    let start = now();
    alerts.raise(About::Node("one"), Trouble::Node, "silent", start).await.unwrap();
    alerts.tell(start).await.unwrap();
    let [first] = server.taken().try_into().unwrap();
    let [id] = header(&first, "Message-ID").try_into().unwrap();
    assert!(id.starts_with('<') && id.ends_with("@ops.test>"), "{id}");
    assert_eq!(header(&first, "References"), [""; 0]);

    // Its end is told beside the beginning of others.
    alerts.clear(About::Node("one"), Trouble::Node, start.after(HOUR)).await.unwrap();
    for name in ["two", "three"] {
        alerts.raise(About::Node(name), Trouble::Node, "silent", start).await.unwrap();
    }
    let over = start.after(HOUR).after(HOLD_DOWN);
    alerts.tell(over).await.unwrap();
    let [both] = server.taken().try_into().unwrap();
    assert_eq!(header(&both, "Subject"), ["[Ironpost] 2 alerts, and 1 are over"]);
    let [references] = header(&both, "References").try_into().unwrap();
    assert_eq!(references.split(' ').count(), 3);
    assert!(references.split(' ').any(|reference| reference == id), "{references}");
    alerts.clear(About::Node("two"), Trouble::Node, over).await.unwrap();
    alerts.tell(over.after(HOUR)).await.unwrap();
    let [second] = server.taken().try_into().unwrap();
    assert_eq!(header(&second, "Subject"), ["[Ironpost] two: node, all clear"]);
    let [reference] = header(&second, "References").try_into().unwrap();
    assert!(references.contains(&reference), "the thread of the first: {reference}");
    assert_ne!(header(&second, "Message-ID"), [id]);
}

#[tokio::test]
async fn who_is_to_come_again_comes_again_and_tells_it_once() {
    let (desk, authority) = (Desk::open().await, Authority::new());
    let mut server = Postfix::start(&authority, "localhost", STARTTLS).await;
    let to = vec!["greylisting@ops.test".to_owned()];
    let alerts = alerts(&desk, EmailSettings { to, ..settings(&server, authority.roots()) });
    alerts.raise(About::Node("one"), Trouble::Node, "silent", now()).await.unwrap();
    alerts.tell(now()).await.unwrap();
    assert_eq!(server.taken(), [""; 0]);
    let failure = desk.database.channel_failure("email").await.unwrap().unwrap();
    assert!(failure.error.contains("450") && failure.error.contains("Greylisted"), "{failure:?}");

    alerts.tell(failure.retry).await.unwrap();
    assert_eq!(server.taken().len(), 1);
    assert_eq!(complaint(&desk).await, None);
    alerts.tell(failure.retry.after(HOUR)).await.unwrap();
    assert_eq!(server.taken(), [""; 0], "once");
}

#[tokio::test]
async fn a_refusal_is_told_in_the_server_s_words() {
    let authority = Authority::new();
    let mut server = Postfix::start(&authority, "localhost", STARTTLS).await;
    let settings = || settings(&server, authority.roots());
    let to = |to: &str| vec![to.to_owned()];
    let password = Some((USER.to_owned(), "another pass word".into()));
    let table = [
        (EmailSettings { to: to("gone@ops.test"), ..settings() }, "554", "Access denied"),
        (EmailSettings { login: password, ..settings() }, "535", "authentication failed"),
        (
            EmailSettings { login: None, to: to("night@elsewhere.test"), ..settings() },
            "554",
            "Relay access denied",
        ),
        (EmailSettings { ehlo_name: "bare".to_owned(), ..settings() }, "504", "bare"),
    ];
    for (settings, code, words) in table {
        let desk = Desk::open().await;
        let alerts = alerts(&desk, settings);
        alerts.raise(About::Node("one"), Trouble::Node, "silent", now()).await.unwrap();
        alerts.tell(now()).await.unwrap();
        let complaint = complaint(&desk).await.unwrap();
        assert!(complaint.contains(code) && complaint.contains(words), "{complaint}");
        assert!(!complaint.contains("pass word"), "{complaint}");
    }
    assert_eq!(server.taken(), [""; 0]);
}

#[tokio::test]
async fn a_password_goes_to_the_server_alone() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let roots = |of: &Authority| of.roots();
    let table = [
        (
            "localhost",
            STARTTLS,
            roots(&stranger),
            "starttls=0/1 commands=1/2",
            "invalid peer certificate",
        ),
        (
            "mail.test",
            STARTTLS,
            roots(&authority),
            "starttls=0/1 commands=1/2",
            "not valid for name",
        ),
        ("localhost", PLAIN, roots(&authority), "ehlo=1 commands=1", "STARTTLS"),
    ];
    for (name, offers, roots, commands, words) in table {
        let desk = Desk::open().await;
        let mut server = Postfix::start(&authority, name, offers).await;
        let alerts = alerts(&desk, settings(&server, roots));
        alerts.raise(About::Node("one"), Trouble::Node, "silent", now()).await.unwrap();
        alerts.tell(now()).await.unwrap();
        let complaint = complaint(&desk).await.unwrap();
        assert!(complaint.contains(words), "{complaint}");
        let last = server.last_words().await;
        assert!(last.contains(commands), "{last}: {complaint}");
        assert_eq!(server.taken(), [""; 0]);
    }
}

/// STARTTLS for who wants it, and AUTH under it alone.
const STARTTLS: &[&str] = &["smtpd_tls_security_level = may"];
/// A man in the middle, who takes the offer away and would like to have the password.
const PLAIN: &[&str] = &["smtpd_tls_security_level = none", "smtpd_tls_auth_only = no"];
