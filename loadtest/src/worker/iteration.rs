//! An iteration of a virtual user: the person acts on the displayed login.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::StatusCode;
use saoma_client::{BrowserError, Phone};
use saoma_protocol::{ClientMessage, Decision, ErrorCode, LoginId, ServerMessage, paths};
use tokio::time::{Instant, sleep, timeout};
use url::form_urlencoded::Serializer;

use super::connection_pool::{ConnectionPool, ExchangeError, RequestError};
use super::redirect::state_and_code;
use super::state::WorkerState;
use super::virtual_user::{Failure, VirtualUser, gateway};
use crate::deployment::PERSONAL;
use crate::open_model::Arrival;
use crate::scenario::Behaviour;

const FORM: &str = "application/x-www-form-urlencoded";

/// Pause before a failed request goes to the next node.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

impl VirtualUser {
    /// Runs the behaviour of an arrival.
    pub(super) async fn iterate(&mut self, arrival: &Arrival) -> Result<(), Failure> {
        let behaviour = self.state.scenario().behaviours.of(arrival.number);
        let mut since = arrival.intended;
        match behaviour {
            Behaviour::Cancel => return self.cancel(since).await,
            Behaviour::Refresh => since = self.refresh(since).await?,
            Behaviour::Login | Behaviour::Reject | Behaviour::Slow => {}
        }
        let phone = PersonPhone {
            state: Arc::clone(&self.state),
            node: self.node,
            person: arrival.number,
        };
        let login_id = self.scan(&phone, since).await?;
        match behaviour {
            Behaviour::Reject => return self.reject(&phone, login_id).await,
            Behaviour::Slow => self.think().await?,
            _ => {}
        }
        let code = self.confirm(&phone, login_id, Instant::now()).await?;
        self.until_closed().await?;
        if self.state.redeem.load(Ordering::Relaxed) {
            self.redemption(code).redeem(Instant::now()).await?;
            if behaviour == Behaviour::Login {
                self.state.record("login", since.elapsed());
            }
        }
        Ok(())
    }

    async fn cancel(&mut self, since: Instant) -> Result<(), Failure> {
        self.browser.send(ClientMessage::CANCEL).await;
        let (message, at) = self.next_change().await?;
        let ServerMessage::Cancelled { .. } = message else {
            return Err(unexpected(message));
        };
        self.state.record("cancel", at - since);
        Ok(self.until_closed().await?)
    }

    /// Asks for a new code and returns the moment of its arrival, from which the scan counts.
    async fn refresh(&mut self, since: Instant) -> Result<Instant, Failure> {
        self.browser.send(ClientMessage::Refresh).await;
        let limit = self.state.timeout();
        let message = timeout(limit, self.next_message())
            .await
            .map_err(|_| BrowserError::Timeout(limit))??;
        let ServerMessage::Renewed { .. } = message else {
            return Err(unexpected(message));
        };
        self.state.record("refresh", since.elapsed());
        Ok(Instant::now())
    }

    /// Waits for the think time, in which the browser must receive nothing.
    async fn think(&mut self) -> Result<(), Failure> {
        let time = Duration::from_secs_f64(self.state.scenario().think_time);
        match timeout(time, self.next_message()).await {
            Err(_) => Ok(()),
            Ok(message) => Err(unexpected(message?)),
        }
    }

    /// Scans the displayed code with a phone, and waits until the browser receives `scanned`.
    pub(super) async fn scan(
        &mut self,
        phone: &PersonPhone,
        since: Instant,
    ) -> Result<LoginId, Failure> {
        let (deadline, mut change, mut tries) = (Instant::now() + self.state.timeout(), None, 0);
        let context = loop {
            let (asked, qr) = (phone.at(tries)?, self.login.qr.clone());
            let (answer, meanwhile) = self.receive_during(asked.scan(&qr)).await?;
            change = change.or(meanwhile);
            let error = match answer {
                Ok(context) => break context,
                Err(error) => Failure::Request("scan", error.into()),
            };
            if !phone.may_retry(&error, deadline) {
                return Err(error);
            }
            let pause = phone.pause_after(&error, &mut tries);
            let ((), meanwhile) = self.receive_during(sleep(pause)).await?;
            change = change.or(meanwhile);
        };
        let (message, at) = match change {
            Some(change) => change,
            None => self.next_change().await?,
        };
        let ServerMessage::Scanned { agree, .. } = message else {
            return Err(unexpected(message));
        };
        self.state.record("scan", at - since);
        if agree {
            self.agree().await?;
        }
        Ok(context.login_id)
    }

    /// Agrees to the person, who is new to the browser.
    async fn agree(&mut self) -> Result<(), Failure> {
        self.browser.agree().await;
        match self.next_change().await? {
            (ServerMessage::Agreed { .. }, _) => Ok(()),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// Confirms with a phone, and returns the code that the browser receives.
    pub(super) async fn confirm(
        &mut self,
        phone: &PersonPhone,
        login_id: LoginId,
        since: Instant,
    ) -> Result<String, Failure> {
        let state = Arc::clone(&self.state);
        state.recorder.ledger(|ledger| ledger.asked(login_id));
        let confirming = async {
            let answer = phone.decide(Choice::Confirm, login_id).await;
            if answer.is_ok() {
                state.record("confirm", since.elapsed());
                state.recorder.ledger(|ledger| ledger.accepted(login_id));
            }
            answer
        };
        let (answer, change) = self.receive_during(confirming).await?;
        answer?;
        let (message, at) = match change {
            Some(change) => change,
            None => self.next_change().await?,
        };
        let ServerMessage::Confirmed { redirect_to, .. } = message else {
            return Err(unexpected(message));
        };
        state.record("push", at - since);
        let (login_state, code) = state_and_code(&redirect_to);
        state
            .recorder
            .ledger(|ledger| ledger.received(self.login.login_id, &login_state));
        Ok(code)
    }

    async fn reject(&mut self, phone: &PersonPhone, login_id: LoginId) -> Result<(), Failure> {
        let (state, began) = (Arc::clone(&self.state), Instant::now());
        let (answer, change) = self
            .receive_during(phone.decide(Choice::Reject, login_id))
            .await?;
        answer?;
        let (message, at) = match change {
            Some(change) => change,
            None => self.next_change().await?,
        };
        let ServerMessage::Rejected { .. } = message else {
            return Err(unexpected(message));
        };
        state.record("reject", at - began);
        Ok(self.until_closed().await?)
    }

    /// Prepares the redemption of a code.
    pub(super) fn redemption(&self, code: String) -> Redemption {
        Redemption {
            state: Arc::clone(&self.state),
            node: self.node,
            code,
            code_verifier: self.login.code_verifier.clone(),
        }
    }
}

/// A code that the relying party is about to redeem.
#[derive(Debug)]
pub(super) struct Redemption {
    state: Arc<WorkerState>,
    node: usize,
    code: String,
    code_verifier: String,
}

impl Redemption {
    /// Redeems the code at the browser's node. With failover a failed request goes to the next node.
    pub(super) async fn redeem(&self, since: Instant) -> Result<(), Failure> {
        let state = &self.state;
        let gateway = gateway(state)?;
        let (party, deadline, mut tries) = (&gateway.party, Instant::now() + state.timeout(), 0);
        let body = {
            let mut form = Serializer::new(String::new());
            form.append_pair("grant_type", "authorization_code")
                .append_pair("client_id", &party.client_id)
                .append_pair("code", &self.code)
                .append_pair("redirect_uri", &party.redirect_uri)
                .append_pair("code_verifier", &self.code_verifier);
            if let Some(secret) = &party.client_secret {
                form.append_pair("client_secret", secret);
            }
            form.finish()
        };
        loop {
            let pool = gateway.pool(self.node + tries);
            match pool.post(paths::TOKEN, FORM, body.clone()).await {
                Ok(()) => break,
                Err(error)
                    if state.scenario().failover
                        && Instant::now() < deadline
                        && is_temporary(&error) =>
                {
                    sleep(pause_after(&error, &mut tries, state.nodes())).await;
                }
                Err(error) => return Err(Failure::Request("redeem", error)),
            }
        }
        state.record("redeem", since.elapsed());
        Ok(())
    }
}

/// A person's phone. It asks another node than the browser's, so that each push crosses between nodes.
#[derive(Debug)]
pub(super) struct PersonPhone {
    pub(super) state: Arc<WorkerState>,
    pub(super) node: usize,
    pub(super) person: u64,
}

/// A decision on the phone.
#[derive(Debug, Clone, Copy)]
enum Choice {
    Confirm,
    Reject,
}

impl PersonPhone {
    /// Returns the phone at the node after the browser's, or at a later one with each try.
    fn at(&self, tries: usize) -> Result<Phone<&ConnectionPool>, BrowserError> {
        let gateway = gateway(&self.state)?;
        // The persons take turns, so that one of them rarely logs in twice at once.
        let token = self.state.token(self.person).unwrap_or_default();
        let node = self.node + 1 + tries;
        Ok(Phone::with_client(
            gateway.pool(node),
            gateway.node(node).clone(),
            token,
        ))
    }

    /// Confirms or rejects. A repeated request gets the first one's answer.
    async fn decide(&self, choice: Choice, login_id: LoginId) -> Result<Decision, Failure> {
        let (deadline, mut tries) = (Instant::now() + self.state.timeout(), 0);
        loop {
            let phone = self.at(tries)?;
            let (what, answer) = match choice {
                Choice::Confirm => ("confirm", phone.confirm(login_id, PERSONAL).await),
                Choice::Reject => ("reject", phone.reject(login_id).await),
            };
            match answer.map_err(|error| Failure::Request(what, error.into())) {
                Err(error) if self.may_retry(&error, deadline) => {
                    sleep(self.pause_after(&error, &mut tries)).await;
                }
                answer => return answer,
            }
        }
    }

    fn pause_after(&self, error: &Failure, tries: &mut usize) -> Duration {
        match error {
            Failure::Request(_, error) => pause_after(error, tries, self.state.nodes()),
            Failure::Browser(_) => RETRY_PAUSE,
        }
    }

    fn may_retry(&self, error: &Failure, deadline: Instant) -> bool {
        let is_temporary = matches!(error, Failure::Request(_, error) if is_temporary(error));
        self.state.scenario().failover && Instant::now() < deadline && is_temporary
    }
}

/// Returns the pause before the next node is asked.
///
/// A node that accepts no connections is skipped without a pause, as a load balancer does, until all have been tried.
fn pause_after(error: &RequestError, tries: &mut usize, nodes: usize) -> Duration {
    *tries += 1;
    let is_skipped = matches!(error, RequestError::NoAnswer(ExchangeError::Connect(_)))
        && !tries.is_multiple_of(nodes);
    if is_skipped {
        Duration::ZERO
    } else {
        RETRY_PAUSE
    }
}

/// Returns true if a repeated request may get another answer: after no answer, from a node that is not available now, or
/// for a code that was renewed meanwhile.
fn is_temporary(error: &RequestError) -> bool {
    match error {
        RequestError::NoAnswer(_) | RequestError::InvalidAnswer(_) => true,
        RequestError::InvalidRequest(_) => false,
        RequestError::Refused { status, code, .. } => {
            status.is_server_error()
                || *status == StatusCode::TOO_MANY_REQUESTS
                || *code == Some(ErrorCode::UnknownCode)
        }
    }
}

fn unexpected(message: ServerMessage) -> Failure {
    BrowserError::Unexpected(Box::new(message)).into()
}
