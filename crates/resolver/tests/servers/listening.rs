//! Where servers listen.

use ironpost_resolver::server::listen::{Access, Address, ListenError, Listener, bind};
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use tempfile::TempDir;

const ACCESS: Access = Access { mode: 0o600, group: None };

fn unix(path: &Path) -> Result<Listener, ListenError> {
    bind(&Address::Unix(path.to_owned()), &ACCESS)
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn a_socket_nobody_listens_on_is_replaced() {
    let folder = folder();
    let path = folder.path().join("socket");
    // Gone without removing it, as after a kill -9.
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let listener = unix(&path).unwrap();
    assert!(UnixStream::connect(&path).is_ok());
    drop(listener);
    assert!(!path.exists(), "it goes with the listener");
}

#[tokio::test]
async fn a_socket_somebody_listens_on_is_left_alone() {
    let folder = folder();
    let path = folder.path().join("socket");
    let listener = unix(&path).unwrap();
    assert!(matches!(unix(&path), Err(ListenError::InUse)));
    // A listener that is too busy to accept is one too.
    let busy = folder.path().join("busy");
    let _busy = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None)
        .and_then(|socket| {
            socket.bind(&socket2::SockAddr::unix(&busy)?)?;
            socket.listen(0)?;
            Ok(socket)
        })
        .unwrap();
    let _waiting = UnixStream::connect(&busy).unwrap();
    assert!(matches!(unix(&busy), Err(ListenError::InUse)));
    assert!(UnixStream::connect(&path).is_ok());
    drop(listener);
}

#[tokio::test]
async fn files_that_are_no_sockets_are_left_alone() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "precious").unwrap();
    let link = folder.path().join("link");
    symlink(&file, &link).unwrap();
    for path in [&file, &link, &folder.path().to_owned()] {
        assert!(matches!(unix(path), Err(ListenError::NotASocket)), "{}", path.display());
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let folder = folder();
    let missing = folder.path().join("missing");
    let error = unix(&missing.join("socket")).unwrap_err();
    assert_eq!(error.to_string(), format!("there is no folder {}", missing.display()));
    let error = unix(&folder.path().join("x".repeat(110))).unwrap_err();
    assert_eq!(error.to_string(), "the path is longer than 107 octets");
}

#[tokio::test]
async fn mode_and_group_are_as_asked_whatever_the_umask() {
    let folder = folder();
    let own = fs::metadata(folder.path()).unwrap().gid();
    for mode in [0o600, 0o660, 0o666, 0o777] {
        let path = folder.path().join(format!("{mode:o}"));
        let access = Access { mode, group: Some(own) };
        let _listener = bind(&Address::Unix(path.clone()), &access).unwrap();
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o7777, mode);
        assert_eq!(metadata.gid(), own);
    }
}

#[tokio::test]
async fn a_socket_that_is_anothers_by_now_is_not_removed() {
    let folder = folder();
    let path = folder.path().join("socket");
    let first = unix(&path).unwrap();
    fs::rename(&path, folder.path().join("aside")).unwrap();
    let _second = unix(&path).unwrap();
    drop(first);
    assert!(UnixStream::connect(&path).is_ok());
}

#[tokio::test]
async fn a_port_in_use_is_told() {
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = bind(&Address::Inet(free), &ACCESS).unwrap();
    let shown = listener.to_string();
    let address = shown.strip_prefix("inet:").unwrap().parse().unwrap();
    let error = bind(&Address::Inet(address), &ACCESS).unwrap_err();
    assert_eq!(error.to_string(), "another program listens there");
    let elsewhere = SocketAddr::from(([192, 0, 2, 1], 0));
    let error = bind(&Address::Inet(elsewhere), &ACCESS).unwrap_err();
    assert!(matches!(error, ListenError::System { step: "binding", .. }), "{error:?}");
}

#[tokio::test]
async fn a_socket_handed_over_is_served_and_left_behind() {
    let folder = folder();
    let path = folder.path().join("socket");
    let handed = UnixListener::bind(&path).unwrap();
    handed.set_nonblocking(true).unwrap();
    let listener = Listener::Unix(tokio::net::UnixListener::from_std(handed).unwrap(), None);
    assert_eq!(listener.to_string(), format!("unix:{}", path.display()));
    drop(listener);
    assert!(path.exists());
}
