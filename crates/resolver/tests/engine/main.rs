//! The engine in a small internet of its own, with a clock that is moved.

mod administration;
mod dane;
mod discovery;
mod hostile;
mod persistence;
mod refresh;
mod reporting;
mod world;
