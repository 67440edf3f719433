//! Processes of a test's own.

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
