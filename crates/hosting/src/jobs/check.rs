//! Checking a domain.

use super::{Jobs, Outcome};
use crate::checks::CheckError;
use ironpost_store::StoreError;
use ironpost_store::hosting::domains::Hosted;
use std::time::Duration;

impl Jobs {
    pub(super) async fn check(&self, hosted: &Hosted) -> Result<Outcome, StoreError> {
        let now = self.clock.now();
        match self.checks.check(hosted, now).await {
            Ok(checked) => Ok(Outcome { next: checked.next, note: None }),
            Err(CheckError::Network(error)) => {
                Ok(Outcome { next: Some(now.after(RETRY)), note: Some(error.to_string()) })
            }
            Err(CheckError::Store(error)) => Err(error),
        }
    }
}

/// How soon a check is tried again that could not be made.
const RETRY: Duration = Duration::from_mins(10);
