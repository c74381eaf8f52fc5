//! What MX hosts do.

use crate::client::{Smtp, addresses, handshake, smtp, whole_lab};
use ironpost_lab::{Lab, Seen};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

const EHLO: &str = "EHLO probe.example";

async fn greeted(lab: &Lab, host: &str) -> Smtp<TcpStream> {
    let mut session = smtp(lab, host).await;
    let greeting = session.reply().await;
    assert!(greeting.starts_with("220"), "{host}: {greeting}");
    session
}

/// As far as the handshake, like an honest sender.
async fn start_tls(lab: &Lab, host: &str, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let mut session = greeted(lab, host).await;
    let offer = session.say(EHLO).await;
    assert!(offer.contains("250-STARTTLS\r\n"), "{host}: {offer}");
    let go = session.say("STARTTLS").await;
    assert!(go.starts_with("220"), "{host}: {go}");
    handshake(lab, session.stream, name).await
}

#[tokio::test]
async fn a_sound_host_speaks_inside_tls_and_tells_what_it_heard() {
    let lab = whole_lab().await;
    let host = "mx1.sound-enforce.example";
    let stream = start_tls(&lab, host, host).await.expect("a session");
    let mut session = Smtp { stream };
    let offer = session.say(EHLO).await;
    assert!(!offer.contains("STARTTLS") && offer.starts_with("250-mx1."), "{offer}");
    assert!(session.say("QUIT").await.starts_with("221"));
    let commands: Vec<_> = lab
        .requests()
        .into_iter()
        .filter_map(|seen| match seen {
            Seen::Smtp { inside_tls, command, .. } => Some((inside_tls, command)),
            _ => None,
        })
        .collect();
    let said = [(false, EHLO), (false, "STARTTLS"), (true, EHLO), (true, "QUIT")];
    assert_eq!(commands, said.map(|(inside, command)| (inside, command.to_owned())));
    lab.stop().await;
}

#[tokio::test]
async fn certificates_and_handshakes_have_the_fault_they_should_have() {
    let lab = whole_lab().await;
    let table = [
        ("mx1.smtp-expired.example", "Expired"),
        ("mx1.smtp-not-yet-valid.example", "NotValidYet"),
        ("mx1.smtp-private-ca.example", "UnknownIssuer"),
        ("mx1.smtp-chain.example", "UnknownIssuer"),
        ("mx1.smtp-name.example", "NotValidForName"),
        ("mx1.smtp-self-signed.example", "CaUsedAsEndEntity"),
        ("mx1.smtp-old-tls.example", "ServerDoesNotSupportTls12Or13"),
        ("mx1.smtp-starttls-garbage.example", "InvalidContentType"),
    ];
    for (host, expected) in table {
        let error = start_tls(&lab, host, host).await.expect_err(host);
        let error = format!("{:?}", error.get_ref());
        assert!(error.contains(expected), "{host}: {error}");
    }
    let mut session = greeted(&lab, "mx1.smtp-injected.example").await;
    session.say(EHLO).await;
    let go = session.say("STARTTLS").await;
    assert!(go.ends_with("\r\n250 injected\r\n"), "one segment: {go}");
    let closed = "mx1.smtp-starttls-closed.example";
    assert!(start_tls(&lab, closed, closed).await.is_err());
    lab.stop().await;
}

#[tokio::test]
async fn a_server_name_is_needed_where_it_should_be_and_nowhere_else() {
    let lab = whole_lab().await;
    // An address in place of a name: no SNI is sent.
    let table = [
        ("mx1.smtp-needs-sni.example", "mx1.smtp-needs-sni.example", None),
        ("mx1.smtp-needs-sni.example", "127.53.1.1", Some("UnrecognisedName")),
        ("mx1.sound-enforce.example", "127.53.1.1", Some("NotValidForName")),
    ];
    for (host, name, expected) in table {
        match (start_tls(&lab, host, name).await, expected) {
            (Ok(_), None) => {}
            (Err(error), Some(expected)) => {
                let error = format!("{:?}", error.get_ref());
                assert!(error.contains(expected), "{host}: {error}");
            }
            (outcome, _) => panic!("{host} as {name}: {:?}", outcome.map(|_| ())),
        }
    }
    lab.stop().await;
}

#[tokio::test]
async fn starttls_may_be_missing_refused_or_stripped() {
    let lab = whole_lab().await;
    let table = [
        ("mx1.smtp-no-starttls.example", false, "502"),
        ("mx1.smtp-starttls-refused.example", true, "454"),
        ("mx1.stripped.example", false, "502"),
    ];
    for (host, offered, answer) in table {
        let mut session = greeted(&lab, host).await;
        let offer = session.say(EHLO).await;
        assert_eq!(offer.contains("STARTTLS"), offered, "{host}: {offer}");
        let refusal = session.say("STARTTLS").await;
        assert!(refusal.starts_with(answer), "{host}: {refusal}");
        assert!(session.say("QUIT").await.starts_with("221"), "{host}");
    }
    lab.stop().await;
}

#[tokio::test]
async fn greetings_may_be_anything() {
    let lab = whole_lab().await;
    let table = [
        ("mx2.smtp-busy.example", "421"),
        ("mx2.smtp-no-service.example", "554"),
        ("mx2.smtp-hangs-up.example", ""),
    ];
    for (host, start) in table {
        let mut session = smtp(&lab, host).await;
        let greeting = session.reply().await;
        assert!(greeting.starts_with(start), "{host}: {greeting}");
        assert_eq!(greeting.is_empty(), start.is_empty(), "{host}: {greeting}");
        let rest = session.stream.read(&mut [0; 64]).await.expect("an end");
        assert_eq!(rest, 0, "{host} closes");
    }
    let loud = smtp(&lab, "mx1.sound-loud-banner.example").await.reply().await;
    assert!(loud.contains("\x1b[2J") && loud.ends_with("ESMTP\r\n"), "{loud:?}");
    lab.stop().await;
}

#[tokio::test]
async fn old_versions_are_spoken_to_those_who_ask() {
    let lab = whole_lab().await;
    // A ClientHello of TLS 1.0 with one cipher suite and no extensions.
    let mut hello = vec![22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 1];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0, 0x2f, 1, 0]);
    let table = [
        ("mx1.smtp-old-tls-too.example", [22, 3, 1], "accepted"),
        ("mx1.sound-enforce.example", [21, 3, 3], "refused with an alert"),
    ];
    for (host, start, reason) in table {
        let mut session = greeted(&lab, host).await;
        session.say(EHLO).await;
        session.say("STARTTLS").await;
        session.stream.write_all(&hello).await.expect("sent");
        let mut answer = [0; 3];
        session.stream.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(answer, start, "{host}: {reason}");
    }
    let host = "mx1.smtp-old-tls-too.example";
    start_tls(&lab, host, host).await.expect("new versions work as well");
    lab.stop().await;
}

#[tokio::test]
async fn addresses_of_one_mx_may_differ() {
    let lab = whole_lab().await;
    let mut offers = Vec::new();
    for address in addresses(&lab, "mx1.smtp-partial.example").await {
        let stream = TcpStream::connect((address, lab.ports().smtp)).await.expect("connected");
        let mut session = Smtp { stream };
        session.reply().await;
        offers.push(session.say(EHLO).await.contains("STARTTLS"));
    }
    assert_eq!(offers, [true, false]);
    lab.stop().await;
}
