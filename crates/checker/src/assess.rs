//! From evidence to findings: pure functions, one file per section of the catalogue.
//!
//! One cause gives one finding, and what was not tested gives none.

mod body;
pub(crate) mod certificate;
mod dane;
pub(crate) mod history;
pub(crate) mod hosts;
mod mx_match;
pub(crate) mod mx_tls;
mod near;
mod operations;
mod policy_host;
mod providers;
mod tls_rpt;
mod txt;
mod untested;
pub mod view;

use crate::bulk::previous::PreviousRun;
use crate::evidence::Evidence;
use crate::finding::Finding;
use crate::report::NotTested;
use view::View;

/// What follows from a domain's evidence.
#[derive(Debug)]
pub struct Assessment<'a> {
    /// The policy as a sender sees it.
    pub view: View<'a>,
    /// Faults, worst first, then in the order of the catalogue.
    pub findings: Vec<Finding>,
    /// What was not tested, and why.
    pub not_tested: Vec<NotTested>,
}

/// Judges the evidence, against an earlier run if there is one.
pub fn assess<'a>(evidence: &'a Evidence, previous: Option<&PreviousRun>) -> Assessment<'a> {
    let view = View::of(evidence);
    let mut findings = Vec::new();
    if view.zone_is_bogus() {
        // Nothing else can be said of a zone that validating senders cannot resolve.
        findings.push(dane::bogus_zone(evidence));
    } else {
        findings.extend(txt::findings(&view));
        findings.extend(policy_host::findings(&view));
        findings.extend(body::findings(&view));
        findings.extend(mx_match::findings(&view));
        findings.extend(mx_tls::findings(&view));
        findings.extend(tls_rpt::findings(&view));
        findings.extend(dane::findings(&view));
        findings.extend(operations::findings(&view));
        if let Some(previous) = previous {
            let history = history::findings(&view, previous);
            findings.retain(|finding| !history::subsumes(&history, finding));
            findings.extend(history);
            history::harden(&view, previous, &mut findings);
        }
    }
    let not_tested = untested::list(&view);
    findings
        .sort_by(|a, b| b.severity.cmp(&a.severity).then(a.entry.section.cmp(&b.entry.section)));
    Assessment { view, findings, not_tested }
}
