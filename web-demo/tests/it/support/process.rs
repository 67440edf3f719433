//! A hall as a process of its own, which can be stopped, killed, and started again on the same
//! folder.

use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::Site;

/// The running process. Dropping it kills it.
pub(crate) struct Process {
    child: Child,
    site: Site,
}

impl Deref for Process {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl Process {
    /// Starts one on this folder; returns when it accepts connections.
    pub(crate) async fn start(data: &Path) -> Self {
        let mut command = command(data);
        command.stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut lines = lines.map(Result::unwrap);
        let faces = ["portal ", "phone ", "gateway "].map(|face| {
            let origin = lines.find_map(|line| Some(line.strip_prefix(face)?.trim().to_owned()));
            origin.expect("the announcement names each face in this order")
        });
        let messages = lines.find(|line| line.contains("/developer/messages"));
        let ready = lines.find(|line| line == "ready");
        ready.expect("the hall to be ready");
        // An unread pipe would fill up and stop the process.
        std::thread::spawn(move || lines.for_each(drop));
        let site = Site::new(faces, messages.as_deref(), data).await;
        Self { child, site }
    }

    /// Starts one that does not get ready. Returns its last words.
    pub(crate) fn refused(data: &Path) -> String {
        let output = command(data).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }

    /// Asks it to end, as a service manager does, and waits until it has.
    pub(crate) fn stop(&mut self) {
        let terminate = ["-c", "kill -TERM \"$0\"", &self.child.id().to_string()];
        let asked = Command::new("sh").args(terminate).status().unwrap();
        assert!(asked.success());
        assert!(self.child.wait().unwrap().success());
    }

    /// Ends it without notice.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saoma-demo"));
    for listener in ["--gateway", "--portal", "--phone"] {
        command.args([listener, "127.0.0.1:0"]);
    }
    command.arg("--data").arg(data);
    command
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
