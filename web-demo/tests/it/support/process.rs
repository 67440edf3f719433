//! A hall as a process of its own, which can be stopped, killed, and started again on the same folder.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::Visitor;

/// The running process. Dropping it kills it.
pub struct Process {
    child: Child,
    /// The portal's origin.
    pub portal: String,
    /// The phone app's origin.
    pub phone: String,
    /// The gateway's origin.
    pub gateway: String,
}

impl Process {
    /// Starts one on this folder; returns when it accepts connections.
    pub fn start(data: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_saoma-demo"))
            .args([
                "--gateway",
                "127.0.0.1:0",
                "--portal",
                "127.0.0.1:0",
                "--phone",
                "127.0.0.1:0",
                "--data",
            ])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        let mut origin = |face: &str| {
            let origin = lines.find_map(|line| {
                line.strip_prefix(face)
                    .map(|origin| origin.trim().to_owned())
            });
            origin.expect("the announcement names each face in this order")
        };
        let (portal, phone, gateway) = (origin("portal "), origin("phone "), origin("gateway "));
        lines
            .find(|line| line == "ready")
            .expect("the hall to be ready");
        // The rest of the output has nobody to read it.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            portal,
            phone,
            gateway,
        }
    }

    /// Somebody at a computer.
    pub fn at_the_portal(&self) -> Visitor {
        Visitor::new(&self.portal)
    }

    /// Somebody with a phone.
    pub fn on_the_phone(&self) -> Visitor {
        Visitor::new(&self.phone)
    }

    /// The code in the last short message to this phone.
    pub async fn code_sent_to(&self, phone: &str) -> String {
        self.at_the_portal()
            .get("/developer/messages")
            .await
            .code_sent_to(phone)
    }

    /// Asks it to end, as a service manager does, and waits until it has.
    pub fn stop(&mut self) {
        let asked = Command::new("sh")
            .args(["-c", "kill -TERM \"$0\"", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(asked.success());
        assert!(self.child.wait().unwrap().success());
    }

    /// Ends it in the middle of whatever it does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
