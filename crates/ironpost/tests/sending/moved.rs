//! Programs that look at a clock of ours.

use crate::namespace::Namespace;
use crate::programs::program;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// A command that will run in a namespace, and find `variables` in its environment. Those that lead
/// there do not: each would leave something of faketime(1) behind.
pub(crate) fn command(
    namespace: &Namespace,
    variables: &[(&'static str, OsString)],
    path: &Path,
) -> Command {
    let mut command = namespace.command(&program("unshare"));
    command.args(["--mount", "--propagation", "private", "sh", "-c", ENTER, "sh"]);
    for (name, value) in variables {
        let mut setting = OsString::from(name);
        setting.push("=");
        setting.push(value);
        command.arg(setting);
    }
    command.arg(path);
    command
}

/// What faketime(1) leaves in shared memory goes with the program.
const ENTER: &str = r#"mount -t tmpfs tmpfs /dev/shm && exec env "$@""#;
