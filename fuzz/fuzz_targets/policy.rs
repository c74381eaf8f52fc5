//! A policy that is read is written and read again as the same.
#![no_main]

use ironpost_proto::mta_sts::policy::parse;

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    if let Ok(policy) = parse(body).verdict {
        assert_eq!(parse(policy.to_string().as_bytes()).verdict, Ok(policy));
    }
});
