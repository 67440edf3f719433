//! The worker processes: start, commands, events.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin};
use tokio::sync::mpsc;

use crate::messages::{Command, Event, Plan};

/// Hidden subcommand of a worker.
pub const WORKER: &str = "worker";

/// Events that may wait for the coordinator.
const MAX_WAITING_EVENTS: usize = 1024;

/// Worker processes. They are killed when this is dropped.
#[derive(Debug)]
pub(super) struct WorkerPool {
    inputs: Vec<ChildStdin>,
    events: mpsc::Receiver<(u32, Option<Event>)>,
    _children: Vec<Child>,
}

impl WorkerPool {
    /// Starts a worker for each plan, as `executable worker`.
    ///
    /// # Errors
    /// Returns an error if a worker cannot be started or does not read its plan.
    pub(super) async fn start(executable: &Path, plans: Vec<Plan>) -> anyhow::Result<Self> {
        let (sender, events) = mpsc::channel(MAX_WAITING_EVENTS);
        let (mut inputs, mut children) = (Vec::new(), Vec::new());
        for plan in plans {
            let mut process = tokio::process::Command::new(executable);
            process
                .arg(WORKER)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .kill_on_drop(true);
            // A process group of its own keeps a terminal's Ctrl-C from the worker: the coordinator ends it in order.
            let mut child = process
                .process_group(0)
                .spawn()
                .context("a worker cannot be started")?;
            let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
                bail!("a worker has no standard input and output");
            };
            let (worker, sender) = (plan.worker, sender.clone());
            tokio::spawn(async move {
                let mut lines = BufReader::new(stdout).lines();
                while let Ok(Some(line)) = lines.next_line().await {
                    let Ok(event) = serde_json::from_str(&line) else {
                        break;
                    };
                    if sender.send((worker, Some(event))).await.is_err() {
                        return;
                    }
                }
                // A worker whose output ends or cannot be parsed is lost.
                let _ = sender.send((worker, None)).await;
            });
            send(&mut stdin, &Command::Start(Box::new(plan))).await?;
            inputs.push(stdin);
            children.push(child);
        }
        Ok(Self {
            inputs,
            events,
            _children: children,
        })
    }

    /// Sends each worker its command.
    ///
    /// # Errors
    /// Returns an error if a worker reads no commands any more.
    pub(super) async fn send(&mut self, command: impl Fn(u32) -> Command) -> anyhow::Result<()> {
        for (worker, stdin) in (0..).zip(&mut self.inputs) {
            send(stdin, &command(worker)).await?;
        }
        Ok(())
    }

    /// Waits for the next event of any worker, or `None` from a worker that has ended.
    pub(super) async fn next_event(&mut self) -> (u32, Option<Event>) {
        match self.events.recv().await {
            Some(event) => event,
            // The end of every worker has been returned already.
            None => std::future::pending().await,
        }
    }
}

async fn send(stdin: &mut ChildStdin, command: &Command) -> anyhow::Result<()> {
    let line = serde_json::to_string(command)? + "\n";
    stdin
        .write_all(line.as_bytes())
        .await
        .context("a worker reads no commands any more")?;
    Ok(())
}
