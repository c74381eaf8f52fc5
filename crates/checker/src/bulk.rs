//! Lists of any length: reading them ([`input`]), checking many domains at once ([`runner`]),
//! writing results so that an interrupted run can go on ([`output`]), saying how far a run is
//! ([`progress`]), and looking at an earlier run ([`previous`]).

pub mod input;
pub mod names;
pub mod output;
pub mod previous;
pub mod progress;
mod record;
pub mod runner;
