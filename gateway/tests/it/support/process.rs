//! Processes of a test's own.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command};

/// Sends a process a signal, such as `STOP`.
pub(crate) fn signal(process: &Child, name: &str) {
    let kill = format!("kill -{name} {}", process.id());
    assert!(
        Command::new("sh")
            .args(["-c", &kill])
            .status()
            .unwrap()
            .success()
    );
}

/// A free port outside of the range from which the system gives outgoing connections theirs: a
/// server that is restarted finds it free.
pub(crate) fn quiet_port() -> u16 {
    let mut ports = std::iter::repeat_with(|| fastrand::u16(20_000..32_000));
    ports
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .unwrap()
}
