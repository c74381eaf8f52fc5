//! What differs between two versions.

use super::{Desk, OperationError};
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::Version;

/// A line of a policy file, and in which version it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// In the older alone.
    Gone(String),
    /// In the newer alone.
    New(String),
    /// In both.
    Same(String),
}

/// Two versions beside each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The older.
    pub old: Option<Version>,
    /// The newer.
    pub new: Version,
    /// Their lines: those of the older first where both differ.
    pub lines: Vec<Line>,
}

/// Versions that cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// The domain has no such version.
    #[error("{name} has no version {number}; `ironpost domain history {name}` lists them")]
    NoVersion {
        /// The domain.
        name: Domain,
        /// The number.
        number: u32,
    },
    /// The domain has no version at all.
    #[error("{0} has no version yet")]
    None(Domain),
    /// The rest.
    #[error(transparent)]
    Operation(#[from] OperationError),
}

impl Desk {
    /// Compares `new` (the newest if not named) with `old` (the one before it if not named).
    pub async fn diff(
        &self,
        name: &Domain,
        old: Option<u32>,
        new: Option<u32>,
    ) -> Result<Difference, DiffError> {
        let life = self.last_hosted(name).await?.life;
        let find = |number| {
            let missing = || DiffError::NoVersion { name: name.clone(), number };
            life.version(number).cloned().ok_or_else(missing)
        };
        let new = match new {
            Some(number) => find(number)?,
            None => life.latest().cloned().ok_or_else(|| DiffError::None(name.clone()))?,
        };
        let old = match old {
            Some(number) => Some(find(number)?),
            None => life.versions.iter().rev().find(|version| version.number < new.number).cloned(),
        };
        let text = |version: &Version| version.policy.to_string();
        let lines = compare(&old.as_ref().map(text).unwrap_or_default(), &text(&new));
        Ok(Difference { old, new, lines })
    }
}

/// Line by line: a line is the same if it stands in both in the same order.
fn compare(old: &str, new: &str) -> Vec<Line> {
    let mut rest = new.lines().peekable();
    let mut out = Vec::new();
    for line in old.lines() {
        if rest.clone().any(|other| other == line) {
            while let Some(other) = rest.next_if(|other| *other != line) {
                out.push(Line::New(other.to_owned()));
            }
            rest.next();
            out.push(Line::Same(line.to_owned()));
        } else {
            out.push(Line::Gone(line.to_owned()));
        }
    }
    out.extend(rest.map(|line| Line::New(line.to_owned())));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart() {
        let old = "version: STSv1\nmode: testing\nmx: a.test\nmx: b.test\nmax_age: 60\n";
        let new = "version: STSv1\nmode: enforce\nmx: b.test\nmx: c.test\nmax_age: 60\n";
        let shown = compare(old, new).into_iter().map(|line| match line {
            Line::Gone(line) => format!("-{line}"),
            Line::New(line) => format!("+{line}"),
            Line::Same(line) => format!(" {line}"),
        });
        let expected = [
            " version: STSv1",
            "-mode: testing",
            "-mx: a.test",
            "+mode: enforce",
            " mx: b.test",
            "+mx: c.test",
            " max_age: 60",
        ];
        assert_eq!(shown.collect::<Vec<_>>(), expected);
    }
}
