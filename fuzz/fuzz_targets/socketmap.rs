//! A stream of requests: what is read of its beginning is read of the whole. A key that is text
//! reads back from a reply as it was.
#![no_main]

use ironpost_proto::socketmap::{MAX_REQUEST, Reply, next_request, write_reply};

libfuzzer_sys::fuzz_target!(|stream: &[u8]| {
    let whole = next_request(stream);
    for cut in 0..stream.len() {
        let piece = next_request(&stream[..cut]);
        assert!(piece == Ok(None) || piece == whole);
    }
    if let Ok(Some((request, length))) = whole {
        assert!(request.map.len() + request.key.len() <= MAX_REQUEST && length <= stream.len());
        if let Ok(text) = std::str::from_utf8(request.key) {
            let mut frame = Vec::new();
            write_reply(&mut frame, Reply::Ok(text));
            let (reply, length) = next_request(&frame).unwrap_or_default().unwrap();
            assert_eq!((reply.map, reply.key, length), (&b"OK"[..], request.key, frame.len()));
        }
    }
});
