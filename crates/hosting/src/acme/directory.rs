//! What a CA offers (RFC 8555 §7.1.1).

use super::failure::Failure;
use super::http::{Http, HttpsUri};
use super::settings::Known;
use bytes::Bytes;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::visible::Visible;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// What a CA offers.
#[derive(Debug)]
pub(super) struct Directory {
    /// As it came: the library reads it as well.
    pub(super) body: Bytes,
    /// Where it says when to renew (RFC 9773 §4.1), if it does.
    pub(super) renewal_info: Option<String>,
    /// Its terms of service, made visible.
    pub(super) terms: Option<String>,
    /// It takes accounts of its customers only (RFC 8555 §7.3.4).
    pub(super) needs_binding: bool,
    /// By what names CAA records allow it to issue (RFC 8555 §9.7.6).
    pub(super) caa_identities: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    new_nonce: String,
    new_account: String,
    new_order: String,
    renewal_info: Option<String>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Meta {
    terms_of_service: Option<String>,
    #[serde(default)]
    caa_identities: Vec<String>,
    #[serde(default)]
    external_account_required: bool,
}

impl Directory {
    fn read(body: Bytes) -> Result<Self, Failure> {
        let document: Document =
            serde_json::from_slice(&body).map_err(|error| Failure::nonsense(&error))?;
        // The library takes these for sound.
        let needed = [&document.new_nonce, &document.new_account, &document.new_order];
        if let Some(broken) = needed.into_iter().find(|url| HttpsUri::parse(url).is_none()) {
            let detail = format!("{broken} is no URL of https");
            return Err(Failure::nonsense(&detail));
        }
        let Meta { terms_of_service, caa_identities, external_account_required } = document.meta;
        let sound = |name: &String| {
            let is_host = |octet: u8| octet.is_ascii_alphanumeric() || b"-._".contains(&octet);
            (1..=253).contains(&name.len()) && name.bytes().all(is_host)
        };
        Ok(Self {
            body,
            renewal_info: document.renewal_info.filter(|url| HttpsUri::parse(url).is_some()),
            terms: terms_of_service.map(|url| Visible::excerpt(url.as_bytes(), 200).to_string()),
            needs_binding: external_account_required,
            caa_identities: caa_identities.into_iter().filter(sound).take(MAX_IDENTITIES).collect(),
        })
    }
}

/// A CA that is spoken with.
#[derive(Debug)]
pub(super) struct Conversation<'a> {
    pub(super) known: &'a Known,
    pub(super) directory: Arc<Directory>,
    pub(super) http: Http,
}

/// Directories, for as long as they are kept.
#[derive(Debug, Default)]
pub(super) struct Directories(Mutex<HashMap<String, (Instant, Arc<Directory>)>>);

impl Directories {
    /// Begins to speak with a CA.
    pub(super) async fn converse<'a>(
        &self,
        known: &'a Known,
        now: Timestamp,
    ) -> Result<Conversation<'a>, Failure> {
        let http = Http::new(known, now);
        let url = &known.ca.directory;
        let kept = {
            let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.get(url).filter(|(at, _)| at.elapsed() < KEPT).map(|(_, found)| Arc::clone(found))
        };
        let directory = if let Some(directory) = kept {
            directory
        } else {
            let directory = Arc::new(Directory::read(http.fetch(&known.uri).await?)?);
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.insert(url.clone(), (Instant::now(), Arc::clone(&directory)));
            directory
        };
        let http = http.with_directory(&known.uri, &directory.body);
        Ok(Conversation { known, directory, http })
    }

    /// Asks for a directory anew the next time: what it said does not hold.
    pub(super) fn forget(&self, url: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(url);
    }
}

/// How long a directory is taken to hold.
const KEPT: Duration = Duration::from_hours(1);
/// Own limit; Let's Encrypt has one.
const MAX_IDENTITIES: usize = 8;
