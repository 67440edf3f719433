//! A browser that comes back to its login, as the page's script does: by the rules of the close codes, saying what it
//! has seen, on any node, until the login is settled.

use std::time::Duration;

use saoma_protocol::{ClientMessage, ComeBack, RestartHint, ResumeRequest, ServerMessage};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use url::Url;

use crate::browser::{BROKEN, BrowserError, OpenedLogin, RelyingParty};
use crate::transport::{Connection, Transport};

/// How a browser waits.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    /// For an answer, and for what is due.
    pub patience: Duration,
    /// For any sign of life, pings among them.
    pub silence: Duration,
    /// The first and the longest bound of the wait before a return, of which full jitter takes a part.
    pub back_off: (Duration, Duration),
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(10),
            silence: Duration::from_secs(60),
            back_off: (Duration::from_millis(500), Duration::from_secs(20)),
        }
    }
}

/// A browser with one login, which it does not let go.
#[derive(Debug)]
pub struct PersistentBrowser {
    targets: Vec<Url>,
    origin: String,
    transport: Transport,
    habits: Habits,
    random: fastrand::Rng,
    login: OpenedLogin,
    last_seq: u32,
    /// Connections to the login so far.
    attempts: u32,
    /// Lost connections in a row that brought no news.
    losses: u32,
    connection: Option<Connection>,
    heard_at: Instant,
    /// When what is shown ends, which is always told.
    shown_until: Instant,
    not_before: Instant,
    wish: Option<ClientMessage>,
}

/// What happens to a browser.
#[derive(Debug)]
pub enum Heard {
    /// It is told something.
    News(ServerMessage),
    /// It is told what it has been told before, or is no longer true.
    Stale(ServerMessage),
    /// Its connection has ended.
    Lost {
        /// The close code.
        code: u16,
        /// How long it waits before it comes back.
        wait: Duration,
    },
    /// It has connected again and said what it has seen. Whether it is taken back shows in what comes next.
    Returned {
        /// Which target.
        target: usize,
    },
    /// It was told not to come back.
    SentAway {
        /// The close code.
        code: u16,
    },
}

impl PersistentBrowser {
    /// Opens a login at one of the targets, as often as it takes, and follows it by `transport`.
    ///
    /// # Errors
    /// The gateway refuses in a way that trying again does not change.
    pub async fn open(
        targets: Vec<Url>,
        party: &RelyingParty,
        transport: Transport,
        habits: Habits,
        mut random: fastrand::Rng,
    ) -> Result<Self, BrowserError> {
        let mut tries = 0;
        loop {
            let mut opened = Err(BrowserError::Silence(habits.patience));
            for target in balanced(targets.len(), &mut random) {
                let opening =
                    timeout(habits.patience, transport.open(&targets[target], party)).await;
                opened = opening.unwrap_or(Err(BrowserError::Silence(habits.patience)));
                if !matches!(opened, Err(BrowserError::Connection(_))) {
                    break;
                }
            }
            match opened {
                Ok((connection, login)) => {
                    return Ok(Self::holding(
                        connection, login, targets, party, habits, random,
                    ));
                }
                Err(error) if is_final(&error) => return Err(error),
                Err(error) => {
                    let wait =
                        retry_after(&error).unwrap_or_else(|| back_off(habits, tries, &mut random));
                    tokio::time::sleep(wait).await;
                    tries += 1;
                }
            }
        }
    }

    /// A browser that has opened its login already, and comes back to it at any of the targets.
    pub fn holding(
        connection: Connection,
        login: OpenedLogin,
        targets: Vec<Url>,
        party: &RelyingParty,
        habits: Habits,
        random: fastrand::Rng,
    ) -> Self {
        let now = Instant::now();
        Self {
            shown_until: now + Duration::from_secs(login.expires_in.into()),
            targets,
            origin: party.origin.clone(),
            transport: connection.transport(),
            habits,
            random,
            login,
            last_seq: 1,
            attempts: 1,
            losses: 0,
            connection: Some(connection),
            heard_at: now,
            not_before: now,
            wish: None,
        }
    }

    /// The login, as it was opened.
    pub const fn login(&self) -> &OpenedLogin {
        &self.login
    }

    /// Asks for something: now, and again on each return until the login is settled.
    pub async fn ask(&mut self, message: ClientMessage) {
        if let Some(connection) = &mut self.connection {
            // A connection that does not take it is found broken by the next read.
            let _ = timeout(self.habits.patience, connection.send(&message)).await;
        }
        self.wish = Some(message);
    }

    /// Asks for an answer that tells nothing but that the connection stands: an `error`, of which a gateway takes few.
    pub async fn probe(&mut self) {
        if let Some(connection) = &mut self.connection {
            let _ = timeout(self.habits.patience, connection.probe()).await;
        }
    }

    /// Drops the connection without a word, as a page does that is loaded again.
    pub fn reload(&mut self) {
        self.connection = None;
        self.not_before = Instant::now();
    }

    /// Goes by another way from its next connection on.
    pub fn change_to(&mut self, transport: Transport) {
        self.transport = transport;
    }

    /// What happens next. Dropping the future loses nothing but a connection that is being made.
    pub async fn next(&mut self) -> Heard {
        loop {
            let due = self.shown_until.max(self.heard_at) + self.habits.patience;
            let silent_at = due.min(self.heard_at + self.habits.silence);
            let Some(connection) = &mut self.connection else {
                // Boxed: whoever waits holds no room for it.
                return Box::pin(self.come_back()).await;
            };
            match timeout_at(silent_at, connection.frame()).await {
                Ok(Ok(Some(message))) => return self.take(message),
                Ok(Ok(None)) => self.heard_at = Instant::now(),
                Ok(Err(BrowserError::Closed { code, reason })) => return self.lost(code, &reason),
                Ok(Err(_)) | Err(_) => return self.lost(BROKEN, ""),
            }
        }
    }

    async fn come_back(&mut self) -> Heard {
        sleep_until(self.not_before).await;
        let mut returned = None;
        for target in balanced(self.targets.len(), &mut self.random) {
            self.attempts += 1;
            let request = ResumeRequest {
                attempt: Some(self.attempts),
                ..self.login.resume_request(self.last_seq)
            };
            let returning = self
                .transport
                .resume(&self.targets[target], &self.origin, request);
            match timeout(self.habits.patience, returning).await {
                Ok(Ok(connection)) => returned = Some((target, connection)),
                Ok(Err(BrowserError::Connection(_))) => continue,
                Ok(Err(BrowserError::Closed { code, reason })) => return self.lost(code, &reason),
                Ok(Err(_)) | Err(_) => {}
            }
            break;
        }
        let Some((target, mut connection)) = returned else {
            return self.lost(BROKEN, "");
        };
        if let Some(wish) = &self.wish {
            let _ = timeout(self.habits.patience, connection.send(wish)).await;
        }
        self.heard_at = Instant::now();
        // What was shown may have ended meanwhile: what follows it is told at once.
        self.connection = Some(connection);
        Heard::Returned { target }
    }

    fn take(&mut self, message: ServerMessage) -> Heard {
        let now = Instant::now();
        self.heard_at = now;
        match message.seq() {
            Some(seq) if seq <= self.last_seq => return Heard::Stale(message),
            Some(seq) => {
                self.last_seq = seq;
                self.losses = 0;
            }
            None => {}
        }
        match &message {
            ServerMessage::Renewed { expires_in, .. }
            | ServerMessage::Scanned { expires_in, .. } => {
                self.shown_until = now + Duration::from_secs((*expires_in).into());
            }
            ServerMessage::Error {
                retry_after: Some(seconds),
                ..
            } => {
                self.not_before = now + Duration::from_secs((*seconds).into());
            }
            _ => {}
        }
        Heard::News(message)
    }

    fn lost(&mut self, code: u16, reason: &str) -> Heard {
        self.connection = None;
        let back_off = back_off(self.habits, self.losses, &mut self.random);
        let hint = serde_json::from_str::<RestartHint>(reason).ok();
        let hint = hint.map(|hint| Duration::from_millis(hint.retry_after_ms.into()));
        let wait = match ComeBack::after(code) {
            ComeBack::No => return Heard::SentAway { code },
            ComeBack::AfterHint => hint.unwrap_or(back_off),
            // A gateway that sends everyone on, time and again, must not be asked without pause.
            ComeBack::AtOnce if self.losses == 0 => Duration::ZERO,
            // Requests are refused with a `Retry-After`.
            ComeBack::AtOnce | ComeBack::AfterBackOff => back_off.max(hint.unwrap_or_default()),
        };
        self.losses += 1;
        self.not_before = self.not_before.max(Instant::now() + wait);
        Heard::Lost {
            code,
            wait: self.not_before - Instant::now(),
        }
    }
}

/// Targets in the order in which a balancer would try them: from any of them on, past those that take no connections.
fn balanced(targets: usize, random: &mut fastrand::Rng) -> impl Iterator<Item = usize> + use<> {
    let first = random.usize(..targets);
    (0..targets).map(move |offset| (first + offset) % targets)
}

/// Full jitter over a doubling bound.
fn back_off(habits: Habits, tries: u32, random: &mut fastrand::Rng) -> Duration {
    let (first, longest) = habits.back_off;
    first
        .saturating_mul(1 << tries.min(16))
        .min(longest)
        .mul_f64(random.f64())
}

/// Whether trying again would get the same answer.
pub(crate) fn is_final(error: &BrowserError) -> bool {
    match error {
        BrowserError::Refused { status, .. } => status.is_client_error() && status.as_u16() != 429,
        BrowserError::Closed { code, .. } => ComeBack::after(*code) == ComeBack::No,
        BrowserError::Target(_) => true,
        BrowserError::Unexpected(_) | BrowserError::Silence(_) | BrowserError::Connection(_) => {
            false
        }
    }
}

pub(crate) fn retry_after(error: &BrowserError) -> Option<Duration> {
    match error {
        BrowserError::Unexpected(message) => match **message {
            ServerMessage::Error { retry_after, .. } => {
                retry_after.map(|seconds| Duration::from_secs(seconds.into()))
            }
            _ => None,
        },
        _ => None,
    }
}
