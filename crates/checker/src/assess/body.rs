//! The policy file.

use super::view::View;
use crate::finding::Finding;
use crate::lint::{self, BodyContext};

pub(super) fn findings(view: &View<'_>) -> Vec<Finding> {
    let orphan = view.evidence.record.set.candidates.is_empty() && !view.is_published();
    let Some(body) = view.body.as_ref().filter(|_| !orphan) else { return Vec::new() };
    let hosts: Vec<_> = view.hosts().iter().filter_map(|host| host.seen.name.to_domain()).collect();
    let context = BodyContext {
        domain: Some(&view.evidence.domain),
        hosts: &hosts,
        suggested_id: Some(&view.fresh_id()),
    };
    lint::body_findings(&body.parsed, body.bytes, &context)
}
