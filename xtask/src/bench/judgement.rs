//! Medians, and what is said of a figure of which something is wanted.

/// What is wanted, and whether it is missed.
pub(crate) fn judged(met: bool, wanted: &str) -> String {
    if met { wanted.to_owned() } else { format!("{wanted} MISSED") }
}

/// The value in the middle; the lower one of two. Zero of none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}
