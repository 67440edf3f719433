//! A node in a process of its own, as operators start it.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use saoma_load::ports;
use url::Url;

use super::World;

/// On a busy machine a start takes seconds.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A running node. It ends when dropped.
pub(crate) struct NodeProcess {
    process: Child,
    pub(crate) url: Url,
    pub(crate) operations: Url,
}

impl NodeProcess {
    /// Starts a node of this world with these environment variables, and returns once it is ready. Its log is `node.log`.
    pub(crate) async fn start(world: &World, environment: &[(&str, &str)]) -> Self {
        let listen = || format!("127.0.0.1:{}", ports::reserve().unwrap());
        let (public, operations) = (listen(), listen());
        let process = Command::new(env!("CARGO_BIN_EXE_saoma"))
            .env_clear()
            .envs(environment.iter().copied())
            .args(["serve", "--config"])
            .arg(world.settings_file())
            .args(["--listen", &public, "--operations-listen", &operations])
            .stderr(File::create(world.path("node.log")).unwrap())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let url = |address: &str| Url::parse(&format!("http://{address}")).unwrap();
        let node = Self {
            process,
            url: url(&public),
            operations: url(&operations),
        };
        let log = world.path("node.log");
        let serves = async {
            while !std::fs::read_to_string(&log).is_ok_and(|log| log.contains("serving")) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(START_TIMEOUT, serves)
            .await
            .expect("it serves");
        node
    }

    /// Returns the metrics, in the format that `Accept` asks for.
    pub(crate) async fn metrics(&self, accept: &str) -> reqwest::Response {
        let url = self.operations.join("/metrics").unwrap();
        let request = reqwest::Client::new().get(url).header("accept", accept);
        request.send().await.unwrap()
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
