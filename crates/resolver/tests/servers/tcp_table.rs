//! tcp_table, which has no maps.

use crate::client::{Server, Speaks, shown};

#[tokio::test]
async fn lines_are_answered_with_lines() {
    for server in [Server::unix(Speaks::TcpTable), Server::inet(Speaks::TcpTable)] {
        let mut client = server.connect().await;
        for (line, reply) in [
            ("get a.example\n", "200 310%20a.example\n"),
            ("get a.example\r\n", "200 310%20a.example\n"),
            ("get %5Ba.example%5D:587\n", "200 310%20[a.example]:587\n"),
            ("get none\n", "500 not%20found\n"),
            ("get temp\n", "400 310%20later\n"),
            ("get perm\n", "400 no%20sense\n"),
            ("put a.example b\n", "400 a%20request%20is:%20get%20KEY\n"),
            ("\n", "400 a%20request%20is:%20get%20KEY\n"),
            ("get a%\n", "400 a%20request%20is:%20get%20KEY\n"),
            ("\0\n", "400 a%20request%20is:%20get%20KEY\n"),
        ] {
            client.send(line.as_bytes()).await;
            client.expect(reply.as_bytes()).await;
        }
        let whole = "get b.example\n";
        for cut in 0..=whole.len() {
            let (first, second) = whole.split_at(cut);
            client.send(format!("get a\n{first}").as_bytes()).await;
            client.expect(b"200 310%20a\n").await;
            client.send(second.as_bytes()).await;
            client.expect(b"200 310%20b.example\n").await;
        }
    }
}

#[tokio::test]
async fn replies_keep_the_order_of_the_questions() {
    let server = Server::inet(Speaks::TcpTable);
    let mut client = server.connect().await;
    client.send(b"get slow\nget a\nput b\n").await;
    client.finish().await;
    server.told.arrived(1).await;
    server.told.open();
    let replies = "200 310%20slow\n200 310%20a\n400 a%20request%20is:%20get%20KEY\n";
    assert_eq!(shown(&client.rest().await), replies);
}

#[tokio::test]
async fn a_line_without_end_is_refused() {
    for server in [Server::unix(Speaks::TcpTable), Server::inet(Speaks::TcpTable)] {
        let mut client = server.connect().await;
        client.send(format!("get a\nget {}", "b".repeat(100_000)).as_bytes()).await;
        let replies = "200 310%20a\n400 a%20request%20is%20longer%20than%204096%20octets\n";
        assert_eq!(shown(&client.rest().await), replies);
    }
}
