//! Reports that become one document: a page, a test report, a set of metrics.

use super::digest::Digest;
use crate::report::{Report, Verdict};
use std::cmp::Reverse;

/// Reports of a run, for the formats that are whole only at their end. Of the first
/// [`MAX_DETAILED`] everything is kept, of the others a [`Digest`], so that a long list does
/// not fill the memory.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    digests: Vec<Digest>,
    detailed: Vec<Report>,
}

impl Document {
    /// A document of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a report.
    pub fn push(&mut self, report: Report) {
        self.digests.push(Digest::from(&report));
        if self.detailed.len() < MAX_DETAILED {
            self.detailed.push(report);
        }
    }

    /// How many reports there are.
    pub fn len(&self) -> usize {
        self.digests.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.digests.is_empty()
    }

    /// All of them in short, in the order in which they came.
    pub(crate) fn digests(&self) -> &[Digest] {
        &self.digests
    }

    /// The first of them in full, in the same order.
    pub(crate) fn detailed(&self) -> &[Report] {
        &self.detailed
    }

    /// The places of all of them, worst first: a reader begins there.
    pub(crate) fn worst_first(&self) -> Vec<usize> {
        let mut order = (0..self.digests.len()).collect::<Vec<_>>();
        order.sort_by_key(|at| self.digests.get(*at).map(urgency));
        order
    }
}

impl Extend<Report> for Document {
    fn extend<I: IntoIterator<Item = Report>>(&mut self, reports: I) {
        reports.into_iter().for_each(|report| self.push(report));
    }
}

impl FromIterator<Report> for Document {
    fn from_iter<I: IntoIterator<Item = Report>>(reports: I) -> Self {
        let mut document = Self::new();
        document.extend(reports);
        document
    }
}

/// What sorts the worst first; domains that are alike by name.
fn urgency(digest: &Digest) -> impl Ord + use<> {
    let rank = match digest.verdict {
        Verdict::AtRisk => 0,
        Verdict::IgnoredBySenders => 1,
        Verdict::Absent => 2,
        Verdict::OptedOut => 3,
        Verdict::CouldNotTell => 4,
        Verdict::Testing => 5,
        Verdict::Protected => 6,
        Verdict::Parked => 7,
    };
    let worst = digest.findings.first().map(|(_, severity)| *severity);
    (rank, digest.points, Reverse(worst), digest.domain.clone())
}

/// Reports that a document shows in full: some ten megabytes of them.
pub const MAX_DETAILED: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::samples;

    #[test]
    fn the_worst_comes_first() {
        let document = samples::all().into_iter().collect::<Document>();
        let order = document.worst_first();
        let domains = order.iter().map(|at| &*document.digests[*at].domain).collect::<Vec<_>>();
        assert_eq!(domains.first(), Some(&"hostile.example"));
        assert_eq!(domains.last(), Some(&"parked.example"));
    }

    #[test]
    fn keeps_a_bounded_number_in_full() {
        let reports = std::iter::repeat_with(samples::parked).take(MAX_DETAILED + 5);
        let document = reports.collect::<Document>();
        assert_eq!(document.len(), MAX_DETAILED + 5);
        assert_eq!(document.detailed().len(), MAX_DETAILED);
    }
}
