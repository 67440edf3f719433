//! A Redis server that ends with its test.

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use saoma_load::ports;
use tempfile::TempDir;

pub(crate) struct RedisServer {
    port: u16,
    process: Child,
    _directory: TempDir,
}

impl RedisServer {
    /// Starts a server and waits until it accepts connections.
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = ports::reserve().unwrap();
        let mut command =
            Command::new(std::env::var_os("REDIS_SERVER").unwrap_or_else(|| "redis-server".into()));
        command.args([
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--port",
            &port.to_string(),
        ]);
        let process = command
            .current_dir(directory.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self {
            port,
            process,
            _directory: directory,
        };
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                Instant::now() < until,
                "Redis accepts no connections on port {port}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
