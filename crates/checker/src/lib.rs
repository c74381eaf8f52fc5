//! Is the mail of a domain protected? Evidence is gathered ([`gather`]), judged by pure
//! functions ([`assess`], [`verdict`], [`grade`]) against the catalogue of findings
//! ([`catalogue`]), and becomes a [`report::Report`] that the renderers ([`render`]) show.
//! [`check`] puts them together.

pub mod assess;
pub mod bulk;
pub mod catalogue;
pub mod check;
pub mod evidence;
pub mod explain;
pub mod finding;
pub mod gather;
pub mod grade;
pub mod lint;
pub mod publish;
pub mod render;
pub mod report;
pub mod simulate;
pub mod timeline;
pub mod verdict;
