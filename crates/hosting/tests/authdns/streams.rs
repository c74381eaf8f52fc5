//! Over TCP, with clients of every kind. Where time is made to pass, it is Tokio's.

use crate::installation::{Listening, authority, listening, site};
use crate::message::{Query, Reply, framed};
use domain::base::iana::OptRcode;
use ironpost_hosting::authdns::{Rcode, Transport};
use ironpost_hosting::served::Site;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

async fn connect(server: &Listening) -> TcpStream {
    TcpStream::connect(server.address).await.unwrap()
}

async fn connect_from(address: Ipv4Addr, server: &Listening) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((address, 0).into()).unwrap();
    socket.connect(server.address).await.unwrap()
}

async fn hear(stream: &mut TcpStream) -> Option<Reply> {
    let length = stream.read_u16().await.ok()?;
    let mut octets = vec![0; length.into()];
    stream.read_exact(&mut octets).await.ok()?;
    Some(Reply::of(&octets))
}

async fn ask(stream: &mut TcpStream, query: &Query) -> Option<Reply> {
    stream.write_all(&query.framed()).await.ok()?;
    hear(stream).await
}

/// Nothing more comes from the server.
async fn has_ended(stream: &mut TcpStream) -> bool {
    stream.read(&mut [0]).await.unwrap_or_default() == 0
}

fn soa() -> Query {
    Query::new("sts.host.test", "SOA")
}

#[tokio::test]
async fn many_questions_at_once_are_answered_in_order() {
    let server = listening();
    let mut stream = connect(&server).await;
    let questions: Vec<u8> = (0..2000).flat_map(|id| Query { id, ..soa() }.framed()).collect();
    let (mut reader, mut writer) = stream.split();
    let asking = async { writer.write_all(&questions).await.unwrap() };
    let hearing = async {
        for id in 0..2000 {
            let length = reader.read_u16().await.unwrap();
            let mut octets = vec![0; length.into()];
            reader.read_exact(&mut octets).await.unwrap();
            assert_eq!(Reply::of(&octets).id, id);
        }
    };
    tokio::join!(asking, hearing);
    assert_eq!(server.authority.counters().answered(Transport::Tcp, Rcode::NoError), 2000);
}

#[tokio::test]
async fn a_question_may_come_octet_by_octet() {
    let server = listening();
    let mut stream = connect(&server).await;
    stream.set_nodelay(true).unwrap();
    let two = [soa().framed(), Query { id: 2, ..soa() }.framed()].concat();
    for octet in two {
        stream.write_all(&[octet]).await.unwrap();
    }
    assert_eq!(hear(&mut stream).await.unwrap().id, 0x1234);
    assert_eq!(hear(&mut stream).await.unwrap().id, 2);
}

#[tokio::test]
async fn noise_between_questions_is_passed_over() {
    let server = listening();
    let mut stream = connect(&server).await;
    let an_answer = soa().flags(0x8000).octets();
    for noise in [&b""[..], b"short", &an_answer] {
        stream.write_all(&framed(noise)).await.unwrap();
        assert_eq!(ask(&mut stream, &soa()).await.unwrap().rcode, OptRcode::NOERROR);
    }
    stream.write_all(&framed(&[0; 12])).await.unwrap();
    assert_eq!(hear(&mut stream).await.unwrap().rcode, OptRcode::FORMERR);
    assert_eq!(server.authority.counters().noise(), 3);
}

#[tokio::test]
async fn what_no_question_needs_ends_the_connection() {
    let server = listening();
    let mut stream = connect(&server).await;
    assert!(ask(&mut stream, &soa()).await.is_some());
    stream.write_all(&5000_u16.to_be_bytes()).await.unwrap();
    assert!(has_ended(&mut stream).await);
}

#[tokio::test]
async fn there_is_no_rate_limit_and_no_truncation() {
    let authority = authority();
    let rua = format!("https://long.test/{}", "x".repeat(20_000));
    let long = site(3, "long.test", "longlonglonglong");
    authority.served().put(Site { rua: Some(rua.into()), ..long });
    let server = crate::installation::listening_at(authority, Ipv4Addr::LOCALHOST);
    let mut stream = connect(&server).await;
    for _ in 0..200 {
        let query = Query::new("rpt-longlonglonglong.sts.host.test", "TXT");
        let reply = ask(&mut stream, &query).await.unwrap();
        assert_eq!((reply.flags.as_str(), reply.answer.len()), ("aa rd", 1));
    }
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_has_to_go() {
    let server = listening();
    let mut stream = connect(&server).await;
    assert!(has_ended(&mut stream).await);
}

/// Each octet comes in time, the message does not.
#[tokio::test(start_paused = true)]
async fn who_says_an_octet_at_a_time_has_to_go() {
    let server = listening();
    let mut stream = connect(&server).await;
    let question = soa().framed();
    let mut taken = 0;
    for octet in question {
        if stream.write_all(&[octet]).await.is_err() {
            break;
        }
        taken += 1;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(hear(&mut stream).await.is_none(), "answered after {taken} seconds");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_listen_has_to_go() {
    let server = listening();
    let mut stream = connect(&server).await;
    let questions = soa().framed().repeat(1000);
    // Far more than sockets have room for.
    let mut all_taken = true;
    for _ in 0..10_000 {
        if stream.write_all(&questions).await.is_err() {
            all_taken = false;
            break;
        }
    }
    assert!(!all_taken);
}

#[tokio::test]
async fn of_one_address_the_most_silent_gives_way() {
    let server = listening();
    let mut streams = Vec::new();
    for _ in 0..64 {
        let mut stream = connect(&server).await;
        assert!(ask(&mut stream, &soa()).await.is_some());
        streams.push(stream);
    }
    // The first has spoken last: the second is the most silent.
    assert!(ask(&mut streams[0], &soa()).await.is_some());
    let mut one_more = connect(&server).await;
    assert!(ask(&mut one_more, &soa()).await.is_some());
    assert!(has_ended(&mut streams[1]).await);
    assert_eq!(server.authority.counters().evicted(), 1);
    for n in [0, 2, 63] {
        assert!(ask(&mut streams[n], &soa()).await.is_some(), "{n}");
    }
}

/// Ten thousand that are silent, from two hundred addresses.
#[tokio::test]
async fn a_crowd_of_the_silent_keeps_nobody_out() {
    const CROWD: u64 = 10_000;
    allow_files(CROWD + 2000);
    let server = listening();
    let mut silent = Vec::new();
    for n in 0..CROWD {
        let last = u8::try_from(n % 200).unwrap() + 1;
        silent.push(connect_from(Ipv4Addr::new(127, 9, 1, last), &server).await);
    }
    let mut stream = connect(&server).await;
    assert_eq!(ask(&mut stream, &soa()).await.unwrap().rcode, OptRcode::NOERROR);
    let evicted = server.authority.counters().evicted();
    assert!(evicted >= CROWD + 1 - 1000, "{evicted}");
    // The eldest are gone.
    assert!(has_ended(&mut silent[0]).await);
    assert!(ask(silent.last_mut().unwrap(), &soa()).await.is_some());
}

#[tokio::test]
async fn at_the_end_every_connection_ends() {
    let mut server = listening();
    let mut stream = connect(&server).await;
    let mut silent = connect(&server).await;
    assert!(ask(&mut stream, &soa()).await.is_some());
    server.end.cancel();
    (&mut server.tcp).await.unwrap();
    assert!(has_ended(&mut stream).await);
    assert!(has_ended(&mut silent).await);
    let address: SocketAddr = server.address;
    assert!(TcpStream::connect(address).await.is_err());
}

/// Raises the number of files that this process may have open.
fn allow_files(wanted: u64) {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit { current: Some(wanted), maximum: limit.maximum };
        setrlimit(Resource::Nofile, raised).expect("as many open files as this test needs");
    }
}
