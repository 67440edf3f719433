//! A run while it goes on: who waits, what has been measured, what is owed.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use saoma_protocol::LoginId;
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::timeout;
use url::Url;

use crate::browser::{OpenedLogin, PATIENCE};
use crate::ledger::{Balance, Ledger};
use crate::login_run::LoginRun;
use crate::report::model::{Failure, Generator, Scenario, Tool};
use crate::report::{Latencies, Report, SCHEMA};
use crate::waiting_browser::WaitingBrowser;

/// A run as far as it has come: for whoever shows its progress.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// Browsers that have been opened.
    pub opened: u64,
    /// Logins that have come to an end, good or bad.
    pub done: u64,
    /// What was owed and what came.
    pub balance: Balance,
}

#[derive(Debug, Default)]
struct Tally {
    ledger: Ledger,
    open: Latencies,
    scan: Latencies,
    confirm: Latencies,
    lateness: Latencies,
    opened: u64,
    done: u64,
    failures: HashMap<String, u64>,
}

/// A run while it goes on. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Running {
    tally: Arc<Mutex<Tally>>,
    waiting: Arc<Mutex<VecDeque<WaitingBrowser>>>,
    came: Arc<Notify>,
}

impl Running {
    /// How far the run has come.
    pub fn progress(&self) -> Progress {
        let tally = self.tally();
        Progress { opened: tally.opened, done: tally.done, balance: tally.ledger.balance() }
    }

    /// A browser has been opened, and waits.
    pub(crate) fn opened(&self, waiting: WaitingBrowser, took: Duration) {
        let mut tally = self.tally();
        tally.open.record(took);
        tally.opened += 1;
        tally.ledger.opened(waiting.login.login_id, &waiting.login.state);
        drop(tally);
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push_back(waiting);
        self.came.notify_one();
    }

    /// The browser that has waited longest; one may still be on its way in. `None` when none comes.
    pub(crate) async fn take(&self) -> Option<WaitingBrowser> {
        let came = async {
            loop {
                let came = self.came.notified();
                if let Some(waiting) = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front() {
                    return waiting;
                }
                came.await;
            }
        };
        timeout(PATIENCE, came).await.ok()
    }

    /// The generator was late by so much with an arrival.
    pub(crate) fn late(&self, by: Duration) {
        self.tally().lateness.record(by);
    }

    /// A browser was told of its scan.
    pub(crate) fn scanned(&self, took: Duration) {
        self.tally().scan.record(took);
    }

    /// A confirm is on its way.
    pub(crate) fn asked(&self, id: LoginId) {
        self.tally().ledger.asked(id);
    }

    /// The gateway has accepted a confirm.
    pub(crate) fn accepted(&self, id: LoginId) {
        self.tally().ledger.accepted(id);
    }

    /// A browser was told of its confirm.
    pub(crate) fn confirmed(&self, login: &OpenedLogin, took: Duration, redirect_to: &str) {
        let mut tally = self.tally();
        tally.confirm.record(took);
        tally.ledger.received(login.login_id, &state_of(redirect_to));
    }

    /// A browser was told of its confirm again.
    pub(crate) fn confirmed_again(&self, login: &OpenedLogin, redirect_to: &str) {
        self.tally().ledger.received(login.login_id, &state_of(redirect_to));
    }

    /// A login has come to its end.
    pub(crate) fn ended(&self, failure: Option<String>) {
        self.tally().done += 1;
        if let Some(failure) = failure {
            self.failed(failure);
        }
    }

    /// Something went wrong.
    pub(crate) fn failed(&self, failure: String) {
        let mut tally = self.tally();
        tally.ledger.failed();
        *tally.failures.entry(failure).or_default() += 1;
    }

    /// What `run` came to, when it has taken so long.
    pub(crate) fn report(&self, run: &LoginRun, took: Duration) -> Report {
        let tally = self.tally();
        let mut failures: Vec<_> =
            tally.failures.iter().map(|(what, &count)| Failure { what: what.clone(), count }).collect();
        failures.sort_by_key(|failure| std::cmp::Reverse(failure.count));
        failures.truncate(5);
        Report {
            schema: SCHEMA,
            tool: Tool { name: env!("CARGO_PKG_NAME").into(), version: env!("CARGO_PKG_VERSION").into() },
            scenario: Scenario {
                name: "login".into(),
                settings: json!({ "waiting": run.waiting, "logins": run.logins, "rate": run.rate }),
            },
            targets: run.targets.iter().map(Url::to_string).collect(),
            workers: 1,
            seconds: took.as_secs_f64(),
            latencies: vec![tally.open.latency("open"), tally.scan.latency("scan"), tally.confirm.latency("push")],
            generator: Generator { lateness: tally.lateness.percentiles(), ..Generator::default() },
            ledger: tally.ledger.balance(),
            failures,
            ..Report::default()
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn state_of(redirect_to: &str) -> String {
    let url = Url::parse(redirect_to).ok();
    let state = url.as_ref().and_then(|url| url.query_pairs().find(|(name, _)| name == "state"));
    state.map(|(_, value)| value.into_owned()).unwrap_or_default()
}
