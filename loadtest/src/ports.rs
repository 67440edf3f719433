//! Ports for the processes of tests, which parallel runs do not take from one another.
//!
//! A free port that is only looked up belongs to the first process that binds it. A reserved one is locked for all tests
//! and scripts of this project, and lies outside of the range from which the system gives outgoing connections theirs:
//! it stays free while a server of the test is restarted on it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Folder with a lock file per port. `loadtest/ports.sh` and the attack suite lock the same files.
pub const LOCKS: &str = "/tmp/saoma-ports";

/// First port that is reserved.
const FIRST: u16 = 10_000;

/// First port of outgoing connections, unless the system names another.
const USUAL_FIRST_OUTGOING: u16 = 32_768;

/// Ports that are tried before the machine counts as full.
const TRIES: usize = 10_000;

/// Addresses on which tests listen. Fault proxies have the second one.
const ADDRESSES: [Ipv4Addr; 2] = [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2)];

/// Locks of this process. The system releases them when it ends, even if it is killed.
static HELD: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// Reserves a free port for this process as long as it lives.
///
/// # Errors
/// Returns an error if no port is free, or if no port can be locked.
pub fn reserve() -> io::Result<u16> {
    let ports = ports();
    for _ in 0..TRIES {
        let port = fastrand::u16(ports.clone());
        if let Some(lock) = lock(port)
            && is_free(port)
        {
            let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
            held.push(lock);
            return Ok(port);
        }
    }
    let text = format!("no port of {ports:?} can be reserved: is {LOCKS} writable?");
    Err(io::Error::other(text))
}

/// Returns the ports below those of outgoing connections.
fn ports() -> Range<u16> {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let first_outgoing = range.split_whitespace().next();
    let first_outgoing = first_outgoing.and_then(|first| first.parse().ok());
    match first_outgoing {
        Some(first) if first > FIRST => FIRST..first,
        // On such a machine an outgoing connection may take any port.
        _ => FIRST..USUAL_FIRST_OUTGOING,
    }
}

/// Locks a port, or returns `None` if another process or test has it.
fn lock(port: u16) -> Option<File> {
    make_folder();
    let mut file = OpenOptions::new();
    file.write(true).create(true).truncate(false);
    let file = file.open(format!("{LOCKS}/{port}")).ok()?;
    file.try_lock().is_ok().then_some(file)
}

/// Makes the folder of locks, in which every user may lock ports.
fn make_folder() {
    #[cfg(unix)]
    if fs::create_dir(LOCKS).is_ok() {
        use std::os::unix::fs::PermissionsExt;
        let _ = fs::set_permissions(LOCKS, fs::Permissions::from_mode(0o1777));
    }
}

/// Returns true if no server listens on a port. Other programs know nothing of the locks.
fn is_free(port: u16) -> bool {
    let mut addresses = ADDRESSES.iter();
    addresses.all(|address| TcpListener::bind((*address, port)).is_ok())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::process::Command;

    use super::*;

    #[test]
    fn parallel_tests_reserve_different_ports_that_no_connection_takes() {
        let reserve_many = || -> Vec<u16> { (0..50).map(|_| reserve().unwrap()).collect() };
        let reserved: Vec<u16> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(reserve_many)).collect();
            let reserved = threads.into_iter().map(|thread| thread.join().unwrap());
            reserved.flatten().collect()
        });
        let different: HashSet<u16> = reserved.iter().copied().collect();
        assert_eq!(different.len(), 400);
        assert!(reserved.iter().all(|port| ports().contains(port)));
    }

    #[test]
    fn no_other_process_locks_a_reserved_port() {
        let port = reserve().unwrap();
        assert!(lock(port).is_none());
        let lock = format!("{LOCKS}/{port}");
        let another = Command::new("flock").args(["-n", &lock, "true"]).status();
        assert_eq!(another.unwrap().code(), Some(1));
    }

    #[test]
    fn a_port_with_a_listener_is_not_free() {
        for address in ADDRESSES {
            let listener = TcpListener::bind((address, reserve().unwrap())).unwrap();
            assert!(!is_free(listener.local_addr().unwrap().port()));
        }
    }
}
