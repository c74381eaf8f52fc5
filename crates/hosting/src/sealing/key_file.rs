//! The file that sealing keys are kept in.

use super::{KEY, MAX_KEYS, SealError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::fs::OFlags;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretBox};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// The keys of a file that only its owner may read, newest first.
pub(super) fn read(path: &Path) -> Result<Vec<SecretBox<[u8; KEY]>>, SealError> {
    let file = open(path)?;
    check(path, &file)?;
    let mut text = Zeroizing::new(String::with_capacity(MAX_FILE));
    let limit = u64::try_from(MAX_FILE).unwrap_or(u64::MAX);
    file.take(limit).read_to_string(&mut text).map_err(|error| failed(path, &error))?;
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let keys = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let keys = keys
        .map(|(line, text)| {
            key(text).ok_or_else(|| SealError::Line { path: path.to_owned(), line })
        })
        .collect::<Result<Vec<_>, _>>()?;
    if (1..=MAX_KEYS).contains(&keys.len()) {
        Ok(keys)
    } else {
        Err(SealError::Count { path: path.to_owned(), count: keys.len() })
    }
}

/// Makes a file with this key unless there is one. It is there whole or not at all.
pub(super) fn make(path: &Path, key: &SecretBox<[u8; KEY]>) -> Result<(), SealError> {
    if fs::symlink_metadata(path).is_ok() {
        return Ok(());
    }
    let draft = path.with_extension(format!("new-{}", std::process::id()));
    let made = write(&draft, key).and_then(|()| match fs::hard_link(&draft, path) {
        // Another process was faster: its key is the one.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let removed = fs::remove_file(&draft);
    made.and(removed).and_then(|()| sync_folder(path)).map_err(|error| failed(path, &error))
}

fn open(path: &Path) -> Result<File, SealError> {
    // A link could be changed to lead elsewhere between two looks; a pipe would keep us waiting.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
    opened.map_err(|error| match error.kind() {
        ErrorKind::NotFound => SealError::Missing { path: path.to_owned() },
        _ if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) => {
            SealError::NoFile { path: path.to_owned(), what: "a symbolic link" }
        }
        _ => failed(path, &error),
    })
}

fn check(path: &Path, file: &File) -> Result<(), SealError> {
    let found = file.metadata().map_err(|error| failed(path, &error))?;
    let path = path.to_owned();
    if !found.is_file() {
        let what = if found.is_dir() { "a folder" } else { "a device or a pipe" };
        return Err(SealError::NoFile { path, what });
    }
    let own = found.uid() == rustix::process::geteuid().as_raw();
    let mode = found.mode() & 0o7777;
    // systemd.exec(5): a credential belongs to root, and an access control list lets the service
    // read it, which shows as a right of the group.
    let forbidden = if own { OTHERS } else { OTHERS_BUT_READERS };
    let closed = mode & forbidden == 0;
    match (own || found.uid() == ROOT, closed) {
        (false, _) => Err(SealError::Owner { path, owner: found.uid() }),
        (true, false) => Err(SealError::Open { path, mode }),
        (true, true) => Ok(()),
    }
}

fn key(text: &str) -> Option<SecretBox<[u8; KEY]>> {
    let octets = Zeroizing::new(STANDARD.decode(text).ok()?);
    let octets: &[u8; KEY] = octets.as_slice().try_into().ok()?;
    // Forgotten zeros are no key.
    (*octets != [0; KEY]).then(|| SecretBox::init_with(|| *octets))
}

fn write(path: &Path, key: &SecretBox<[u8; KEY]>) -> std::io::Result<()> {
    // What a process of the same number left behind, killed in between.
    let _ = fs::remove_file(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let mut line = Zeroizing::new(STANDARD.encode(key.expose_secret()));
    line.push('\n');
    file.write_all(line.as_bytes())?;
    file.sync_all()
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn failed(path: &Path, error: &std::io::Error) -> SealError {
    SealError::File { path: path.to_owned(), detail: error.to_string() }
}

const ROOT: u32 = 0;
/// What a group and everybody else may do with a file.
const OTHERS: u32 = 0o077;
/// The same without the group's right to read it.
const OTHERS_BUT_READERS: u32 = 0o037;
/// Room for every key with a comment of a line.
const MAX_FILE: usize = 16 * 1024;
