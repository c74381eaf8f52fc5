//! A key that names a next-hop is written and read again as the same, and one that needs no
//! reading is read as itself.
#![no_main]

use ironpost_proto::next_hop::{Key, SMTP_PORT, plain};

libfuzzer_sys::fuzz_target!(|key: &[u8]| {
    let parsed = Key::parse(key);
    if let Ok(Key::NextHop(next_hop)) = &parsed {
        assert_eq!(Key::parse(next_hop.to_string().as_bytes()), parsed);
    }
    if let Some(name) = plain(key) {
        let Ok(Key::NextHop(next_hop)) = parsed else { panic!("{name}") };
        assert_eq!((next_hop.domain.as_str(), next_hop.port), (name, SMTP_PORT));
    }
});
