//! The configuration, read again.

use super::ServeArgs;
use crate::config::hosting::settings::HostingSettings;
use crate::daemon;
use crate::failure::Failure;
use std::path::Path;

/// Reads it. A file that cannot be used changes nothing; what cannot change at run time is named.
pub(super) fn read(
    args: &ServeArgs,
    config: Option<&Path>,
    running: &HostingSettings,
) -> Option<HostingSettings> {
    let Some(path) = config else {
        tracing::warn!("there is no configuration file to read again");
        return None;
    };
    if daemon::is_blank(path) {
        // What an editor or a full disk leaves behind must not take anything away.
        tracing::error!(
            "{} is empty, and the configuration stays as it was; a restart goes back to the defaults",
            path.display()
        );
        return None;
    }
    match args.hosting.clone().settle_node(args.node.clone()) {
        Ok(read) => {
            tracing::info!("the configuration {} was read again", path.display());
            let fixed = running.fixed_differences(&read);
            if !fixed.is_empty() {
                tracing::warn!("what changed here holds from the next start: {}", fixed.join(", "));
            }
            Some(running.reloaded(read))
        }
        Err(failure) => {
            refused(&failure);
            None
        }
    }
}

/// Says why everything stays as it was.
pub(super) fn refused(failure: &Failure) {
    match failure {
        Failure::Usage(error) | Failure::CouldNotTest(error) => {
            tracing::error!("the configuration stays as it was: {error:#}");
        }
        Failure::ReaderGone | Failure::Interrupted(..) => {}
    }
}
