//! A Redis server of a test's own, on a free port.

use std::net::SocketAddr;

use saoma_load::ports;

use super::process::signal;
use super::redis_process::{RedisProcess, until};

pub(crate) struct RedisServer(RedisProcess);

impl RedisServer {
    /// Starts a server and waits until it answers.
    pub(crate) fn start() -> Self {
        Self(RedisProcess::start(&[]))
    }

    /// Starts a server that loses nothing when it is killed.
    pub(crate) fn start_durable() -> Self {
        let port = ports::reserve().unwrap();
        let arguments =
            format!("--port {port} --bind 127.0.0.1 --save  --appendonly yes --appendfsync always");
        Self(RedisProcess::start_as(
            port,
            arguments.split(' ').map(str::to_owned).collect(),
        ))
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.0.port())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Kills the server with SIGKILL. Its data is lost, unless it is durable.
    pub(crate) fn kill(&mut self) {
        self.0.kill();
    }

    /// Starts the server on the same port: empty, unless it is durable.
    pub(crate) fn restart(&mut self) {
        self.0.restart();
    }

    /// Sends the process a signal, such as `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.0.process(), name);
    }

    /// Ends the connections of all subscribers.
    pub(crate) fn drop_subscribers(&self) {
        let mut kill = redis::cmd("CLIENT");
        kill.arg("KILL").arg("TYPE").arg("pubsub");
        // On a busy machine it may take more than the second that a command is given.
        until("the subscribers are gone", || {
            self.0.ask::<u32>(&kill).is_ok()
        });
    }

    /// Sends a command to the server.
    pub(crate) fn command(&self, words: &[&str]) {
        let (name, arguments) = words.split_first().unwrap();
        self.0
            .ask::<redis::Value>(redis::cmd(name).arg(arguments))
            .unwrap();
    }

    /// Returns the number of scripts that the server has run.
    pub(crate) fn script_calls(&self) -> u64 {
        let stats: String = self.0.ask(redis::cmd("INFO").arg("commandstats")).unwrap();
        let calls = |name: &str| {
            let line = stats.lines().find_map(|line| line.strip_prefix(name));
            let calls = line.and_then(|line| line.strip_prefix(":calls=")?.split(',').next());
            calls.map_or(0, |calls| calls.parse::<u64>().unwrap())
        };
        calls("cmdstat_eval") + calls("cmdstat_evalsha")
    }

    /// Returns the keys of this pattern.
    pub(crate) fn keys(&self, pattern: &str) -> Vec<String> {
        self.0.tell(&format!("KEYS {pattern}"))
    }

    /// Returns a field of a hash.
    pub(crate) fn field(&self, key: &str, field: &str) -> Option<String> {
        self.0.tell(&format!("HGET {key} {field}"))
    }

    /// Returns the time that a key has left, in milliseconds.
    pub(crate) fn milliseconds_left(&self, key: &str) -> i64 {
        self.0.tell(&format!("PTTL {key}"))
    }

    /// Returns all keys without expiry.
    pub(crate) fn keys_without_end(&self) -> Vec<String> {
        self.0.keys_without_end()
    }
}
