//! The steps from one form of a hosting database to the next.

/// A step, as each engine takes it.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

macro_rules! step {
    ($name:literal) => {
        Step {
            name: $name,
            sqlite: include_str!(concat!("../../migrations/hosting/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../migrations/hosting/postgres/", $name, ".sql")),
        }
    };
}

/// In their order. What has been released is never changed; new ones go to the end. What a step
/// brings is listed in [`crate::hosting::transfer`] too, or it gets lost on the way into another
/// database.
pub(super) const STEPS: &[Step] = &[
    step!("0001_hosting"),
    step!("0002_certificates"),
    step!("0003_observations"),
    step!("0004_former_mx"),
];
