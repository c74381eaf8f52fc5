//! HTTP answers a sender must not take for a policy.

use crate::https::{HOST, PATIENT, POLICY, answer, fetch, serve_answer};
use crate::pki::Authority;
use ironpost_net::policy_fetch::{FetchFailure, Manner, PolicyFetch};

/// Fetches from a sound host that gives `answer`.
async fn fetched(answer: impl Into<Vec<u8>>, manner: Manner) -> PolicyFetch {
    let root = Authority::root("Ironpost Test Root");
    let (address, serving) = serve_answer(root.leaf(&[HOST]).with(&[]), answer).await;
    let fetch = fetch(root.roots(), address, manner, PATIENT).await;
    serving.await.unwrap();
    fetch
}

fn with_headers(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{POLICY}", POLICY.len())
}

#[tokio::test]
async fn only_status_200_counts() {
    for status in [201, 203, 206, 301, 302, 307, 308, 400, 403, 404, 410, 500, 503] {
        let answer = with_headers(
            &format!("{status} Whatever"),
            "Content-Type: text/plain\r\nLocation: https://www.example.com/policy\r\n",
        );
        let strict = fetched(answer.clone(), Manner::Strict).await;
        assert_eq!(strict.failure, Some(FetchFailure::Status(status)));
        let response = strict.response.unwrap();
        assert_eq!(response.location.as_deref(), Some("https://www.example.com/policy"));
        assert_eq!(response.body, b"", "a sender reads no further");

        let behind = fetched(answer, Manner::BehindCertificate).await;
        assert_eq!(behind.failure, Some(FetchFailure::Status(status)));
        assert_eq!(behind.response.unwrap().body, POLICY.as_bytes());
    }
    let empty = fetched("HTTP/1.1 204 No Content\r\n\r\n", Manner::Strict).await;
    assert_eq!(empty.failure, Some(FetchFailure::Status(204)));
}

#[tokio::test]
async fn the_status_comes_before_the_media_type() {
    let answer = with_headers("404 Not Found", "Content-Type: text/html\r\n");
    let fetch = fetched(answer, Manner::Strict).await;
    assert_eq!(fetch.failure, Some(FetchFailure::Status(404)));
}

#[tokio::test]
async fn interim_answers_are_passed_over() {
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n";
    let fetch = fetched(format!("{hints}{}", answer(POLICY)), Manner::Strict).await;
    assert_eq!(fetch.failure, None);
    assert_eq!(fetch.response.unwrap().body, POLICY.as_bytes());
}

#[tokio::test]
async fn the_media_type_is_text_plain_whatever_its_parameters() {
    for header in [
        "Content-Type: text/plain\r\n",
        "Content-Type: Text/Plain; charset=UTF-8; x=y\r\n",
        "content-type:text/plain;charset=iso-8859-1\r\n",
        "Content-Type: text/plain ; charset=us-ascii\r\n",
    ] {
        let fetch = fetched(with_headers("200 OK", header), Manner::Strict).await;
        assert_eq!(fetch.failure, None, "{header}");
    }
    for header in [
        "",
        "Content-Type:\r\n",
        "Content-Type: text/html\r\n",
        "Content-Type: application/octet-stream\r\n",
        "Content-Type: text/plainer\r\n",
        "Content-Type: text\r\n",
        "X-Type: text/plain\r\n",
    ] {
        let fetch = fetched(with_headers("200 OK", header), Manner::Strict).await;
        assert_eq!(fetch.failure, Some(FetchFailure::MediaType), "{header}");
        let response = fetch.response.unwrap();
        assert_eq!(response.body, POLICY.as_bytes(), "the body is kept for the diagnosis");
        assert!(response.complete);
    }
}

#[tokio::test]
async fn an_encoded_body_is_no_policy() {
    let header = "Content-Type: text/plain\r\nContent-Encoding: gzip\r\n";
    let fetch = fetched(with_headers("200 OK", header), Manner::Strict).await;
    assert!(
        matches!(&fetch.failure, Some(FetchFailure::Http(words)) if words.contains("gzip")),
        "{:?}",
        fetch.failure
    );
    let header = "Content-Type: text/plain\r\nContent-Encoding: identity\r\n";
    assert_eq!(fetched(with_headers("200 OK", header), Manner::Strict).await.failure, None);
}

#[tokio::test]
async fn sixty_four_kibibytes_are_the_limit() {
    let full = "x".repeat(64 * 1024);
    let fetch = fetched(answer(&full), Manner::Strict).await;
    assert_eq!(fetch.failure, None);
    assert!(fetch.response.is_some_and(|r| r.complete && r.body.len() == full.len()));

    let over = format!("{full}x");
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{over}\r\n0\r\n\r\n",
        over.len()
    );
    let unframed = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n{over}");
    for answer in [answer(&over), chunked, unframed, answer(&"y".repeat(1024 * 1024))] {
        let fetch = fetched(answer, Manner::Strict).await;
        assert_eq!(fetch.failure, Some(FetchFailure::TooLarge));
        let response = fetch.response.unwrap();
        assert_eq!(response.body.len(), full.len());
        assert!(response.oversized && !response.complete);
    }
}

#[tokio::test]
async fn a_body_framed_by_the_end_of_the_connection_is_whole() {
    let answer = format!("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n{POLICY}");
    let fetch = fetched(answer, Manner::Strict).await;
    assert_eq!(fetch.failure, None);
    assert_eq!(fetch.response.unwrap().body, POLICY.as_bytes());
}

#[tokio::test]
async fn a_cut_body_is_no_policy() {
    let cut = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 500\r\n\r\n";
    let chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n\
                   200\r\n";
    for head in [cut, chunked] {
        let fetch = fetched(format!("{head}{POLICY}"), Manner::Strict).await;
        let early = FetchFailure::Http("the connection was closed early".to_owned());
        assert_eq!(fetch.failure, Some(early));
        let response = fetch.response.unwrap();
        assert!(!response.complete);
        assert_eq!(response.body, POLICY.as_bytes());
    }
}

#[tokio::test]
async fn what_is_not_http_is_named() {
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Ty"] {
        let fetch = fetched(answer, Manner::Strict).await;
        let early = FetchFailure::Http("the connection was closed early".to_owned());
        assert_eq!(fetch.failure, Some(early), "{answer:?}");
    }
    for answer in [
        "SSH-2.0-OpenSSH_9.2p1\r\n\r\n",
        "version: STSv1\nmode: none\nmax_age: 1\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ] {
        let fetch = fetched(answer, Manner::Strict).await;
        assert!(
            matches!(&fetch.failure, Some(FetchFailure::Http(words)) if words.contains("not HTTP")),
            "{answer:?}: {:?}",
            fetch.failure
        );
        assert_eq!(fetch.response, None);
    }
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let long = format!("HTTP/1.1 200 OK\r\nX-Filler: {}", "x".repeat(1024 * 1024));
    let many = format!("HTTP/1.1 200 OK\r\n{}", "X-Filler: x\r\n".repeat(20_000));
    for answer in [long, many] {
        let fetch = fetched(answer, Manner::Strict).await;
        assert!(matches!(fetch.failure, Some(FetchFailure::Http(_))), "{:?}", fetch.failure);
        assert_eq!(fetch.response, None);
    }
}

#[tokio::test]
async fn nothing_in_a_header_acts_on_a_terminal() {
    let mut answer = b"HTTP/1.1 301 x\r\nServer: a\xff\xe2\x80\xaeb\r\n".to_vec();
    answer.extend_from_slice(b"Location: /\tx\r\nContent-Length: 0\r\n\r\n");
    let response = fetched(answer, Manner::Strict).await.response.unwrap();
    assert_eq!(response.server.as_deref(), Some("a\\xff\\u{202e}b"));
    assert_eq!(response.location.as_deref(), Some("/\\tx"));
}
