//! A small internet in one process: DNS, policy hosts and MX hosts on 127.53.0.0/16 and high
//! ports, sound and broken, with an attacker among them. Nothing here sends a packet to an
//! address outside 127.0.0.0/8.
//!
//! A scenario is a folder with a zone, a policy, the manners of the peers and what a checker
//! is expected to say; see `fixtures/scenarios/README.md`. [`Lab::start`] brings all of them
//! up at once.

mod acme;
mod address;
mod attacker;
mod certificates;
mod crowd;
mod dns;
mod error;
mod folder;
mod hosted;
mod https;
mod lab;
mod listen;
mod peers;
mod plan;
mod scenario;
mod seen;
mod smtp;
mod sound;
mod stream;
mod tls;

pub use acme::{AcmeCa, AcmeCaOptions, AcmeFault, Binding, Names, OrderSeen, Outage, RetryAfter};
pub use crowd::{Crowd, CrowdCounts, CrowdOptions, MOST_SENDERS};
pub use error::{LabError, ScenarioError};
pub use lab::{LAB_FILES, LAB_MARK, Lab, LabOptions};
pub use listen::LabPorts;
pub use scenario::{Expectation, Scenario};
pub use seen::{Seen, Transport};
