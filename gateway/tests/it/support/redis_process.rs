//! A `redis-server`, or what `REDIS_SERVER` names in its place, in a process of its own that does
//! not outlive its test.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use redis::{Cmd, FromRedisValue, RedisResult};
use saoma_load::ports;
use tempfile::TempDir;

/// Folder in memory. A Sentinel waits for the disk at each step of a failover, and one that waits for
/// two seconds is out of service for half a minute.
const MEMORY: &str = "/dev/shm";

/// Time limit for a server to complete a command or a start.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) struct RedisProcess {
    port: u16,
    arguments: Vec<String>,
    directory: TempDir,
    process: Option<Child>,
}

impl RedisProcess {
    /// Starts a server on a free port that keeps nothing on disk, with more arguments.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let port = ports::reserve().unwrap();
        let mut all = vec!["--port".to_owned(), port.to_string()];
        for argument in [
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--repl-diskless-sync-delay",
            "0",
        ] {
            all.push(argument.to_owned());
        }
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        Self::start_as(port, all)
    }

    /// Starts a server on a free port by a file of settings, in which Sentinels keep its role.
    pub(crate) fn start_by_file(settings: &str) -> Self {
        let port = ports::reserve().unwrap();
        let mut server = Self::at(port, vec!["redis.conf".into()]);
        let file = format!(
            "port {port}\nbind 127.0.0.1\nsave \"\"\nappendonly no\nrepl-diskless-sync-delay 0\n{settings}\n"
        );
        std::fs::write(server.directory().join("redis.conf"), file).unwrap();
        server.restart();
        server
    }

    /// Starts a Sentinel on a free port with these settings.
    pub(crate) fn start_sentinel(settings: &str) -> Self {
        let port = ports::reserve().unwrap();
        let arguments = vec!["sentinel.conf".into(), "--sentinel".into()];
        let mut sentinel = Self::at(port, arguments);
        if let Ok(in_memory) = TempDir::new_in(MEMORY) {
            sentinel.directory = in_memory;
        }
        let file = format!("port {port}\nbind 127.0.0.1\n{settings}\n");
        std::fs::write(sentinel.directory().join("sentinel.conf"), file).unwrap();
        sentinel.restart();
        sentinel
    }

    /// Starts a server that listens on this port by these arguments.
    pub(crate) fn start_as(port: u16, arguments: Vec<String>) -> Self {
        let mut server = Self::at(port, arguments);
        server.restart();
        server
    }

    fn at(port: u16, arguments: Vec<String>) -> Self {
        Self {
            port,
            arguments,
            directory: tempfile::tempdir().unwrap(),
            process: None,
        }
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// The server's own log.
    pub(crate) fn log(&self) -> PathBuf {
        self.directory.path().join("log")
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Returns true unless the server was killed.
    pub(crate) const fn runs(&self) -> bool {
        self.process.is_some()
    }

    pub(crate) fn process(&self) -> &Child {
        self.process.as_ref().expect("it runs")
    }

    /// Kills the server with SIGKILL. Its data is lost.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Starts an empty server on the same port.
    pub(crate) fn restart(&mut self) {
        self.kill();
        let program = std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".into());
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log())
            .unwrap();
        let process = Command::new(program)
            .args(&self.arguments)
            .current_dir(self.directory.path())
            .stdout(log)
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server is installed (`make setup` does it)");
        self.process = Some(process);
        until("redis-server answers", || self.answers());
    }

    /// Asks the server, where it listens without TLS and without a password.
    pub(crate) fn ask<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        ask(self.address(), command)
    }

    /// The same, with the command as words.
    pub(crate) fn tell<T: FromRedisValue>(&self, words: &str) -> T {
        let mut words = words.split(' ');
        let mut command = redis::cmd(words.next().unwrap());
        for word in words {
            command.arg(word);
        }
        self.ask(&command).unwrap()
    }

    /// Returns all keys without expiry.
    pub(crate) fn keys_without_end(&self) -> Vec<String> {
        let keys: Vec<String> = self.tell("KEYS *");
        keys.into_iter()
            .filter(|key| self.ask::<i64>(redis::cmd("TTL").arg(key)).unwrap() == -1)
            .collect()
    }

    /// A server that wants a password or TLS first answers as well: it refuses, or hangs up.
    fn answers(&self) -> bool {
        let asked = || {
            let mut stream = TcpStream::connect(self.address())?;
            stream.set_read_timeout(Some(Duration::from_secs(1)))?;
            stream.write_all(b"PING\r\n")?;
            stream.read(&mut [0; 64])
        };
        asked().map_or_else(
            |error: std::io::Error| error.kind() == ErrorKind::ConnectionReset,
            |_| true,
        )
    }
}

impl Drop for RedisProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Asks the server at this address.
pub(super) fn ask<T: FromRedisValue>(server: SocketAddr, command: &Cmd) -> RedisResult<T> {
    let client = redis::Client::open(format!("redis://{server}"))?;
    let mut connection = client.get_connection_with_timeout(Duration::from_secs(1))?;
    command.query(&mut connection)
}

/// Waits until this holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(
            started.elapsed() < COMMAND_TIMEOUT,
            "timed out waiting until {what}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}
