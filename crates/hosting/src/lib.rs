//! Hosting policies: what other domains hand over to an installation, and what it does with it.
//!
//! Serving ([`policy_host`], [`authdns`]) touches memory alone ([`served`]); what changes it comes
//! through [`node`], from the database. Everything that takes time is a job ([`jobs`]). What an
//! administrator does is an operation ([`operations`]), one file each, which a command line calls
//! as an API would.

pub mod acme;
pub mod alerts;
pub mod authdns;
pub mod checks;
pub mod delegation;
pub mod dns_update;
pub mod drift;
pub mod fetch_log;
pub mod jobs;
pub mod metrics;
pub mod monitor;
pub mod node;
pub mod operations;
pub mod policy_host;
pub mod sealing;
pub mod served;
