//! The scenario `login`: many browsers wait, and a steady stream of them is scanned and confirmed.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use saoma_protocol::ServerMessage;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use url::Url;

use crate::browser::{Browser, BrowserError, OpenedLogin, PATIENCE, RelyingParty};
use crate::deployment::PERSONAL;
use crate::ledger::{Balance, Ledger};
use crate::pacing::arrivals;
use crate::phone::{Phone, PhoneError};
use crate::report::{Latencies, Report, SCHEMA};

/// Browsers that connect at the same time: enough to be quick, few enough for any backlog.
const OPENING_AT_ONCE: usize = 64;

/// What to run.
#[derive(Debug, Clone)]
pub struct LoginRun {
    /// The nodes; browsers are spread over them, and each phone asks another node than its browser's.
    pub targets: Vec<Url>,
    /// The relying party.
    pub party: RelyingParty,
    /// The app tokens of the persons, who take turns.
    pub tokens: Vec<String>,
    /// Browsers that wait when the first is scanned, and again as each is done.
    pub waiting: u64,
    /// Logins in all.
    pub logins: u64,
    /// Logins a second.
    pub rate: f64,
}

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
    waiting: Arc<Mutex<VecDeque<Waiting>>>,
    came: Arc<Notify>,
}

#[derive(Debug)]
struct Waiting {
    browser: Browser,
    login: OpenedLogin,
    node: usize,
}

/// Why a login broke off.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("browser: {0}")]
    Browser(#[from] BrowserError),
    #[error("phone: {0}")]
    Phone(#[from] PhoneError),
    #[error("no browser was waiting when one was to be scanned")]
    NoBrowser,
}

impl LoginRun {
    /// How long the run may take in all: it ends by itself, whatever the gateway does.
    pub fn deadline(&self) -> Duration {
        let arriving = Duration::from_secs_f64(self.logins as f64 / self.rate);
        let opening = Duration::from_secs_f64(self.waiting as f64 / 100.0);
        arriving + opening + PATIENCE * 4
    }

    /// Runs to the end, and says what it came to.
    ///
    /// # Errors
    /// No HTTP client can be made on this machine.
    pub async fn run(self, running: Running) -> Result<Report, PhoneError> {
        let run = Arc::new(self);
        let phone = Phone::new(run.targets[0].clone(), "")?;
        run.open_many(&running, run.waiting).await;
        let started = Instant::now();
        let mut logins = JoinSet::new();
        for (number, at) in arrivals(run.rate, run.logins).enumerate() {
            let intended = started + at;
            sleep_until(intended).await;
            logins.spawn(Arc::clone(&run).one(running.clone(), phone.clone(), number, intended));
            while logins.try_join_next().is_some() {}
        }
        // Each login has its own patience; this is for the run as a whole.
        let finished = timeout(PATIENCE * 3, async { while logins.join_next().await.is_some() {} }).await;
        if finished.is_err() {
            running.tally().fail("a login did not come to an end");
        }
        Ok(run.report(&running, started.elapsed()))
    }

    async fn open_many(self: &Arc<Self>, running: &Running, count: u64) {
        stream::iter(0..count).for_each_concurrent(OPENING_AT_ONCE, |number| self.open_one(running, number)).await;
    }

    async fn open_one(&self, running: &Running, number: u64) {
        let node = usize::try_from(number).unwrap_or_default() % self.targets.len();
        let began = Instant::now();
        match Browser::open(&self.targets[node], &self.party).await {
            Ok((browser, login)) => {
                running.opened(&login, began.elapsed());
                running.waiting().push_back(Waiting { browser, login, node });
                running.came.notify_one();
            }
            Err(error) => running.tally().fail(&error.to_string()),
        }
    }

    /// One arrival: the browser that has waited longest is scanned and confirmed, and another takes its place.
    async fn one(self: Arc<Self>, running: Running, phone: Phone, number: usize, intended: Instant) {
        running.tally().lateness.record(intended.elapsed());
        let outcome = self.log_in(&running, &phone, number, intended).await;
        running.ended(outcome);
        let still_to_scan = self.logins.saturating_sub(number as u64 + 1) >= self.waiting;
        if still_to_scan {
            self.open_one(&running, number as u64).await;
        }
    }

    async fn log_in(&self, running: &Running, phone: &Phone, number: usize, intended: Instant) -> Result<(), Failure> {
        let Waiting { mut browser, login, node } = running.take().await?;
        let phone_node = (node + 1) % self.targets.len();
        let phone = phone.at(self.targets[phone_node].clone()).with_token(&self.tokens[number % self.tokens.len()]);

        let (context, told) = tokio::join!(phone.scan(&login.qr), pushed(&mut browser));
        let context = context?;
        let (message, at) = told?;
        if !matches!(message, ServerMessage::Scanned { .. }) {
            return Err(BrowserError::Unexpected(Box::new(message)).into());
        }
        running.tally().scan.record(at - intended);

        let confirmed_at = Instant::now();
        let confirm = async {
            let decision = phone.confirm(context.login_id, PERSONAL).await;
            if decision.is_ok() {
                running.tally().ledger.accepted(context.login_id);
            }
            decision
        };
        let (decision, told) = tokio::join!(confirm, pushed(&mut browser));
        decision?;
        let (message, at) = told?;
        let ServerMessage::Confirmed { redirect_to, .. } = message else {
            return Err(BrowserError::Unexpected(Box::new(message)).into());
        };
        running.confirmed(&login, at - confirmed_at, &redirect_to);
        self.to_the_end(running, &mut browser, &login).await
    }

    /// Nothing may follow but the close.
    async fn to_the_end(&self, running: &Running, browser: &mut Browser, login: &OpenedLogin) -> Result<(), Failure> {
        match browser.next().await {
            Err(BrowserError::Closed { code: 1000, .. }) => Ok(()),
            Ok(ServerMessage::Confirmed { redirect_to, .. }) => {
                running.tally().ledger.received(login.login_id, &state_of(&redirect_to));
                Ok(())
            }
            Ok(other) => Err(BrowserError::Unexpected(Box::new(other)).into()),
            Err(error) => Err(error.into()),
        }
    }

    fn report(&self, running: &Running, elapsed: Duration) -> Report {
        let tally = running.tally();
        let mut failures: Vec<_> = tally.failures.iter().map(|(text, count)| (text.clone(), *count)).collect();
        failures.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        failures.truncate(5);
        Report {
            schema: SCHEMA,
            scenario: "login",
            targets: self.targets.iter().map(Url::to_string).collect(),
            waiting: self.waiting,
            rate: self.rate,
            seconds: elapsed.as_secs_f64(),
            open: tally.open.percentiles(),
            scan_to_push: tally.scan.percentiles(),
            confirm_to_push: tally.confirm.percentiles(),
            lateness: tally.lateness.percentiles(),
            ledger: tally.ledger.balance(),
            failures,
        }
    }
}

impl Running {
    /// How far the run has come.
    pub fn progress(&self) -> Progress {
        let tally = self.tally();
        Progress { opened: tally.opened, done: tally.done, balance: tally.ledger.balance() }
    }

    /// The browser that has waited longest; one may still be on its way in.
    async fn take(&self) -> Result<Waiting, Failure> {
        let came = async {
            loop {
                let came = self.came.notified();
                if let Some(waiting) = self.waiting().pop_front() {
                    return waiting;
                }
                came.await;
            }
        };
        timeout(PATIENCE, came).await.map_err(|_| Failure::NoBrowser)
    }

    fn opened(&self, login: &OpenedLogin, took: Duration) {
        let mut tally = self.tally();
        tally.open.record(took);
        tally.opened += 1;
        tally.ledger.opened(login.login_id, &login.state);
    }

    fn confirmed(&self, login: &OpenedLogin, took: Duration, redirect_to: &str) {
        let mut tally = self.tally();
        tally.confirm.record(took);
        tally.ledger.received(login.login_id, &state_of(redirect_to));
    }

    fn ended(&self, outcome: Result<(), Failure>) {
        let mut tally = self.tally();
        tally.done += 1;
        if let Err(failure) = outcome {
            tally.fail(&failure.to_string());
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tally {
    fn fail(&mut self, failure: &str) {
        self.ledger.failed();
        *self.failures.entry(failure.to_owned()).or_default() += 1;
    }
}

/// The next message that tells of a change, and when it came. A renewal may come in between.
async fn pushed(browser: &mut Browser) -> Result<(ServerMessage, Instant), BrowserError> {
    loop {
        let message = browser.next().await?;
        if !matches!(message, ServerMessage::Renewed { .. }) {
            return Ok((message, Instant::now()));
        }
    }
}

fn state_of(redirect_to: &str) -> String {
    let url = Url::parse(redirect_to).ok();
    let state = url.as_ref().and_then(|url| url.query_pairs().find(|(name, _)| name == "state"));
    state.map(|(_, value)| value.into_owned()).unwrap_or_default()
}
