//! TLSA records of 35 octets, and a chain cut out of the same octets.
#![no_main]

use ironpost_proto::dane::{ChainCertificate, Tlsa, TlsaVerdict, match_chain};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let rrset: Vec<Tlsa> =
        data.chunks(35).filter_map(|rdata| Tlsa::from_wire(rdata).ok()).collect();
    let der = |part| ChainCertificate { certificate: data, spki: part };
    let chain: Vec<ChainCertificate<'_>> = data.chunks(32).map(der).collect();
    if let TlsaVerdict::Matched(found) = match_chain(&rrset, &chain) {
        assert!(rrset[found.record].usability().is_ok() && found.certificate < chain.len());
    }
    for record in rrset {
        assert_eq!(record.to_string().parse(), Ok(record));
    }
});
