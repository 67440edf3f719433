//! A browser that reconnects until its login is settled.

use std::time::Duration;

use saoma_protocol::{ClientMessage, ComeBack, RestartHint, ResumeRequest, ServerMessage};
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use url::Url;

use crate::browser::ABNORMAL_CLOSURE;
use crate::{BrowserError, Connection, OpenedLogin, RelyingParty, Transport};

/// Time limits and pauses of a [`ReconnectingBrowser`].
#[derive(Debug, Clone, Copy)]
pub struct ReconnectPolicy {
    /// Time limit for an answer, and for a message that is due.
    pub response_timeout: Duration,
    /// Longest time without any sign of life, pings included.
    pub idle_timeout: Duration,
    /// Bound of the random pause before the first reconnection. It doubles with each failure.
    pub min_backoff: Duration,
    /// Largest bound of the random pause.
    pub max_backoff: Duration,
}

impl Default for ReconnectPolicy {
    fn default() -> Self {
        Self {
            response_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            min_backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(20),
        }
    }
}

/// A browser that follows one login over any transport, as the page's script does.
///
/// After a lost connection it resumes at any node, by the rules of the close codes, and says which messages it has
/// seen.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/world.rs.in"));
/// use saoma_client::{BrowserEvent, HttpMode, ReconnectPolicy, ReconnectingBrowser, Transport};
/// use saoma_protocol::ClientMessage;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let world = start().await;
/// # let (nodes, party) = (vec![world.url.clone()], world.party.clone());
/// let transport = Transport::Http(reqwest::Client::new(), HttpMode::LongPoll { wait: 25 });
/// let policy = ReconnectPolicy::default();
/// let mut browser = ReconnectingBrowser::open(nodes, &party, transport, policy).await?;
///
/// // The login survives a reload of the page and another transport.
/// browser.set_transport(Transport::WebSocket);
/// browser.reload();
/// browser.send(ClientMessage::CANCEL).await;
/// loop {
///     match browser.next_event().await {
///         BrowserEvent::Message(message) if message.is_settled() => break,
///         BrowserEvent::Closed { code } => panic!("the login ended with {code}"),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ReconnectingBrowser {
    nodes: Vec<Url>,
    origin: String,
    transport: Transport,
    policy: ReconnectPolicy,
    random: fastrand::Rng,
    login: OpenedLogin,
    last_seq: u32,
    /// Connections to the login so far.
    attempts: u32,
    /// Consecutive lost connections without a new message.
    losses: u32,
    connection: Option<Connection>,
    last_activity: Instant,
    /// End of the displayed state, which the gateway always announces.
    displayed_until: Instant,
    reconnect_at: Instant,
    /// Command to repeat after each reconnection.
    command: Option<ClientMessage>,
}

/// An event of a [`ReconnectingBrowser`].
#[derive(Debug)]
pub enum BrowserEvent {
    /// A new message.
    Message(ServerMessage),
    /// A message received before, or outdated by one received before.
    Duplicate(ServerMessage),
    /// The connection ended; the browser reconnects with the next call.
    Disconnected {
        /// Close code.
        code: u16,
        /// Pause before the reconnection.
        retry_in: Duration,
    },
    /// The browser has connected again and asked to resume. The gateway's verdict follows.
    Reconnected {
        /// Index of the node.
        node: usize,
    },
    /// The connection ended with a close code that forbids to reconnect.
    Closed {
        /// Close code.
        code: u16,
    },
}

impl ReconnectingBrowser {
    /// Opens a login at any of the nodes, with as many attempts as it takes, and follows it by `transport`.
    ///
    /// # Errors
    /// Returns an error that is permanent (see [`BrowserError::is_permanent`]), such as an empty list of nodes.
    pub async fn open(
        nodes: Vec<Url>,
        party: &RelyingParty,
        transport: Transport,
        policy: ReconnectPolicy,
    ) -> Result<Self, BrowserError> {
        Self::open_seeded(nodes, party, transport, policy, fastrand::Rng::new()).await
    }

    /// As [`ReconnectingBrowser::open`], with the caller's generator for pauses and the order of nodes.
    ///
    /// # Errors
    /// As [`ReconnectingBrowser::open`].
    pub async fn open_seeded(
        nodes: Vec<Url>,
        party: &RelyingParty,
        transport: Transport,
        policy: ReconnectPolicy,
        mut random: fastrand::Rng,
    ) -> Result<Self, BrowserError> {
        if nodes.is_empty() {
            return Err(BrowserError::InvalidAddress("no node is given".into()));
        }
        let mut tries = 0;
        loop {
            let timed_out = || Err(BrowserError::Timeout(policy.response_timeout));
            let mut opened = timed_out();
            for node in node_order(nodes.len(), &mut random) {
                let opening = transport.open(&nodes[node], party);
                opened = timeout(policy.response_timeout, opening)
                    .await
                    .unwrap_or_else(|_| timed_out());
                if !matches!(opened, Err(BrowserError::Connection(_))) {
                    break;
                }
            }
            match opened {
                Ok((connection, login)) => {
                    let mut browser =
                        Self::from_connection(connection, login, nodes, party, policy);
                    browser.random = random;
                    return Ok(browser);
                }
                Err(error) if error.is_permanent() => return Err(error),
                Err(error) => {
                    let pause = error
                        .retry_after()
                        .unwrap_or_else(|| backoff(policy, tries, &mut random));
                    sleep(pause).await;
                    tries += 1;
                }
            }
        }
    }

    /// Follows a login that is open already. It reconnects at any of the nodes.
    pub fn from_connection(
        connection: Connection,
        login: OpenedLogin,
        nodes: Vec<Url>,
        party: &RelyingParty,
        policy: ReconnectPolicy,
    ) -> Self {
        let now = Instant::now();
        Self {
            displayed_until: now + Duration::from_secs(login.expires_in.into()),
            nodes,
            origin: party.origin.clone(),
            transport: connection.transport(),
            policy,
            random: fastrand::Rng::new(),
            login,
            last_seq: 1,
            attempts: 1,
            losses: 0,
            connection: Some(connection),
            last_activity: now,
            reconnect_at: now,
            command: None,
        }
    }

    /// Returns the login as it was opened.
    pub const fn login(&self) -> &OpenedLogin {
        &self.login
    }

    /// Sends a command now, and again after each reconnection.
    pub async fn send(&mut self, command: ClientMessage) {
        if let Some(connection) = &mut self.connection {
            // The next read reports a broken connection.
            let _ = timeout(self.policy.response_timeout, connection.send(&command)).await;
        }
        self.command = Some(command);
    }

    /// Agrees to be logged in as the person who has scanned the code, after a `scanned` that asks for it.
    pub async fn agree(&mut self) {
        self.send(ClientMessage::Agree).await;
    }

    /// Sends an unknown message, whose answer proves that the connection works. A gateway allows few of them.
    pub async fn probe(&mut self) {
        if let Some(connection) = &mut self.connection {
            let _ = timeout(self.policy.response_timeout, connection.probe()).await;
        }
    }

    /// Drops the connection without a close, as a page does on reload.
    pub fn reload(&mut self) {
        self.connection = None;
        self.reconnect_at = Instant::now();
    }

    /// Uses another transport from the next connection on.
    pub fn set_transport(&mut self, transport: Transport) {
        self.transport = transport;
    }

    /// Waits for the next event. Dropping the future loses at most a connection attempt.
    pub async fn next_event(&mut self) -> BrowserEvent {
        loop {
            let due = self.displayed_until.max(self.last_activity) + self.policy.response_timeout;
            let deadline = due.min(self.last_activity + self.policy.idle_timeout);
            let Some(connection) = &mut self.connection else {
                // Boxed, so that thousands of waiting browsers do not reserve memory for a reconnection.
                return Box::pin(self.reconnect()).await;
            };
            match timeout_at(deadline, connection.next_frame()).await {
                Ok(Ok(Some(message))) => return self.receive(message),
                Ok(Ok(None)) => self.last_activity = Instant::now(),
                Ok(Err(BrowserError::Closed { code, reason })) => {
                    return self.disconnected(code, &reason);
                }
                Ok(Err(_)) | Err(_) => return self.disconnected(ABNORMAL_CLOSURE, ""),
            }
        }
    }

    async fn reconnect(&mut self) -> BrowserEvent {
        sleep_until(self.reconnect_at).await;
        let mut connected = None;
        for node in node_order(self.nodes.len(), &mut self.random) {
            self.attempts += 1;
            let request = ResumeRequest {
                attempt: Some(self.attempts),
                ..self.login.resume_request(self.last_seq)
            };
            let resuming = self
                .transport
                .resume(&self.nodes[node], &self.origin, request);
            match timeout(self.policy.response_timeout, resuming).await {
                Ok(Ok(connection)) => connected = Some((node, connection)),
                Ok(Err(BrowserError::Connection(_))) => continue,
                Ok(Err(BrowserError::Closed { code, reason })) => {
                    return self.disconnected(code, &reason);
                }
                Ok(Err(_)) | Err(_) => {}
            }
            break;
        }
        let Some((node, mut connection)) = connected else {
            return self.disconnected(ABNORMAL_CLOSURE, "");
        };
        if let Some(command) = &self.command {
            let _ = timeout(self.policy.response_timeout, connection.send(command)).await;
        }
        // The gateway sends at once what has replaced an expired display meanwhile.
        self.last_activity = Instant::now();
        self.connection = Some(connection);
        BrowserEvent::Reconnected { node }
    }

    fn receive(&mut self, message: ServerMessage) -> BrowserEvent {
        let now = Instant::now();
        self.last_activity = now;
        match message.seq() {
            Some(seq) if seq <= self.last_seq => return BrowserEvent::Duplicate(message),
            Some(seq) => {
                self.last_seq = seq;
                self.losses = 0;
            }
            None => {}
        }
        match &message {
            ServerMessage::Renewed { expires_in, .. }
            | ServerMessage::Scanned { expires_in, .. }
            | ServerMessage::Agreed { expires_in, .. } => {
                self.displayed_until = now + Duration::from_secs((*expires_in).into());
            }
            ServerMessage::Error {
                retry_after: Some(seconds),
                ..
            } => {
                self.reconnect_at = now + Duration::from_secs((*seconds).into());
            }
            _ => {}
        }
        BrowserEvent::Message(message)
    }

    fn disconnected(&mut self, code: u16, reason: &str) -> BrowserEvent {
        self.connection = None;
        let backoff = backoff(self.policy, self.losses, &mut self.random);
        let hint = serde_json::from_str::<RestartHint>(reason).ok();
        let hint = hint.map(|hint| Duration::from_millis(hint.retry_after_ms.into()));
        let pause = match ComeBack::after(code) {
            ComeBack::No => return BrowserEvent::Closed { code },
            ComeBack::AfterHint => hint.unwrap_or(backoff),
            ComeBack::AtOnce if self.losses == 0 => Duration::ZERO,
            // A gateway that turns every connection away must not be asked without a pause. The hint is the
            // `Retry-After` of a refused request.
            ComeBack::AtOnce | ComeBack::AfterBackOff => backoff.max(hint.unwrap_or_default()),
        };
        self.losses += 1;
        let now = Instant::now();
        self.reconnect_at = self.reconnect_at.max(now + pause);
        BrowserEvent::Disconnected {
            code,
            retry_in: self.reconnect_at - now,
        }
    }
}

/// Indices in the order in which a load balancer would try them: a random one first, then its successors.
fn node_order(nodes: usize, random: &mut fastrand::Rng) -> impl Iterator<Item = usize> + use<> {
    // An empty range has no random element.
    let first = random.usize(..nodes.max(1));
    (0..nodes).map(move |offset| (first + offset) % nodes)
}

/// Exponential backoff with full jitter.
fn backoff(policy: ReconnectPolicy, tries: u32, random: &mut fastrand::Rng) -> Duration {
    policy
        .min_backoff
        .saturating_mul(1 << tries.min(16))
        .min(policy.max_backoff)
        .mul_f64(random.f64())
}
