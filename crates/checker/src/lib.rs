//! Is the mail of a domain protected? Evidence is gathered ([`gather`]), judged by pure
//! functions ([`assess`], [`grade`]) against the catalogue of findings ([`catalogue`]), and
//! becomes a [`report::Report`] that the renderers show.

pub mod bulk;
pub mod catalogue;
pub mod evidence;
pub mod finding;
pub mod render;
pub mod report;
