//! Gateway nodes as processes that can be killed, drained and restarted.

use std::fs::{File, OpenOptions};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use saoma_load::ports;
use tokio::time::sleep;
use url::Url;

use crate::support::{World, signal};

/// Interval at which ended nodes are restarted, as an orchestrator does.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Time in which a node becomes ready while other faults are injected.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Time in which a node drains: its drain window and a margin.
const DRAINED_WITHIN: Duration = Duration::from_secs(10);

/// A node, running or stopped.
pub(super) struct NodeProcess {
    settings: PathBuf,
    store_url: String,
    address: SocketAddr,
    operations: SocketAddr,
    log: PathBuf,
    process: Option<Child>,
}

impl NodeProcess {
    /// Starts a node with these settings on this store.
    pub(super) fn start(world: &World, settings: &Path, number: usize, store_url: String) -> Self {
        let free = || SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), ports::reserve().unwrap());
        let mut node = Self {
            settings: settings.to_owned(),
            store_url,
            address: free(),
            operations: free(),
            log: world.path(&format!("node-{number}.log")),
            process: None,
        };
        node.spawn();
        node
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn operations(&self) -> Operations {
        Operations(Url::parse(&format!("http://{}", self.operations)).unwrap())
    }

    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    /// Restarts the node if it has ended.
    ///
    /// # Errors
    ///
    /// Returns a message if the node ended by itself, except for a failed start.
    pub(super) fn restart_if_ended(&mut self) -> Result<(), String> {
        let Some(process) = &mut self.process else {
            self.spawn();
            return Ok(());
        };
        let Some(status) = process.try_wait().unwrap() else {
            return Ok(());
        };
        self.spawn();
        // A node does not start without its store.
        if status.code() == Some(1) {
            Ok(())
        } else {
            Err(format!("a node ended by itself with {status}"))
        }
    }

    /// Kills the node with SIGKILL.
    pub(super) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Drains the node by SIGTERM and waits for its end.
    pub(super) async fn drain(&mut self) -> Result<(), String> {
        let Some(mut process) = self.process.take() else {
            return Ok(());
        };
        signal(&process, "TERM");
        let asked = Instant::now();
        loop {
            match process.try_wait().unwrap() {
                Some(status) if status.success() || ended_during_start(status) => return Ok(()),
                Some(status) => {
                    return Err(format!("a node that was asked to stop ended with {status}"));
                }
                None if asked.elapsed() < DRAINED_WITHIN => sleep(POLL_INTERVAL).await,
                None => {
                    process.kill().unwrap();
                    process.wait().unwrap();
                    return Err("a node that was asked to stop did not end".into());
                }
            }
        }
    }

    fn spawn(&mut self) {
        let log: File = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .unwrap();
        // `SAOMA` names another build to test.
        let binary = std::env::var("SAOMA").unwrap_or_else(|_| env!("CARGO_BIN_EXE_saoma").into());
        let process = Command::new(binary)
            .env_clear()
            .args(["serve", "--config"])
            .arg(&self.settings)
            .args([
                "--listen",
                &self.address.to_string(),
                "--operations-listen",
                &self.operations.to_string(),
            ])
            .args(["--store-url", &self.store_url])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        self.process = Some(process.unwrap());
    }
}

/// Returns true if SIGTERM came before the signal handler, or the node could not start without its
/// store.
fn ended_during_start(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.code() == Some(1) || status.signal() == Some(15)
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// All nodes of a run.
pub(super) struct Nodes(pub(super) Vec<NodeProcess>);

impl Nodes {
    /// Waits for `time` and restarts nodes that end meanwhile.
    pub(super) async fn supervise(&mut self, time: Duration) -> Result<(), String> {
        let until = Instant::now() + time;
        loop {
            self.0
                .iter_mut()
                .try_for_each(NodeProcess::restart_if_ended)?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            sleep(left.min(POLL_INTERVAL)).await;
        }
    }

    /// Waits until all nodes are ready.
    pub(super) async fn ready(&mut self) -> Result<(), String> {
        let asked = Instant::now();
        loop {
            let mut ready = true;
            for node in &self.0 {
                ready &= node.operations().is_ready().await;
            }
            if ready {
                return Ok(());
            }
            if asked.elapsed() > READY_WITHIN {
                return Err("a node did not get ready".into());
            }
            self.supervise(POLL_INTERVAL).await?;
        }
    }
}

/// Client of a node's operations listener.
pub(super) struct Operations(Url);

impl Operations {
    async fn is_ready(&self) -> bool {
        let asked = reqwest::get(self.0.join("/ready").unwrap()).await;
        asked.is_ok_and(|answer| answer.status().is_success())
    }

    /// Number of sockets that the node holds open.
    pub(super) async fn sockets_open(&self) -> Option<u64> {
        let metrics = reqwest::get(self.0.join("/metrics").unwrap())
            .await
            .ok()?
            .text()
            .await
            .ok()?;
        metrics
            .lines()
            .find_map(|line| line.strip_prefix("saoma_sockets_open ")?.parse().ok())
    }
}
