//! Nothing that is made visible acts, and an excerpt keeps its length.
#![no_main]

use ironpost_proto::visible::Visible;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let visible = Visible::from_bytes(bytes);
    assert!(
        !visible.as_str().chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c))
    );
    assert_eq!(Visible::from(visible.as_str()), visible);
    assert!(Visible::excerpt(bytes, 20).as_str().chars().count() <= 20);
});
