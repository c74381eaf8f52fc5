//! Asking a CA when it wants a certificate renewed (RFC 9773 §4).

use super::directory::Conversation;
use super::failure::{Failure, Reach};
use super::http::HttpsUri;
use super::renewal::Said;
use instant_acme::CertificateIdentifier;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::visible::Visible;
use rustls_pki_types::CertificateDer;
use serde::Deserialize;

/// The identifier of a certificate (RFC 9773 §4.1); `None` if it has none.
pub(super) fn identifier(leaf: &[u8]) -> Option<CertificateIdentifier<'static>> {
    let leaf = CertificateDer::from_slice(leaf);
    CertificateIdentifier::try_from(&leaf).ok().map(CertificateIdentifier::into_owned)
}

/// The identifier as it is written.
pub(super) fn read_identifier(text: &str) -> Option<CertificateIdentifier<'static>> {
    let (key, serial) = text.split_once('.')?;
    Some(CertificateIdentifier {
        authority_key_identifier: key.to_owned().into(),
        serial: serial.to_owned().into(),
    })
}

/// Asks. Without a signature: anybody may know (RFC 9773 §4.1).
pub(super) async fn ask(conversation: &Conversation<'_>, leaf: &[u8]) -> Said {
    let Some(base) = &conversation.directory.renewal_info else { return Said::NotOffered };
    let Some(identifier) = identifier(leaf) else { return Said::NotOffered };
    let uri = HttpsUri::parse(&format!("{}/{identifier}", base.trim_end_matches('/')));
    let Some(uri) = uri else { return Said::Nonsense };
    match conversation.http.fetch(&uri).await {
        Ok(body) => {
            let retry_after = conversation.http.last().retry_after;
            serde_json::from_slice::<Document>(&body)
                .ok()
                .and_then(|document| document.said(retry_after))
                .unwrap_or(Said::Nonsense)
        }
        Err(failure) => nothing(&failure),
    }
}

/// What a question without an answer comes to.
pub(super) fn nothing(failure: &Failure) -> Said {
    match failure.reach("", "") {
        Reach::Everybody(retry_after) => Said::Nothing { retry_after },
        Reach::Domain(_) | Reach::Moment(_) => Said::Nonsense,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    suggested_window: Window,
    #[serde(rename = "explanationURL")]
    explanation_url: Option<String>,
}

#[derive(Deserialize)]
struct Window {
    start: jiff::Timestamp,
    end: jiff::Timestamp,
}

impl Document {
    fn said(self, retry_after: Option<std::time::Duration>) -> Option<Said> {
        let explanation = self
            .explanation_url
            .map(|url| Visible::excerpt(url.as_bytes(), MAX_EXPLANATION).to_string());
        let Window { start, end } = self.suggested_window;
        Some(Said::Window { start: moment(start)?, end: moment(end)?, explanation, retry_after })
    }
}

fn moment(time: jiff::Timestamp) -> Option<Timestamp> {
    u64::try_from(time.as_millisecond()).ok().map(Timestamp::from_millis)
}

/// Shown of a URL. Own limit.
const MAX_EXPLANATION: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9773 §4.1 gives the key identifier, the serial number, and what they come to.
    #[test]
    fn an_identifier_is_read_and_written() {
        let text = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE";
        assert_eq!(read_identifier(text).unwrap().to_string(), text);
        assert_eq!(read_identifier("aYhba4dGQEHhs3uEe6CuLN4ByNQ"), None);
        assert_eq!(identifier(b"no certificate"), None);
    }

    #[test]
    fn windows_are_read() {
        let said = |text: &str| {
            serde_json::from_str::<Document>(text).ok().and_then(|document| document.said(None))
        };
        let sound = r#"{"suggestedWindow": {"start": "1970-01-01T00:00:01Z",
            "end": "1970-01-01T01:00:00+00:30"}, "explanationURL": "https://ca.test/\u001b"}"#;
        assert_eq!(
            said(sound),
            Some(Said::Window {
                start: Timestamp::from_millis(1_000),
                end: Timestamp::from_millis(1_800_000),
                explanation: Some("https://ca.test/\\x1b".to_owned()),
                retry_after: None,
            })
        );
        let before_time = r#"{"suggestedWindow":
            {"start": "1969-01-01T00:00:01Z", "end": "1971-01-01T00:00:00Z"}}"#;
        for text in ["{}", "[]", r#"{"suggestedWindow": {"start": "soon"}}"#, before_time] {
            assert_eq!(said(text), None, "{text}");
        }
    }
}
