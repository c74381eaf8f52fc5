//! socketmap: what is a request, and what is not.

use crate::client::{Server, Speaks, frame, frames, no_such_map, shown};

#[tokio::test]
async fn map_names_choose_dialects() {
    let server = Server::unix(Speaks::Socketmap);
    let mut client = server.connect().await;
    for (request, reply) in [
        ("ironpost a.example", "OK 34 a.example"),
        ("ironpost-3.10 a.example", "OK 310 a.example"),
        ("ironpost-3.0 a.example", "OK 30 a.example"),
        ("postfix a.example", "OK 34 a.example"),
        ("QUERY a.example", "OK 34 a.example"),
        ("QUERYwithTLSRPT a.example", "OK 310 a.example"),
        ("JSON a.example", r#"OK {"said":"a.example"}"#),
        ("ironpost [a.example]:587", "OK 34 [a.example]:587"),
        ("ironpost a b  c", "OK 34 a b  c"),
        ("ironpost a\0b", "OK 34 a\0b"),
        ("ironpost ", "OK 34 "),
        ("ironpost", "OK 34 "),
        ("ironpost none", "NOTFOUND "),
        ("ironpost temp", "TEMP 34 later"),
        ("ironpost perm", "PERM no sense"),
    ] {
        client.send(&frame(request)).await;
        client.expect(&frame(reply)).await;
    }
}

#[tokio::test]
async fn an_unknown_map_is_told_the_known_ones_and_may_go_on() {
    let server = Server::inet(Speaks::Socketmap);
    let mut client = server.connect().await;
    for map in ["smtp a.example", " a.example", "ironpost-3.9 a", "ironpost\0 a", "\u{1b}[2J a"] {
        client.send(&frames([map, "ironpost a"])).await;
        client.expect(&frames([no_such_map().as_str(), "OK 34 a"])).await;
    }
}

/// The server has everything before the cut, and has answered what was whole, before the rest
/// comes.
#[tokio::test]
async fn requests_come_in_pieces() {
    for server in [Server::unix(Speaks::Socketmap), Server::inet(Speaks::Socketmap)] {
        let mut client = server.connect().await;
        let cut_up = frame("ironpost b.example");
        for cut in 0..=cut_up.len() {
            let (first, second) = cut_up.split_at(cut);
            client.send(&[&frame("ironpost a.example"), first].concat()).await;
            client.expect(&frame("OK 34 a.example")).await;
            client.send(second).await;
            client.expect(&frame("OK 34 b.example")).await;
        }
        for octet in frames(["ironpost a", "postfix none", "JSON b"]) {
            client.send(&[octet]).await;
        }
        client.expect(&frames(["OK 34 a", "NOTFOUND ", r#"OK {"said":"b"}"#])).await;
    }
}

#[tokio::test]
async fn what_is_no_request_is_refused_with_the_reason() {
    let length = "PERM a request begins with its length in decimal digits";
    let comma = "PERM a request ends with a comma";
    let long = "PERM a request is longer than 4096 octets";
    let most = format!("4096:ironpost {},", "a".repeat(4096 - 9));
    let (most_reply, too_many) = (format!("OK 34 {}", "a".repeat(4096 - 9)), "x".repeat(100_000));
    for (octets, reply, reason) in [
        (&b"5000:"[..], long, "oversized, told by its length alone"),
        (b"99999999999999999999999999999999:", long, "larger than any number"),
        (b"999999999999", long, "digits without end"),
        (b"4097:ironpost a,", long, "one octet too long"),
        (b"3:ironpost a,", comma, "a length that is too short"),
        (b"10:ironpost ab", comma, "a length that is one too short"),
        (b"10:ironpost a;", comma, "something else in place of the comma"),
        (b"010:ironpost a,", length, "a leading zero"),
        (b"0:,", length, "an empty request"),
        (b",", length, "no length"),
        (b":ironpost a,", length, "a colon without a length"),
        (b"\0", length, "NUL"),
        (b"10\0:ironpost a,", length, "NUL in the length"),
        (b"-1:a,", length, "a negative length"),
        (b"\n", length, "a line end"),
        (b"get a.example\n", length, "another protocol"),
        (b"\x16\x03\x01\x02\x00\x01\x00", length, "TLS"),
        (too_many.as_bytes(), length, "a flood"),
    ] {
        for server in [Server::unix(Speaks::Socketmap), Server::inet(Speaks::Socketmap)] {
            let mut client = server.connect().await;
            client.send(&[most.as_bytes(), octets].concat()).await;
            let replies = frames([most_reply.as_str(), reply]);
            assert_eq!(shown(&client.rest().await), shown(&replies), "{reason}");
        }
    }
}

#[tokio::test]
async fn a_request_that_never_ends_is_dropped_without_a_word() {
    let server = Server::inet(Speaks::Socketmap);
    for octets in [&b""[..], b"1", b"20", b"20:", b"20:ironpost a,", b"10:ironpost a"] {
        let mut client = server.connect().await;
        client.send(octets).await;
        client.finish().await;
        assert_eq!(shown(&client.rest().await), "", "{}", shown(octets));
    }
}
