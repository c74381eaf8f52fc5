//! Extended DNS errors, RFC 8914.

use bytes::Bytes;
use domain::base::Message;
use domain::base::iana::ExtendedErrorCode;
use domain::base::opt::ExtendedError;
use ironpost_proto::visible::Visible;

/// What a server says about its error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Complaint {
    /// Code and text of each, made visible.
    pub(super) text: Option<String>,
    /// One of them says that DNSSEC validation failed.
    pub(super) bogus: bool,
}

impl Complaint {
    /// The extended errors of `message`.
    pub(super) fn of(message: &Message<Bytes>) -> Self {
        let Some(opt) = message.opt() else {
            return Self::default();
        };
        let mut texts = Vec::new();
        let mut bogus = false;
        for error in opt.opt().iter::<ExtendedError<Bytes>>().flatten().take(LIMIT) {
            bogus |= BOGUS.contains(&error.code());
            texts.push(describe(&error));
        }
        Self { text: (!texts.is_empty()).then(|| texts.join("; ")), bogus }
    }
}

fn describe(error: &ExtendedError<Bytes>) -> String {
    let code = match error.code().to_mnemonic_str() {
        Some(name) => name.to_owned(),
        None => format!("extended error {}", error.code().to_int()),
    };
    match error.text_slice() {
        Some(text) if !text.is_empty() => {
            format!("{code}: {}", Visible::excerpt(text, EXCERPT))
        }
        _ => code,
    }
}

/// RFC 8914 §4.7 to §4.13: the codes that tell of a validation failure.
const BOGUS: [ExtendedErrorCode; 7] = [
    ExtendedErrorCode::DNSSEC_BOGUS,
    ExtendedErrorCode::SIGNATURE_EXPIRED,
    ExtendedErrorCode::SIGNATURE_NOT_YET_VALID,
    ExtendedErrorCode::DNSKEY_MISSING,
    ExtendedErrorCode::RRSIGS_MISSING,
    ExtendedErrorCode::NO_ZONE_KEY_BIT_SET,
    ExtendedErrorCode::NSEC_MISSING,
];
const LIMIT: usize = 4;
const EXCERPT: usize = 200;
