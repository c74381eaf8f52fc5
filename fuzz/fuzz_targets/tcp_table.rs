//! A stream of lines; a key that is text reads back from a reply as it was.
#![no_main]

use ironpost_proto::tcp_table::{MAX_LINE, Reply, Request, next_request, write_reply};

libfuzzer_sys::fuzz_target!(|stream: &[u8]| {
    let Ok(Some((request, length))) = next_request(stream) else { return };
    assert!(length <= stream.len().min(MAX_LINE));
    if let Request::Get(key) = &request
        && let Ok(text) = std::str::from_utf8(key)
    {
        let mut line = Vec::new();
        write_reply(&mut line, Reply::Found(text));
        assert!(line.len() <= MAX_LINE);
        if let Some(text) = line.strip_prefix(b"200 ") {
            let again = [b"get ", text].concat();
            assert_eq!(next_request(&again), Ok(Some((request, again.len()))));
        }
    }
});
