//! What a proxy says of a client; a header that is read is written and read again as the same.
#![no_main]

use ironpost_proto::proxy_protocol::{Header, HeaderError, START, Start};

fn read(data: &[u8]) -> Option<Result<Header, HeaderError>> {
    let (start, rest) = data.split_first_chunk::<START>()?;
    Some(Start::parse(start).and_then(|start| start.finish(&rest[..start.rest().min(rest.len())])))
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some(Ok(header)) = read(data) {
        assert_eq!(read(&header.to_bytes()), Some(Ok(header)));
    }
});
