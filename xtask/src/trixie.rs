//! A root file system of Debian 13 under `target/`, for the tests that need programs newer than
//! those of the machine: Postfix that knows TLS reports, Valkey, Pebble.

use crate::process;
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What is in it besides the bare system.
const PACKAGES: &[&str] = &["ca-certificates", "libtlsrpt0", "pebble", "postfix", "valkey-server"];

const MIRROR: &str = "http://deb.debian.org/debian";

/// Lists what was put in. It is there only when everything else is.
const LIST: &str = "packages";

/// Sees to it that `target/trixie` below `root` is there and whole.
pub(crate) fn ensure(root: &Path) -> Result<()> {
    let place = root.join("target/trixie");
    if is_whole(&place) {
        return Ok(());
    }
    if !fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) {
        bail!("{} is missing, and only root can make it: {}", place.display(), recipe(&place));
    }
    println!("making {}: Debian 13 with {}", place.display(), PACKAGES.join(", "));
    let under_way = root.join(format!("target/trixie-{}", std::process::id()));
    remove(&under_way)?;
    fs::create_dir_all(&under_way)?;
    let made = make(&under_way).and_then(|()| {
        // What is older, or was cut short by hand, gives way.
        remove(&place)?;
        let moved = fs::rename(&under_way, &place);
        moved.with_context(|| format!("cannot move it to {}", place.display()))
    });
    match made {
        // Somebody else was faster.
        Err(_) if is_whole(&place) => remove(&under_way),
        Err(error) => {
            remove(&under_way)?;
            Err(error)
        }
        Ok(()) => Ok(()),
    }
}

fn make(place: &Path) -> Result<()> {
    let arguments = arguments(place);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    process::run(&mut process::command("debootstrap", &arguments, place))?;
    // What was installed need not be kept twice.
    remove(&place.join("var/cache/apt/archives"))?;
    remove(&place.join("var/lib/apt/lists"))?;
    Ok(fs::write(place.join(LIST), list())?)
}

fn arguments(place: &Path) -> Vec<String> {
    [
        "--variant=minbase".to_owned(),
        format!("--include={}", PACKAGES.join(",")),
        "trixie".to_owned(),
        place.display().to_string(),
        MIRROR.to_owned(),
    ]
    .into()
}

fn recipe(place: &Path) -> String {
    format!("debootstrap {}", arguments(place).join(" "))
}

fn is_whole(place: &Path) -> bool {
    fs::read_to_string(place.join(LIST)).is_ok_and(|found| found == list())
}

fn list() -> String {
    PACKAGES.join("\n") + "\n"
}

/// Removes a folder, if it is there.
fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_with_another_list_is_not_whole() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_whole(folder.path()));
        fs::write(folder.path().join(LIST), "postfix\n").unwrap();
        assert!(!is_whole(folder.path()));
        fs::write(folder.path().join(LIST), list()).unwrap();
        assert!(is_whole(folder.path()));
    }

    #[test]
    fn the_recipe_is_what_is_run() {
        let recipe = recipe(Path::new("/somewhere/target/trixie"));
        assert_eq!(
            recipe,
            "debootstrap --variant=minbase --include=ca-certificates,libtlsrpt0,pebble,postfix,valkey-server \
             trixie /somewhere/target/trixie http://deb.debian.org/debian"
        );
    }
}
