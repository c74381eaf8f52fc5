//! The outside world as a client: DNS, HTTPS and SMTP, each under a total deadline, each
//! connection past the address guard. What was seen is returned as facts; what follows from
//! them is decided elsewhere.

pub mod address_guard;
pub mod clock;
pub mod dane;
pub mod dns;
pub mod http_post;
pub mod places;
pub mod policy_fetch;
pub mod policy_source;
pub mod ports;
pub mod report_target;
pub mod smtp;
mod tcp;
pub mod tls;
