//! What a probe finds at mail hosts of all kinds.

use crate::https::{BOTH, HASTY, PATIENT, serve_tcp};
use crate::mail::{Step, prober, serve_mail};
use crate::pki::{Always, Authority, EXPIRED, Leaf, OnlyFor, loopback_guard, server_config};
use ironpost_net::address_guard::{AddressGuard, Forbidden};
use ironpost_net::smtp::{ProbeFailure, SmtpProbe, SmtpProber, Sni};
use ironpost_net::tls::facts::{HandshakeFailure, TlsVersion, Trust, Validity};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const MX: &str = "mx.example.com";
const EHLO: Step = Step::Hear("EHLO probe.example.org");

fn greeted() -> Vec<Step> {
    vec![Step::Say("220 mx.example.com ESMTP Postfix"), EHLO]
}

fn tls_started() -> Vec<Step> {
    let mut script = greeted();
    script.extend([
        Step::Say("250-mx.example.com\r\n250-SIZE 1000\r\n250-STARTTLS\r\n250 HELP"),
        Step::Hear("STARTTLS"),
    ]);
    script
}

fn sound(leaf: &Leaf, others: &[&rustls_pki_types::CertificateDer<'static>]) -> Vec<Step> {
    with_config(server_config(Arc::new(Always(leaf.with(others))), BOTH))
}

fn with_config(config: Arc<rustls::ServerConfig>) -> Vec<Step> {
    let mut script = tls_started();
    script.extend([
        Step::Say("220 go ahead"),
        Step::Tls(config),
        EHLO,
        Step::Say("250-mx.example.com\r\n250 HELP"),
        Step::Hear("QUIT"),
        Step::Say("221 bye"),
    ]);
    script
}

/// Probes a host that follows `script`.
async fn probed(root: &Authority, script: Vec<Step>, sni: Sni, deadline: Duration) -> SmtpProbe {
    let (address, serving) = serve_mail(vec![script]).await;
    let probe = prober(root.roots(), deadline).probe(&MX.parse().unwrap(), address, sni).await;
    for line in serving.await.unwrap() {
        let command = line.split(' ').next().unwrap().to_owned();
        assert!(["EHLO", "STARTTLS", "QUIT"].contains(&&*command), "{line}");
    }
    probe
}

/// The failure found at a host that follows `script`, which is told in `PATIENT` time.
async fn failure(script: Vec<Step>) -> Option<ProbeFailure> {
    let root = Authority::root("Ironpost Test Root");
    probed(&root, script, Sni::MxName, PATIENT).await.failure
}

#[tokio::test]
async fn a_sound_host_is_seen_whole() {
    let root = Authority::root("Ironpost Test Root");
    let ca = root.intermediate("Ironpost Test Intermediate");
    let script = sound(&ca.leaf(&[MX]), &[&ca.der]);
    let probe = probed(&root, script, Sni::MxName, PATIENT).await;
    assert_eq!(probe.failure, None);
    assert_eq!(probe.banner.as_deref(), Some("mx.example.com ESMTP Postfix"));
    assert_eq!(probe.ehlo.unwrap(), ["mx.example.com", "SIZE 1000", "STARTTLS", "HELP"]);
    assert!(probe.starttls_offered && probe.ehlo_inside_tls);
    assert!(probe.connected_after.is_some_and(|after| after <= probe.elapsed));
    let tls = probe.tls.unwrap();
    assert!(tls.is_acceptable());
    assert_eq!(tls.sni.as_deref(), Some(MX));
    assert_eq!(tls.version, TlsVersion::Tls13);
    assert_eq!(tls.chain.len(), 2);
}

#[tokio::test]
async fn without_a_server_name_the_mx_name_is_still_what_counts() {
    let root = Authority::root("Ironpost Test Root");
    let script = sound(&root.leaf(&[MX]), &[]);
    let probe = probed(&root, script, Sni::Absent, PATIENT).await;
    assert_eq!(probe.failure, None);
    let tls = probe.tls.unwrap();
    assert_eq!(tls.sni, None);
    assert!(tls.name_matches);
}

#[tokio::test]
async fn a_host_that_insists_on_a_server_name_is_found() {
    let root = Authority::root("Ironpost Test Root");
    let config = server_config(Arc::new(OnlyFor(MX, root.leaf(&[MX]).with(&[]))), BOTH);
    let with = probed(&root, with_config(config.clone()), Sni::MxName, PATIENT).await;
    assert_eq!(with.failure, None);
    let without = probed(&root, with_config(config), Sni::Absent, PATIENT).await;
    let alert = HandshakeFailure::Alert { alert: "access_denied".to_owned() };
    assert_eq!(without.failure, Some(ProbeFailure::Handshake(alert)));
    assert!(without.starttls_offered && without.tls.is_none());
}

#[tokio::test]
async fn a_bad_certificate_does_not_end_the_probe() {
    let root = Authority::root("Ironpost Test Root");
    let other = root.leaf(&["mail.provider.example"]);
    for (leaf, expected) in [
        (other, (Trust::Trusted, false, Validity::Valid)),
        (root.leaf_valid(&[MX], EXPIRED), (Trust::Trusted, true, Validity::Expired)),
        (Leaf::self_signed(&[MX]), (Trust::SelfSigned, true, Validity::Valid)),
    ] {
        let probe = probed(&root, sound(&leaf, &[]), Sni::MxName, PATIENT).await;
        assert_eq!(probe.failure, None);
        assert!(probe.ehlo_inside_tls);
        let tls = probe.tls.unwrap();
        assert_eq!((tls.trust, tls.name_matches, tls.validity), expected);
    }
}

#[tokio::test]
async fn a_name_that_no_host_has_is_neither_sent_nor_matched() {
    let root = Authority::root("Ironpost Test Root");
    for name in ["192.0.2.25", "m\\232x.example.com"] {
        let (address, serving) = serve_mail(vec![sound(&root.leaf(&["192.0.2.25"]), &[])]).await;
        let probe =
            prober(root.roots(), PATIENT).probe(&name.parse().unwrap(), address, Sni::MxName).await;
        serving.await.unwrap();
        let tls = probe.tls.unwrap();
        assert_eq!((tls.sni, tls.name_matches), (None, false), "{name}");
    }
}

#[tokio::test]
async fn keywords_are_whole_words_in_either_case() {
    let root = Authority::root("Ironpost Test Root");
    for (answer, offered) in [
        ("250-mx.example.com\r\n250 StartTls", true),
        ("250-mx.example.com\r\n250-starttls required\r\n250 HELP", true),
        ("250-mx.example.com\n250 STARTTLS", true),
        ("250-mx.example.com\r\n250 STARTTLSX", false),
        ("250-mx.example.com\r\n250 X-STARTTLS", false),
        ("250-mx.example.com\r\n250 XXXXXXXX", false),
        ("250 STARTTLS", false),
        ("250", false),
    ] {
        let mut script = greeted();
        script.push(Step::Say(answer));
        if offered {
            script.extend([Step::Hear("STARTTLS"), Step::Say("454 not now")]);
        }
        script.extend([Step::Hear("QUIT"), Step::Say("221 bye")]);
        let probe = probed(&root, script, Sni::MxName, PATIENT).await;
        assert_eq!(probe.starttls_offered, offered, "{answer}");
        let expected = if offered {
            ProbeFailure::StartTlsRefused { reply: "454 not now".to_owned() }
        } else {
            ProbeFailure::NoStartTls
        };
        assert_eq!(probe.failure, Some(expected), "{answer}");
    }
}

#[tokio::test]
async fn refusals_before_tls_are_told_apart() {
    let quit = [Step::Hear("QUIT"), Step::Say("221 bye")];
    for (reply, stage, temporary) in [
        ("421 busy, try later", "the greeting", true),
        ("450-grey\r\n450 listed", "the greeting", true),
        ("554 no mail here", "the greeting", false),
        ("421 busy, try later", "EHLO", true),
        ("550 who are you", "EHLO", false),
    ] {
        let mut script = if stage == "EHLO" { greeted() } else { vec![] };
        script.push(Step::Say(reply));
        script.extend(quit.clone());
        let reply = reply.replace("\r\n450", "");
        let reply = reply.replace("450-", "450 ");
        let expected = if temporary {
            ProbeFailure::Temporary { stage, reply }
        } else {
            ProbeFailure::Permanent { stage, reply }
        };
        assert_eq!(failure(script).await, Some(expected));
    }
}

#[tokio::test]
async fn starttls_that_is_refused_after_all_is_named() {
    for reply in ["454 TLS not available", "502 not implemented", "250 what?"] {
        let mut script = tls_started();
        script.extend([Step::Say(reply), Step::Hear("QUIT"), Step::Say("221 bye")]);
        let expected = ProbeFailure::StartTlsRefused { reply: reply.to_owned() };
        assert_eq!(failure(script).await, Some(expected));
    }
}

#[tokio::test]
async fn injected_plain_text_is_noticed() {
    let mut script = tls_started();
    script.extend([Step::Say("220 go ahead\r\n250 and I am trusted"), Step::Wait]);
    assert_eq!(failure(script).await, Some(ProbeFailure::Injection));
}

#[tokio::test]
async fn a_host_that_hangs_up_is_named_with_the_stage() {
    let mut after_starttls = tls_started();
    for (script, stage) in [
        (vec![], "the greeting"),
        (vec![Step::Send(b"220 mx.exam".to_vec())], "the greeting"),
        (greeted(), "EHLO"),
        (after_starttls.clone(), "STARTTLS"),
    ] {
        assert_eq!(failure(script).await, Some(ProbeFailure::Closed { stage }));
    }
    after_starttls.push(Step::Say("220 go ahead"));
    let expected = ProbeFailure::Handshake(HandshakeFailure::Closed);
    assert_eq!(failure(after_starttls).await, Some(expected));
}

#[tokio::test]
async fn a_silent_host_does_not_hold_us() {
    let root = Authority::root("Ironpost Test Root");
    let mut after_starttls = tls_started();
    for (mut script, stage) in
        [(vec![], "the greeting"), (greeted(), "EHLO"), (after_starttls.clone(), "STARTTLS")]
    {
        script.push(Step::Wait);
        let probe = probed(&root, script, Sni::MxName, HASTY).await;
        assert_eq!(probe.failure, Some(ProbeFailure::Silent { stage }));
        assert!(probe.connected_after.is_some());
    }
    after_starttls.extend([Step::Say("220 go ahead"), Step::Wait]);
    let probe = probed(&root, after_starttls, Sni::MxName, HASTY).await;
    assert_eq!(probe.failure, Some(ProbeFailure::Handshake(HandshakeFailure::Timeout)));
}

#[tokio::test]
async fn a_dripping_host_does_not_hold_us() {
    let root = Authority::root("Ironpost Test Root");
    for (mut script, stage) in [(vec![], "the greeting"), (greeted(), "EHLO")] {
        script.push(Step::Drip("250-mx.example.com\r\n"));
        let probe = probed(&root, script, Sni::MxName, HASTY).await;
        assert_eq!(probe.failure, Some(ProbeFailure::Slow { stage }));
    }
}

#[tokio::test]
async fn what_is_not_smtp_is_named() {
    for (greeting, words) in [
        ("HTTP/1.1 400 Bad Request", "\"HTTP/1.1 400 Bad Request\" is no SMTP reply"),
        ("\u{1b}[2J", "\"\\\\x1b[2J\" is no SMTP reply"),
        ("* OK IMAP4rev1", "\"* OK IMAP4rev1\" is no SMTP reply"),
        ("220-mx\r\n250 mx", "a reply that changes its code from 220 to 250"),
        ("250 mx", "220 was due as the greeting's reply, not 250 mx"),
    ] {
        let found = failure(vec![Step::Say(greeting), Step::Wait]).await;
        assert_eq!(found, Some(ProbeFailure::Protocol(words.to_owned())), "{greeting}");
    }
}

#[tokio::test]
async fn replies_without_end_are_cut_off() {
    for (endless, words) in
        [("220-mx.example.com\r\n", "more than 100 lines"), ("220", "more than 2048 octets")]
    {
        let found = failure(vec![Step::Repeat(endless)]).await;
        assert!(
            matches!(&found, Some(ProbeFailure::Protocol(found)) if found.contains(words)),
            "{found:?}"
        );
    }
    let long = format!("220 {}\r\n", "x".repeat(3000));
    let found = failure(vec![Step::Send(long.into_bytes()), Step::Wait]).await;
    assert!(matches!(found, Some(ProbeFailure::Protocol(_))), "{found:?}");
}

#[tokio::test]
async fn long_lines_within_the_limit_are_read_and_shown_in_part() {
    let root = Authority::root("Ironpost Test Root");
    let long = format!("220 {}\r\n", "x".repeat(2000));
    let script = vec![Step::Send(long.into_bytes()), EHLO, Step::Say("250 mx")];
    let probe = probed(&root, script, Sni::MxName, PATIENT).await;
    assert_eq!(probe.failure, Some(ProbeFailure::NoStartTls));
    assert_eq!(probe.banner.unwrap().chars().count(), 512);
}

#[tokio::test]
async fn tls_that_is_announced_but_not_spoken_is_named() {
    let mut script = tls_started();
    script.extend([Step::Say("220 go ahead"), Step::HandOver(plain_talker().await)]);
    let found = failure(script).await;
    assert_eq!(found, Some(ProbeFailure::Handshake(HandshakeFailure::NotTls)));
}

/// Answers anything with an SMTP reply.
async fn plain_talker() -> SocketAddr {
    let (address, _) = serve_tcp(|mut stream| async move {
        let mut anything = [0_u8; 4096];
        let _ = stream.read(&mut anything).await;
        stream.write_all(b"500 unrecognised command\r\n").await.unwrap();
    })
    .await;
    address
}

#[tokio::test]
async fn trouble_inside_tls_is_told_apart() {
    let root = Authority::root("Ironpost Test Root");
    let config = server_config(Arc::new(Always(root.leaf(&[MX]).with(&[]))), BOTH);
    let mut inside = tls_started();
    inside.extend([Step::Say("220 go ahead"), Step::Tls(config), EHLO]);
    for (steps, deadline, words) in [
        (vec![Step::Say("503 no"), Step::Hear("QUIT")], PATIENT, "503 no"),
        (vec![], PATIENT, "the connection was closed"),
        (vec![Step::Say("nonsense")], PATIENT, "\"nonsense\" is no SMTP reply"),
        (vec![Step::Wait], HASTY, "no answer in time"),
    ] {
        let mut script = inside.clone();
        script.extend(steps);
        let probe = probed(&root, script, Sni::MxName, deadline).await;
        assert_eq!(probe.failure, Some(ProbeFailure::InsideTls(words.to_owned())));
        assert!(probe.tls.is_some_and(|tls| tls.is_acceptable()));
        assert!(!probe.ehlo_inside_tls);
    }
}

#[tokio::test]
async fn a_host_that_does_not_say_goodbye_is_no_failure() {
    let root = Authority::root("Ironpost Test Root");
    let mut script = sound(&root.leaf(&[MX]), &[]);
    script.truncate(script.len() - 1);
    script.push(Step::Wait);
    let probe = probed(&root, script, Sni::MxName, PATIENT).await;
    assert_eq!(probe.failure, None);
}

#[tokio::test]
async fn what_the_guard_forbids_is_not_connected_to() {
    let root = Authority::root("Ironpost Test Root");
    let prober = SmtpProber { guard: AddressGuard::default(), ..prober(root.roots(), PATIENT) };
    let address = "127.0.0.1:1".parse().unwrap();
    let probe = prober.probe(&MX.parse().unwrap(), address, Sni::MxName).await;
    assert_eq!(probe.failure, Some(ProbeFailure::Forbidden(Forbidden::Loopback)));
    assert!(!prober.greets(address).await);
    assert_eq!(prober.legacy_versions(address).await, []);
}

#[tokio::test]
async fn a_closed_port_refuses() {
    let root = Authority::root("Ironpost Test Root");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let prober = SmtpProber { guard: loopback_guard(), ..prober(root.roots(), PATIENT) };
    let probe = prober.probe(&MX.parse().unwrap(), address, Sni::MxName).await;
    assert_eq!(probe.failure, Some(ProbeFailure::Refused));
    assert!(!prober.greets(address).await);
}

#[tokio::test]
async fn a_greeting_of_any_kind_shows_that_the_port_is_open() {
    let root = Authority::root("Ironpost Test Root");
    for (script, greets) in [
        (vec![Step::Say("220 mx"), Step::Hear("QUIT"), Step::Say("221 bye")], true),
        (vec![Step::Say("554 no"), Step::Hear("QUIT")], true),
        (vec![Step::Say("hello")], false),
        (vec![], false),
    ] {
        let (address, serving) = serve_mail(vec![script]).await;
        assert_eq!(prober(root.roots(), PATIENT).greets(address).await, greets);
        serving.await.unwrap();
    }
    let (address, serving) = serve_mail(vec![vec![Step::Wait]]).await;
    assert!(!prober(root.roots(), HASTY).greets(address).await);
    serving.await.unwrap();
}

#[tokio::test]
async fn a_configured_name_cannot_add_a_command() {
    let root = Authority::root("Ironpost Test Root");
    let ehlo_name = "probe.example.org\r\nMAIL FROM:<>\r\n".to_owned();
    let prober = SmtpProber { ehlo_name, ..prober(root.roots(), PATIENT) };
    let script = vec![
        Step::Say("220 mx"),
        Step::Hear("EHLO probe.example.orgMAILFROM:<>"),
        Step::Say("250 mx"),
        Step::Hear("QUIT"),
    ];
    let (address, serving) = serve_mail(vec![script]).await;
    prober.probe(&MX.parse().unwrap(), address, Sni::MxName).await;
    serving.await.unwrap();
}
