//! Listeners on TCP and on Unix sockets, opened here or taken over from the process that started this one.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixSocket, UnixStream};

use crate::settings::{ListenAddress, SocketMode};

/// A listener, before it serves.
#[derive(Debug)]
pub(crate) enum Listener {
    /// On an address and port.
    Tcp(TcpListener),
    /// On a Unix socket, whose file goes with it if this process made it.
    Unix {
        /// The listener.
        listener: UnixListener,
        /// Removes the file with it.
        _file: Option<SocketFile>,
    },
}

/// A connection that a listener has accepted.
#[derive(Debug)]
pub(crate) enum Accepted {
    /// With the address of its other end.
    Tcp(TcpStream, SocketAddr),
    /// Of a process on this machine.
    Unix(UnixStream),
}

/// Permissions of a Unix socket's file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SocketPermissions<'a> {
    /// Mode of its file. The bits to write decide who connects.
    pub mode: SocketMode,
    /// Its group, by name or number.
    pub group: Option<&'a str>,
}

impl Listener {
    /// Binds a listener. The kernel keeps `backlog` connections until they are accepted.
    ///
    /// # Errors
    /// The address is in use, or not this machine's; the socket's file cannot be made, or its group does not exist.
    pub(crate) fn bind(
        address: &ListenAddress,
        backlog: u32,
        permissions: SocketPermissions<'_>,
    ) -> io::Result<Self> {
        match address {
            ListenAddress::Tcp(address) => bind_tcp(*address, backlog).map(Self::Tcp),
            ListenAddress::Unix(path) => bind_unix(path, backlog, permissions),
        }
    }

    /// Returns the address, where a port that was left to the system is known.
    ///
    /// # Errors
    /// The system does not tell it.
    pub(crate) fn local_address(&self) -> io::Result<ListenAddress> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(ListenAddress::Tcp),
            Self::Unix { listener, .. } => {
                let address = listener.local_addr()?;
                let path = address.as_pathname().unwrap_or(Path::new("unnamed"));
                Ok(ListenAddress::Unix(path.to_owned()))
            }
        }
    }

    /// Accepts a connection.
    ///
    /// # Errors
    /// The connection has ended already, or the system has no more files.
    pub(crate) async fn accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok(Accepted::Tcp(stream, peer))
            }
            Self::Unix { listener, .. } => Ok(Accepted::Unix(listener.accept().await?.0)),
        }
    }
}

fn bind_tcp(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(backlog)
}

fn bind_unix(
    path: &Path,
    backlog: u32,
    permissions: SocketPermissions<'_>,
) -> io::Result<Listener> {
    let group = permissions.group.map(group_id).transpose()?;
    remove_abandoned(path)?;
    let socket = UnixSocket::new_stream()?;
    socket.bind(path)?;
    let file = SocketFile::at(path)?;
    // A connection is possible only after `listen`, so that no connection comes in with other permissions.
    if group.is_some() {
        chown(path, None, group)?;
    }
    fs::set_permissions(path, fs::Permissions::from_mode(permissions.mode.bits()))?;
    Ok(Listener::Unix {
        listener: socket.listen(backlog)?,
        _file: Some(file),
    })
}

/// Removes the socket of a process that ended without removing it. Another file is left alone, and so is a socket on which
/// a process listens: `bind` then fails.
fn remove_abandoned(path: &Path) -> io::Result<()> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    if !is_socket {
        return Ok(());
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        _ => Ok(()),
    }
}

/// Returns the number of a group, by its name in `/etc/group` or as it is written.
fn group_id(group: &str) -> io::Result<u32> {
    if let Ok(number) = group.parse() {
        return Ok(number);
    }
    let groups = fs::read_to_string("/etc/group")?;
    let number = groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let is_it = fields.next() == Some(group);
        let number = fields.nth(1)?;
        is_it.then(|| number.parse().ok()).flatten()
    });
    number.ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::NotFound,
            format!("/etc/group has no group {group:?}"),
        )
    })
}

/// The file of a Unix socket, removed when dropped unless another process has put one in its place.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    inode: u64,
}

impl SocketFile {
    fn at(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            inode: fs::symlink_metadata(path)?.ino(),
        })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|file| file.ino() == self.inode) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERMISSIONS: SocketPermissions<'static> = SocketPermissions {
        mode: SocketMode::DEFAULT,
        group: None,
    };

    #[tokio::test]
    async fn a_socket_takes_the_place_of_an_abandoned_one_and_of_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.sock");
        let bind = || Listener::bind(&ListenAddress::Unix(path.clone()), 8, PERMISSIONS);
        drop(std::os::unix::net::UnixListener::bind(&path).expect("it is free"));
        let listener = bind().expect("the other process has ended");
        let mode = fs::metadata(&path).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o660);
        let taken = bind().expect_err("a process listens there");
        assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
        drop(listener);
        assert!(!path.exists(), "it is removed at the end");
        fs::write(&path, "a file").expect("it is written");
        assert!(bind().is_err());
        assert_eq!(fs::read(&path).expect("it is left alone"), b"a file");
    }

    #[test]
    fn groups_are_found_by_name_and_number() {
        assert_eq!(group_id("root").expect("a group of every system"), 0);
        assert_eq!(group_id("1234").expect("a number"), 1234);
        assert!(group_id("no such group").is_err());
    }
}
