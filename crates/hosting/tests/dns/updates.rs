//! Dynamic updates that real servers take, and those that they do not.

use crate::servers::{Cache, Primary, READER, SECRET, Second, WRITER, WRITER_512};
use crate::writer::{Writer, ZONE, now, policy, record, serving, updater};
use crate::{PATIENT, TOKEN, domain, looker, name, resolver};
use ironpost_hosting::delegation::{self, Type};
use ironpost_hosting::dns_update::{Kind, Ours, Rejected, Shows, UpdateError, Updater, spread};
use ironpost_proto::delegation::Target;
use ironpost_proto::lifecycle::Way;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Each story with each primary.
macro_rules! stories {
    ($($story:ident,)*) => {
        mod knot {
            use super::Primary::Knot;
            $(#[tokio::test] async fn $story() { super::$story(Knot).await; })*
        }
        mod bind {
            use super::Primary::Bind;
            $(#[tokio::test] async fn $story() { super::$story(Bind(None)).await; })*
        }
    };
}

stories! {
    a_record_is_written_replaced_and_taken_away,
    what_is_not_ours_is_never_touched,
    a_plan_is_not_carried_out_on_what_it_did_not_see,
    a_server_that_does_not_do_it_says_why,
    a_change_is_watched_until_every_server_shows_it,
    a_server_that_lags_behind_is_named,
    caches_that_are_behind_are_told_from_records_that_are_missing,
}

async fn a_record_is_written_replaced_and_taken_away(primary: Primary) {
    let servers = serving(primary, ZONE, Second::Follows, Cache::Nothing).await;
    let mut writer = Writer::new(&servers, WRITER_512, SECRET).await;
    let at = "_mta-sts.a.customer.test";
    assert_eq!(writer.write(&[policy("a.customer.test", "1")]).await, Kind::Add);
    assert_eq!(writer.texts(at).await, ["v=STSv1; id=1;"]);
    assert_eq!(writer.write(&[policy("a.customer.test", "1")]).await, Kind::Keep);

    writer.written.push("v=STSv1; id=2;".into());
    let plan = writer.plan(&[policy("a.customer.test", "2")]).await.unwrap();
    assert_eq!(
        plan.to_string(),
        "- _mta-sts.a.customer.test. TXT \"v=STSv1; id=1;\"\n\
         + _mta-sts.a.customer.test. 60 IN TXT \"v=STSv1; id=2;\"\n"
    );
    assert_eq!(writer.texts(at).await, ["v=STSv1; id=1;"], "a plan changes nothing");
    writer.apply(&plan).await.unwrap();
    assert_eq!(writer.texts(at).await, ["v=STSv1; id=2;"]);

    let plan = writer.plan_without(&[], &[name(at)]).await.unwrap();
    assert_eq!(plan.changes[0].kind(), Kind::Remove);
    writer.apply(&plan).await.unwrap();
    assert_eq!(writer.texts(at).await, [""; 0]);
    assert!(writer.plan_without(&[], &[name(at)]).await.unwrap().is_done());
}

async fn what_is_not_ours_is_never_touched(primary: Primary) {
    let servers = serving(primary, ZONE, Second::Follows, Cache::Nothing).await;
    let mut writer = Writer::new(&servers, WRITER, SECRET).await;

    let plan = writer.plan(&[policy("foreign.customer.test", "1")]).await.unwrap();
    assert_eq!(plan.changes[0].kind(), Kind::Conflict);
    assert!(plan.to_string().starts_with("! _mta-sts.foreign.customer.test. TXT \"v=STSv1; id="));
    let refused = writer.apply(&plan).await.unwrap_err();
    assert!(matches!(refused, UpdateError::Conflict { .. }), "{refused}");
    assert_eq!(writer.texts("_mta-sts.foreign.customer.test").await, ["v=STSv1; id=theirs;"]);

    // What nobody takes for a policy record may stay beside ours.
    assert_eq!(writer.write(&[policy("beside.customer.test", "1")]).await, Kind::Add);
    assert_eq!(writer.write(&[policy("beside.customer.test", "2")]).await, Kind::Replace);
    let texts = ["some-verification=1", "v=STSv1; id=2;"];
    assert_eq!(writer.texts("_mta-sts.beside.customer.test").await, texts);
    let plan = writer.plan_without(&[], &[name("_mta-sts.beside.customer.test")]).await.unwrap();
    writer.apply(&plan).await.unwrap();
    assert_eq!(writer.texts("_mta-sts.beside.customer.test").await, ["some-verification=1"]);

    // An alias with another token is not ours, one with our own is.
    let plan = writer.plan(&[policy("stranger.customer.test", "1")]).await.unwrap();
    assert_eq!(plan.changes[0].kind(), Kind::Conflict);
    assert_eq!(writer.write(&[policy("handed.customer.test", "1")]).await, Kind::Replace);
    assert_eq!(writer.texts("_mta-sts.handed.customer.test").await, ["v=STSv1; id=1;"]);

    // A record of ours in two character-strings is found and replaced as it stands.
    writer.written.push("v=STSv1; id=split;".into());
    assert_eq!(writer.write(&[policy("split.customer.test", "1")]).await, Kind::Replace);
    assert_eq!(writer.texts("_mta-sts.split.customer.test").await, ["v=STSv1; id=1;"]);

    // One conflict holds back the rest of the plan.
    let both = [policy("new.customer.test", "1"), policy("crowded.customer.test", "1")];
    let plan = writer.plan(&both).await.unwrap();
    assert!(writer.apply(&plan).await.is_err());
    assert_eq!(writer.texts("_mta-sts.new.customer.test").await, [""; 0]);
}

async fn a_plan_is_not_carried_out_on_what_it_did_not_see(primary: Primary) {
    let servers = serving(primary, ZONE, Second::Follows, Cache::Nothing).await;
    let mut writer = Writer::new(&servers, WRITER, SECRET).await;
    let changed = |error: &UpdateError| {
        matches!(error, UpdateError::Rejected { reason: Rejected::Changed { .. }, .. })
    };

    // Nothing stood there when the plan was made; now somebody's record does.
    let plan = writer.plan(&[policy("race.customer.test", "1")]).await.unwrap();
    let mut other = Writer::new(&servers, WRITER, SECRET).await;
    other.write(&[policy("race.customer.test", "theirs")]).await;
    let refused = writer.apply(&plan).await.unwrap_err();
    assert!(changed(&refused), "{refused}");
    assert_eq!(writer.texts("_mta-sts.race.customer.test").await, ["v=STSv1; id=theirs;"]);

    // Ours stood there alone; now it has company.
    writer.write(&[policy("pair.customer.test", "1")]).await;
    writer.written.push("v=STSv1; id=2;".into());
    let plan = writer.plan(&[policy("pair.customer.test", "2")]).await.unwrap();
    other.write(&[record("_mta-sts.pair.customer.test", Type::Txt, "company")]).await;
    let refused = writer.apply(&plan).await.unwrap_err();
    assert!(changed(&refused), "{refused}");
    let texts = ["company", "v=STSv1; id=1;"];
    assert_eq!(writer.texts("_mta-sts.pair.customer.test").await, texts);

    // A server would pass over an alias beside other records without a word.
    let host =
        record("mta-sts.mail.customer.test", Type::Cname, "host-aaaaaaaaaaaaaaaa.sts.host.test");
    let plan = writer.plan(&[host]).await.unwrap();
    let refused = writer.apply(&plan).await.unwrap_err();
    assert!(changed(&refused), "{refused}");
}

async fn a_server_that_does_not_do_it_says_why(primary: Primary) {
    let servers = serving(primary, ZONE, Second::Follows, Cache::Nothing).await;
    let wanted = [policy("a.customer.test", "1")];
    let other_secret = SECRET.replacen('A', "B", 1);
    let not_allowed = match primary {
        Primary::Knot => "or does not let it change the zone",
        Primary::Bind(_) => "it refuses: let the key change TXT at _mta-sts.a.customer.test",
    };
    let table = [
        (("nobody", WRITER.1), SECRET, "it does not know the key nobody (hmac-sha256)"),
        ((WRITER.0, WRITER_512.1), SECRET, "it does not know the key writer (hmac-sha512)"),
        (WRITER, other_secret.as_str(), "the secret of the key writer (hmac-sha256) is not"),
        (WRITER_512, other_secret.as_str(), "the secret of the key writer512 (hmac-sha512) is"),
        (READER, SECRET, not_allowed),
    ];
    for (key, secret, words) in table {
        let writer = Writer::new(&servers, key, secret).await;
        let failure = match writer.plan(&wanted).await {
            Ok(plan) => writer.apply(&plan).await.unwrap_err(),
            Err(failure) => failure,
        };
        assert!(failure.to_string().contains(words), "{key:?}: {failure}");
    }

    let writer = Writer::new(&servers, WRITER, SECRET).await;
    let ours = Ours { token: TOKEN, zone: &writer.zone, written: &[] };
    let late = now().after(Duration::from_secs(1000));
    let failure = writer.updater.plan(&writer.resolver, &wanted, &[], ours, late).await;
    let failure = failure.unwrap_err();
    let UpdateError::Rejected { reason: Rejected::WrongTime { apart }, .. } = failure else {
        panic!("clocks that are apart: {failure}");
    };
    assert!((990..=1000).contains(&apart), "{apart}");

    let elsewhere = [policy("elsewhere.test", "1")];
    let updater = Updater { zone: Some(name("elsewhere.test")), ..writer.updater.clone() };
    let plan = updater.plan(&writer.resolver, &elsewhere, &[], ours, now()).await.unwrap();
    let failure = updater.apply(&writer.resolver, &plan, now()).await.unwrap_err();
    let words = "it is not a server of the zone elsewhere.test";
    assert!(failure.to_string().contains(words), "{failure}");

    // Where nobody listens.
    let updater = updater_at(&writer.updater, SocketAddr::from(([127, 0, 0, 4], 9)));
    let failure = updater.plan(&writer.resolver, &wanted, &[], ours, now()).await.unwrap_err();
    assert!(matches!(failure, UpdateError::Unreachable { .. }), "{failure}");
}

fn updater_at(like: &Updater, server: SocketAddr) -> Updater {
    Updater { zone: like.zone.clone(), ..updater(server, WRITER, SECRET) }
}

async fn a_change_is_watched_until_every_server_shows_it(primary: Primary) {
    let servers = serving(primary, ZONE, Second::Follows, Cache::Nothing).await;
    let mut writer = Writer::new(&servers, WRITER, SECRET).await;
    let looker = looker(&servers).await;
    let wanted = policy("a.customer.test", "1");
    writer.write(std::slice::from_ref(&wanted)).await;
    let mut told = Vec::new();
    let found =
        spread(&looker, &wanted, PATIENT, |so_far| told.push(so_far.clone())).await.unwrap();
    assert!(found.is_everywhere(), "{found:?}");
    assert_eq!(found.resolver, Some(Shows::It));
    assert_eq!(told.last(), Some(&found));
}

async fn a_server_that_lags_behind_is_named(primary: Primary) {
    let servers = serving(primary, ZONE, Second::Keeps(""), Cache::Nothing).await;
    let mut writer = Writer::new(&servers, WRITER, SECRET).await;
    let looker = looker(&servers).await;
    let wanted = policy("a.customer.test", "1");
    writer.write(std::slice::from_ref(&wanted)).await;
    let found = spread(&looker, &wanted, Duration::from_secs(1), |_| {}).await.unwrap();
    let expected = [(name("ns1.net.test"), Shows::It), (name("ns2.net.test"), Shows::NotYet(30))];
    assert_eq!(found.servers, expected);
    assert!(!found.is_everywhere());
    assert_eq!(found.behind().collect::<Vec<_>>(), [&name("ns2.net.test")]);
    assert_eq!(found.to_string(), "ns1.net.test shows it, ns2.net.test does not show it yet");
    assert_eq!(found.resolver, None, "not before the servers have it");
}

async fn caches_that_are_behind_are_told_from_records_that_are_missing(primary: Primary) {
    let servers = serving(primary, "", Second::Follows, Cache::ForTtl).await;
    let mut writer = Writer::new(&servers, WRITER, SECRET).await;
    let looker = looker(&servers).await;
    let at = domain("new.customer.test");
    let expected = looker.expected(&at, TOKEN, Way::Cname);
    let before = looker.look(&expected, delegation::Servers::InDoubt).await;
    let words = before.view(Target::Record).unwrap().faults[0].to_string();
    assert!(words.contains("does not exist yet"), "{words}");

    let records = delegation::records(&expected, None);
    writer.write(&records[..1]).await;
    let found = spread(&looker, &records[0], PATIENT, |_| {}).await.unwrap();
    assert!(found.is_everywhere() && found.caches_behind().is_some(), "{found:?}");
    let after = looker.look(&expected, delegation::Servers::InDoubt).await;
    let words = after.view(Target::Record).unwrap().faults[0].to_string();
    assert!(words.contains("caches may still say otherwise for"), "{words}");
}

/// What a server sends back that is no answer.
#[derive(Debug, Clone, Copy)]
enum Nonsense {
    Nothing,
    Cut,
    Noise,
    Question,
    Unsigned,
    OtherId,
}

#[tokio::test]
async fn answers_of_nobody_change_nothing_and_are_not_believed() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let updater = Updater {
        zone: Some(name("a.test")),
        ..updater(listener.local_addr().unwrap(), ("k", "hmac-sha256"), SECRET)
    };
    let resolver = resolver(SocketAddr::from(([127, 0, 0, 1], 9))).await;
    let zone = domain("sts.host.test");
    let ours = Ours { token: TOKEN, zone: &zone, written: &[] };
    let table = [
        (Nonsense::Nothing, "cannot be reached over TCP"),
        (Nonsense::Cut, "cannot be reached over TCP"),
        (Nonsense::Noise, "is no answer to what was asked"),
        (Nonsense::Question, "is no answer to what was asked"),
        (Nonsense::OtherId, "is no answer to what was asked"),
        (Nonsense::Unsigned, "is not signed as it must be"),
    ];
    for (nonsense, words) in table {
        let wanted = [policy("a.test", "1")];
        let planning = updater.plan(&resolver, &wanted, &[], ours, now());
        let (found, ()) = tokio::join!(planning, answer_with(&listener, nonsense));
        let error = found.unwrap_err().to_string();
        assert!(error.contains(words), "{nonsense:?}: {error}");
    }
}

async fn answer_with(listener: &tokio::net::TcpListener, nonsense: Nonsense) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut asked = vec![0; stream.read_u16().await.unwrap().into()];
    stream.read_exact(&mut asked).await.unwrap();
    // The question alone, as an authoritative NOERROR without records would have it.
    let end = 12 + asked[12..].iter().position(|octet| *octet == 0).unwrap() + 5;
    let mut answer = asked[..end].to_vec();
    answer[2..12].copy_from_slice(&[0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    match nonsense {
        Nonsense::Nothing => return,
        Nonsense::Cut => {
            stream.write_all(&[0xff, 0xff, 1]).await.unwrap();
            return;
        }
        Nonsense::Noise => answer = vec![0xff; 5],
        Nonsense::Question => answer[2] = 0,
        Nonsense::OtherId => answer[0] ^= 1,
        Nonsense::Unsigned => {}
    }
    let length = u16::try_from(answer.len()).unwrap();
    stream.write_all(&[&length.to_be_bytes(), answer.as_slice()].concat()).await.unwrap();
}
