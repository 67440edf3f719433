//! The workers' processes: started, given orders, heard.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;

use crate::orders::{Order, Plan, Word};

/// The hidden subcommand that a worker runs.
pub const WORKER: &str = "worker";

/// Words that may wait to be heard.
const WAITING_WORDS: usize = 1024;

/// Workers, which end with this.
#[derive(Debug)]
pub(super) struct Crew {
    orders: Vec<ChildStdin>,
    words: mpsc::Receiver<(u32, Option<Word>)>,
    _children: Vec<Child>,
}

impl Crew {
    /// Starts a worker for each plan, as `executable worker`.
    pub(super) async fn start(executable: &Path, plans: Vec<Plan>) -> anyhow::Result<Self> {
        let (saying, words) = mpsc::channel(WAITING_WORDS);
        let (mut orders, mut children) = (Vec::new(), Vec::new());
        for plan in plans {
            let mut command = Command::new(executable);
            command
                .arg(WORKER)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .kill_on_drop(true);
            // What a terminal's Ctrl-C ends is this process, and the workers with it.
            let mut child = command
                .process_group(0)
                .spawn()
                .context("a worker cannot be started")?;
            let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
                bail!("a worker has no standard input and output");
            };
            let (worker, saying) = (plan.worker, saying.clone());
            tokio::spawn(async move {
                let mut lines = BufReader::new(stdout).lines();
                // Whatever ends the words, the worker is of no more use; `None` says so.
                while let Ok(Some(line)) = lines.next_line().await {
                    let Ok(word) = serde_json::from_str(&line) else {
                        break;
                    };
                    if saying.send((worker, Some(word))).await.is_err() {
                        return;
                    }
                }
                let _ = saying.send((worker, None)).await;
            });
            orders.push(stdin);
            children.push(child);
            let begin = Order::Begin(Box::new(plan));
            if let Some(stdin) = orders.last_mut() {
                send(stdin, &begin).await?;
            }
        }
        Ok(Self {
            orders,
            words,
            _children: children,
        })
    }

    /// Gives each worker its order.
    pub(super) async fn order(&mut self, order: impl Fn(u32) -> Order) -> anyhow::Result<()> {
        for (worker, stdin) in (0..).zip(&mut self.orders) {
            send(stdin, &order(worker)).await?;
        }
        Ok(())
    }

    /// What a worker says next; `None` in place of a word when it says nothing more.
    pub(super) async fn hear(&mut self) -> (u32, Option<Word>) {
        match self.words.recv().await {
            Some(word) => word,
            // All have ended and have been heard.
            None => std::future::pending().await,
        }
    }
}

async fn send(stdin: &mut ChildStdin, order: &Order) -> anyhow::Result<()> {
    let line = serde_json::to_string(order)? + "\n";
    stdin
        .write_all(line.as_bytes())
        .await
        .context("a worker takes no orders any more")?;
    Ok(())
}
