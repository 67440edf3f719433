//! A Redis server on a Unix socket.

use tempfile::TempDir;

use super::redis_process::RedisProcess;

pub(crate) struct RedisUnix {
    _server: RedisProcess,
    directory: TempDir,
}

impl RedisUnix {
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("redis.sock");
        let socket = socket.to_str().unwrap();
        Self {
            _server: RedisProcess::start(&["--unixsocket", socket, "--unixsocketperm", "600"]),
            directory,
        }
    }

    pub(crate) fn url(&self) -> String {
        let socket = self.directory.path().join("redis.sock");
        format!("redis+unix://{}", socket.display())
    }
}
