//! Every folder of `fixtures/scenarios/` is complete.

use super::Fault;
use super::files::Source;
use std::collections::{BTreeMap, BTreeSet};

/// Where scenarios live.
const FOLDER: &str = "fixtures/scenarios/";

/// What each scenario has, and why.
const PARTS: &[(&str, &str)] = &[
    ("zone", "a domain without DNS is no domain"),
    ("expect.toml", "nobody could say whether a check is right"),
];

/// A fault for each part that a scenario lacks.
pub(crate) fn faults(sources: &[Source]) -> Vec<Fault> {
    let mut scenarios: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut faults = Vec::new();
    for path in sources.iter().filter_map(|source| source.path.strip_prefix(FOLDER)) {
        if let Some((scenario, file)) = path.split_once('/') {
            scenarios.entry(scenario).or_default().insert(file);
        }
    }
    for (scenario, files) in scenarios {
        for (part, why) in PARTS {
            if !files.contains(part) {
                let place = format!("{FOLDER}{scenario}");
                faults.push(Fault::new(place, format!("has no {part}: {why}")));
            }
        }
    }
    faults
}
