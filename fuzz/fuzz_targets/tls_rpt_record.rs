//! TXT records, one a line; a record that counts is written and read again as the same.
#![no_main]

use ironpost_proto::tls_rpt::record::{RecordOutcome, ReportUri, evaluate, parse};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let rrset: Vec<Vec<u8>> = data.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    if let RecordOutcome::Valid(record) = evaluate(&rrset).outcome {
        record.rua.iter().map(ReportUri::target).for_each(drop);
        assert_eq!(parse(record.to_string().as_bytes()).verdict, Ok(record));
    }
});
