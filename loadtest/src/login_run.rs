//! The scenario `login`: many browsers wait, and a steady stream of them is scanned and confirmed.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use saoma_protocol::{Decision, ErrorCode, LoginId, ScanContext, ServerMessage};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use url::Url;

use crate::browser::{BrowserError, RelyingParty};
use crate::deployment::PERSONAL;
use crate::pacing::arrivals;
use crate::persistent_browser::{Habits, PersistentBrowser};
use crate::phone::{Phone, PhoneError};
use crate::report::Report;
use crate::running::Running;
use crate::transport::Transport;
use crate::waiting_browser::{Loss, WaitingBrowser};

/// Browsers that connect at the same time: enough to be quick, few enough for any backlog.
const OPENING_AT_ONCE: usize = 64;

/// How long a phone waits before it asks the next node.
const BEFORE_ASKING_AGAIN: Duration = Duration::from_millis(100);

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
    /// What becomes of connections that end early. Where browsers come back, phones ask again too.
    pub loss: Loss,
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
        arriving + opening + self.loss.patience() * 4
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
        let finished = timeout(run.loss.patience() * 3, async { while logins.join_next().await.is_some() {} }).await;
        if finished.is_err() {
            running.failed("a login did not come to an end".into());
        }
        Ok(running.report(&run, started.elapsed()))
    }

    async fn open_many(self: &Arc<Self>, running: &Running, count: u64) {
        stream::iter(0..count).for_each_concurrent(OPENING_AT_ONCE, |number| self.open_one(running, number)).await;
    }

    async fn open_one(&self, running: &Running, number: u64) {
        let node = usize::try_from(number).unwrap_or_default() % self.targets.len();
        let began = Instant::now();
        match self.open(node).await {
            Ok(browser) => {
                running.opened(WaitingBrowser::new(browser, node, self.loss), began.elapsed());
            }
            Err(error) => running.failed(error.to_string()),
        }
    }

    async fn open(&self, node: usize) -> Result<PersistentBrowser, BrowserError> {
        let (targets, random) = (self.targets.clone(), fastrand::Rng::new());
        match self.loss {
            Loss::Fails => {
                let (connection, login) = Transport::Socket.open(&self.targets[node], &self.party).await?;
                Ok(PersistentBrowser::holding(connection, login, targets, &self.party, Habits::default(), random))
            }
            Loss::IsMended => {
                PersistentBrowser::open(targets, &self.party, Transport::Socket, Habits::default(), random).await
            }
        }
    }

    /// One arrival: the browser that has waited longest is scanned and confirmed, and another takes its place.
    async fn one(self: Arc<Self>, running: Running, phone: Phone, number: usize, intended: Instant) {
        running.late(intended.elapsed());
        let outcome = self.log_in(&running, &phone, number, intended).await;
        running.ended(outcome.err().map(|failure| failure.to_string()));
        let still_to_scan = self.logins.saturating_sub(number as u64 + 1) >= self.waiting;
        if still_to_scan {
            self.open_one(&running, number as u64).await;
        }
    }

    async fn log_in(&self, running: &Running, phone: &Phone, number: usize, intended: Instant) -> Result<(), Failure> {
        let mut browser = running.take().await.ok_or(Failure::NoBrowser)?;
        let phone = phone.with_token(&self.tokens[number % self.tokens.len()]);
        let context = self.scan(&phone, &mut browser).await?;
        let (message, at) = browser.told().await?;
        if !matches!(message, ServerMessage::Scanned { .. }) {
            return Err(BrowserError::Unexpected(Box::new(message)).into());
        }
        running.scanned(at - intended);

        let (confirmed_at, node) = (Instant::now(), browser.node);
        running.asked(context.login_id);
        let confirm = async {
            let decision = self.confirm(&phone, node, context.login_id).await;
            if decision.is_ok() {
                running.accepted(context.login_id);
            }
            decision
        };
        let (decision, told) = tokio::join!(confirm, browser.told());
        decision?;
        let (message, at) = told?;
        let ServerMessage::Confirmed { redirect_to, .. } = message else {
            return Err(BrowserError::Unexpected(Box::new(message)).into());
        };
        running.confirmed(&browser.login, at - confirmed_at, &redirect_to);
        self.to_the_end(running, &mut browser).await
    }

    /// A phone reads the code that the browser shows, as often as it takes.
    async fn scan(&self, phone: &Phone, browser: &mut WaitingBrowser) -> Result<ScanContext, Failure> {
        let deadline = Instant::now() + self.loss.patience();
        let mut node = browser.node;
        loop {
            browser.catch_up()?;
            node += 1;
            let scanned = self.at(phone, node).scan(&browser.login.qr).await;
            if !self.is_asked_again(&scanned, deadline) {
                return Ok(scanned?);
            }
            sleep(BEFORE_ASKING_AGAIN).await;
        }
    }

    /// The person confirms, as often as it takes: a repeat gets the first answer.
    async fn confirm(&self, phone: &Phone, mut node: usize, id: LoginId) -> Result<Decision, PhoneError> {
        let deadline = Instant::now() + self.loss.patience();
        loop {
            node += 1;
            let confirmed = self.at(phone, node).confirm(id, PERSONAL).await;
            if !self.is_asked_again(&confirmed, deadline) {
                return confirmed;
            }
            sleep(BEFORE_ASKING_AGAIN).await;
        }
    }

    /// The phone, asking this node or the one that its number comes round to.
    fn at(&self, phone: &Phone, node: usize) -> Phone {
        phone.at(self.targets[node % self.targets.len()].clone())
    }

    fn is_asked_again<T>(&self, answer: &Result<T, PhoneError>, deadline: Instant) -> bool {
        self.loss == Loss::IsMended && Instant::now() < deadline && answer.as_ref().is_err_and(passes)
    }

    /// Nothing may follow but the close.
    async fn to_the_end(&self, running: &Running, browser: &mut WaitingBrowser) -> Result<(), Failure> {
        match browser.told().await {
            Err(BrowserError::Closed { code: 1000, .. }) => Ok(()),
            Ok((ServerMessage::Confirmed { redirect_to, .. }, _)) => {
                running.confirmed_again(&browser.login, &redirect_to);
                Ok(())
            }
            Ok((other, _)) => Err(BrowserError::Unexpected(Box::new(other)).into()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether asking again may get another answer: no answer, a node that cannot now, or a code that was renewed meanwhile.
fn passes(error: &PhoneError) -> bool {
    match error {
        PhoneError::NoAnswer(_) => true,
        PhoneError::Refused { status, problem, .. } => {
            status.is_server_error() || matches!(problem.error, ErrorCode::UnknownCode | ErrorCode::TooManyRequests)
        }
    }
}
