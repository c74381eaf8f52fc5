//! What is counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// How often each event has happened since the start.
#[derive(Debug, Default)]
pub struct Counts([AtomicU64; Event::ALL.len()]);

macro_rules! events {
    ($($(#[doc = $doc:literal])+ $event:ident = $name:literal,)+) => {
        /// Something that happens to a policy host.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Event {
            $($(#[doc = $doc])+ $event,)+
        }

        impl Event {
            /// All of them.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$event),+];

            /// Its name in metrics.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$event => $name,)+
                }
            }
        }
    };
}

events! {
    /// A connection was accepted.
    Connection = "connections",
    /// A client had too many connections, and this one was closed at once.
    ClientOverLimit = "client_over_limit",
    /// A proxy sent no header, or a broken one.
    BadProxyHeader = "bad_proxy_header",
    /// What was sent first is no TLS client hello.
    BadHello = "bad_hello",
    /// A handshake for a name that is not hosted, or for none.
    RefusedName = "refused_name",
    /// A handshake for a domain whose policy host has no usable certificate yet.
    NoCertificate = "no_certificate",
    /// A handshake that failed later, because of the client; or for a version of TLS too old.
    FailedHandshake = "failed_handshakes",
    /// A handshake that was not over in time.
    SlowHandshake = "slow_handshakes",
    /// A handshake of TLS 1.2.
    Tls12 = "tls12_handshakes",
    /// A handshake of TLS 1.3.
    Tls13 = "tls13_handshakes",
    /// A validation of TLS-ALPN-01 was answered.
    AlpnChallenge = "alpn_challenges",
    /// A request in HTTP/1.0 or HTTP/1.1.
    Http1 = "http1_requests",
    /// A request in HTTP/2.
    Http2 = "http2_requests",
    /// A policy was served.
    Served = "policies_served",
    /// A validation of HTTP-01 was answered.
    HttpChallenge = "http_challenges",
    /// 404.
    NotFound = "not_found",
    /// 405.
    BadMethod = "bad_method",
    /// 421: the request names another host than the handshake.
    Misdirected = "misdirected",
    /// 400: the request names no host, or several.
    BadHost = "bad_host",
    /// A connection was ended because nothing came, or nothing was taken, for too long.
    Slow = "slow_connections",
    /// A connection was ended after its last permitted request.
    ManyRequests = "long_connections",
}

impl Counts {
    /// How often.
    pub fn of(&self, event: Event) -> u64 {
        self.0[event as usize].load(Ordering::Relaxed)
    }

    /// Everything, by name.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        Event::ALL.into_iter().map(|event| (event.name(), self.of(event)))
    }

    pub(super) fn add(&self, event: Event) {
        self.0[event as usize].fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_has_a_place_and_a_name_of_its_own() {
        let counts = Counts::default();
        for event in Event::ALL {
            counts.add(event);
        }
        let names: std::collections::BTreeSet<_> = counts.all().map(|(name, _)| name).collect();
        assert_eq!(names.len(), Event::ALL.len());
        assert!(counts.all().all(|(_, count)| count == 1));
    }
}
