//! Unix sockets in the file system: a stale one gives way, a live one does not.

use super::{Access, BACKLOG, ListenError, MAX_PATH};
use socket2::{Domain, SockAddr, Socket, Type};
use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use tokio::net::{UnixListener, UnixSocket};

/// The file of a socket of ours: removed when this is dropped, unless it is another's by then.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    /// Device and inode.
    identity: (u64, u64),
}

impl SocketFile {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::symlink_metadata(path)?;
        Ok(Self { path: path.to_owned(), identity: identity(&metadata) })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let still_ours = fs::symlink_metadata(&self.path)
            .is_ok_and(|metadata| identity(&metadata) == self.identity);
        if still_ours {
            // A folder that may no longer be written to: the next start replaces the file.
            let _ = fs::remove_file(&self.path);
        }
    }
}

pub(super) fn bind(
    path: &Path,
    access: &Access,
) -> Result<(UnixListener, SocketFile), ListenError> {
    if path.as_os_str().as_bytes().len() > MAX_PATH {
        return Err(ListenError::PathTooLong);
    }
    make_way(path)?;
    let failed = |step| move |source| ListenError::system(step, source);
    let socket = UnixSocket::new_stream().map_err(failed("making a socket"))?;
    socket.bind(path).map_err(|source| match (source.kind(), path.parent()) {
        (io::ErrorKind::NotFound, Some(folder)) => ListenError::NoFolder(folder.to_owned()),
        _ => ListenError::system("binding", source),
    })?;
    let file = SocketFile::of(path).map_err(failed("binding"))?;
    // Before `listen`, connections are refused: nobody gets in ahead of mode and group.
    if access.group.is_some() {
        chown(path, None, access.group)
            .map_err(|source| ListenError::Access { what: "group", source })?;
    }
    fs::set_permissions(path, Permissions::from_mode(access.mode))
        .map_err(|source| ListenError::Access { what: "mode", source })?;
    let listener = socket.listen(BACKLOG).map_err(failed("listening"))?;
    Ok((listener, file))
}

/// Removes a socket that nobody listens on.
fn make_way(path: &Path) -> Result<(), ListenError> {
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        // A missing folder is told when the socket is bound.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(ListenError::system("looking for an older socket", source)),
    };
    if !kind.is_socket() {
        return Err(ListenError::NotASocket);
    }
    if is_alive(path) {
        return Err(ListenError::InUse);
    }
    fs::remove_file(path).map_err(|source| {
        ListenError::system("removing the socket of a process that is gone", source)
    })
}

/// True unless connecting is refused: a listener may be busy, or may not be ours to talk to.
fn is_alive(path: &Path) -> bool {
    let connected = SockAddr::unix(path).and_then(|address| {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.connect(&address)
    });
    !connected.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}
