//! A pattern, a line end, a host: a pattern reads back, and matches what it names.
#![no_main]

use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::mx_pattern::MxPattern;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut lines = data.splitn(2, |b| *b == b'\n').map(<[u8]>::to_vec);
    let (pattern, host) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    if let Ok(pattern) = MxPattern::parse(&pattern) {
        assert_eq!(MxPattern::parse(pattern.to_string().as_bytes()), Ok(pattern.clone()));
        if let Ok(host) = Domain::from_a_labels(&host) {
            let named = if pattern.is_wildcard() { host.parent() } else { Some(host.clone()) };
            assert_eq!(pattern.matches(&host), named.as_ref() == Some(pattern.domain()));
        }
    }
});
