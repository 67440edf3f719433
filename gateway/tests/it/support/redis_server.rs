//! A Redis server of a test's own, on a free port.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub struct RedisServer {
    port: u16,
    process: Option<Child>,
    /// Where it keeps what it is told, if it does.
    kept: Option<TempDir>,
}

impl RedisServer {
    /// Starts a server and waits until it answers.
    pub fn start() -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut server = Self { port, process: None, kept: None };
        server.restart();
        server
    }

    /// Starts a server that loses nothing when it is killed, on a port that no connection takes while it is away.
    pub fn start_durable() -> Self {
        let mut server = Self { port: quiet_port(), process: None, kept: Some(tempfile::tempdir().unwrap()) };
        server.restart();
        server
    }

    pub const fn address(&self) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), self.port)
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills the server without a word. What it kept is lost, unless it is durable.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Starts the server on the same port: empty, unless it is durable.
    pub fn restart(&mut self) {
        self.kill();
        let mut command = Command::new("redis-server");
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
        match &self.kept {
            Some(folder) => {
                command.arg("--dir").arg(folder.path()).args(["--appendonly", "yes"]).args(["--appendfsync", "always"])
            }
            None => command.args(["--appendonly", "no"]),
        };
        let process = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server is installed (`make setup` does it)");
        self.process = Some(process);
        let started = Instant::now();
        while self.ping().is_err() {
            assert!(started.elapsed() < Duration::from_secs(10), "redis-server does not answer");
            std::thread::yield_now();
        }
    }

    /// Sends the process a signal, such as `STOP`.
    pub fn signal(&self, name: &str) {
        signal(self.process.as_ref().expect("it runs"), name);
    }

    /// Ends every subscription.
    pub fn kill_subscriptions(&self) {
        let killed = self.connection().and_then(|mut connection| {
            redis::cmd("CLIENT").arg(&["KILL", "TYPE", "pubsub"]).query::<u64>(&mut connection)
        });
        killed.unwrap();
    }

    /// Every key that would stay for ever.
    pub fn keys_without_end(&self) -> Vec<String> {
        let mut connection = self.connection().unwrap();
        let keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut connection).unwrap();
        let endless = |key: &String| redis::cmd("TTL").arg(key).query::<i64>(&mut connection).unwrap() == -1;
        let mut endless = endless;
        keys.into_iter().filter(|key| endless(key)).collect()
    }

    fn connection(&self) -> redis::RedisResult<redis::Connection> {
        redis::Client::open(self.url())?.get_connection_with_timeout(Duration::from_secs(1))
    }

    fn ping(&self) -> redis::RedisResult<()> {
        redis::cmd("PING").query(&mut self.connection()?)
    }
}

/// Sends a process a signal, such as `STOP`.
pub fn signal(process: &Child, name: &str) {
    let kill = format!("kill -{name} {}", process.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

/// A free port outside of the range from which the system gives outgoing connections theirs: a server that is
/// restarted finds it free.
pub fn quiet_port() -> u16 {
    let mut ports = std::iter::repeat_with(|| fastrand::u16(20_000..32_000));
    ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).unwrap()
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
