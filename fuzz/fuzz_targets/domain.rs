//! A domain that a person types reads back in either form, and so does a name out of DNS.
#![no_main]

use ironpost_proto::domain::{DnsName, Domain};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(domain) = text.parse::<Domain>() {
        assert_eq!(Domain::from_a_labels(domain.as_str().as_bytes()), Ok(domain.clone()));
        assert_eq!(domain.to_unicode().parse(), Ok(domain));
    }
    if let Ok(name) = text.parse::<DnsName>() {
        let labels = name.labels();
        assert_eq!(DnsName::from_labels(labels.iter().map(Vec::as_slice)), name);
        assert_eq!(name.as_str().parse(), Ok(name));
    }
});
