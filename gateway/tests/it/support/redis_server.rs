//! A Redis server of a test's own, on a free port.

use std::net::SocketAddr;

use super::redis_process::RedisProcess;

pub struct RedisServer(RedisProcess);

impl RedisServer {
    /// Starts a server and waits until it answers.
    pub fn start() -> Self {
        Self(RedisProcess::start(&[]))
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.0.port())
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Kills the server without a word. What it kept is lost.
    pub fn kill(&mut self) {
        self.0.kill();
    }

    /// Starts an empty server on the same port.
    pub fn restart(&mut self) {
        self.0.restart();
    }

    /// Ends the connections of all subscribers.
    pub fn drop_subscribers(&self) {
        let _: u32 = self.0.tell("CLIENT KILL TYPE pubsub");
    }

    /// Says something to the server.
    pub fn command(&self, words: &[&str]) {
        let (name, arguments) = words.split_first().unwrap();
        redis::cmd(name).arg(arguments).exec(&mut self.connection().unwrap()).unwrap();
    }

    /// Every key that would stay for ever.
    pub fn keys_without_end(&self) -> Vec<String> {
        let keys: Vec<String> = self.0.tell("KEYS *");
        keys.into_iter().filter(|key| self.0.ask::<i64>(redis::cmd("TTL").arg(key)).unwrap() == -1).collect()
    }
}
