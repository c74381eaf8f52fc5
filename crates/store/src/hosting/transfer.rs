//! Everything out of one database and into another, of either engine: JSON Lines.
//!
//! The first line says what follows: the version of this form, how many migrations the database has
//! seen, and of each table its columns and how many rows it has. Then come the rows, table by table,
//! each as an array of the name of its table and its values, octets in base64. The last line says
//! how many rows there were and what SHA-256 of all octets before it is. What is sealed stays
//! sealed: the keys that seal are not in it.

mod backup;
mod export;
mod import;
mod tables;
#[cfg(test)]
mod tests;

pub use backup::BackupError;
pub use export::ExportError;
pub use import::ImportError;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// How many rows of which table went from one place to the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transferred(pub Vec<(&'static str, u64)>);

impl Transferred {
    /// The number of rows of a table.
    pub fn of(&self, table: &str) -> u64 {
        self.0.iter().find(|(name, _)| *name == table).map_or(0, |(_, rows)| *rows)
    }
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    ironpost_export: u32,
    migrations: usize,
    tables: Vec<Announced>,
}

/// What the first line says of a table.
#[derive(Debug, Serialize, Deserialize)]
struct Announced {
    name: String,
    columns: Vec<String>,
    rows: u64,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
struct Trailer {
    rows: u64,
    sha256: String,
}

fn hexadecimal(digest: Sha256) -> String {
    digest.finalize().iter().fold(String::new(), |mut text, octet| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// The version of this form.
const FORMAT: u32 = 1;
