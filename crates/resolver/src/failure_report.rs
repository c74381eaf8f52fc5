//! Failed fetches for a TLS-RPT collector, in libtlsrpt's datagrams (RFC 8461 §6, RFC 8460 §4.3).

use ironpost_net::dns::resolver::Resolver;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::policy::Policy;
use ironpost_proto::tls_rpt::result_type::Event;
use std::path::PathBuf;

/// Where datagrams go. Cheap to clone. Sending never delays anything: what cannot be sent at once
/// is counted and dropped.
#[derive(Debug, Clone)]
pub struct FailureReports {}

impl FailureReports {
    /// Datagrams go to the collector's Unix socket at `path`; `resolver` finds out who wants a
    /// report (`_smtp._tls`).
    pub fn new(path: PathBuf, resolver: Resolver) -> Self {
        let _ = (path, resolver);
        todo!()
    }

    /// Reports that the policy of `domain` could not be fetched: `event` is a
    /// [`Event::PolicyFetch`], `cached` the policy that stepped in.
    pub fn send(&self, domain: &Domain, event: Event, cached: Option<Policy>) {
        let _ = (domain, event, cached);
        todo!()
    }
}
