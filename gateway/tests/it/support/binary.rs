//! The binary `saoma` in a process of its own, which does not outlive its test.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::{World, signal};

/// Time in which a busy machine starts a node.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Binary {
    process: Child,
    log: Receiver<Value>,
}

impl Binary {
    /// Returns the command that serves a world's settings, with the log as JSON.
    pub(crate) fn command(world: &World) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saoma"));
        command
            .args(["serve", "--log-format", "json", "--config"])
            .arg(world.settings_file())
            .env_clear();
        command
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let (sender, log) = channel();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // Other programs of the command write lines of their own.
                let line: Value = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { process, log }
    }

    /// Waits for the log line of this message, and returns its fields.
    pub(crate) fn logged(&self, message: &str) -> Value {
        let mut other = Vec::new();
        loop {
            match self.log.recv_timeout(PATIENCE) {
                Ok(line) => {
                    let said = line["fields"]["message"].as_str();
                    if said.is_some_and(|said| said.starts_with(message)) {
                        return line["fields"].clone();
                    }
                    other.push(line.to_string());
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("it did not say {message:?} but:\n{}", other.join("\n"))
                }
            }
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(&self.process, name);
    }

    /// Waits for its end, and returns its exit code.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The URL of an address that a node has logged.
pub(crate) fn plain_url(address: &Value) -> Url {
    Url::parse(&format!("http://{}", address.as_str().unwrap())).unwrap()
}
