//! A browser's turn: what a person does with the login that it shows.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use saoma_client::{BrowserError, Phone};
use saoma_protocol::{ClientMessage, Decision, ErrorCode, LoginId, ServerMessage, paths};
use tokio::time::{Instant, sleep, timeout};
use url::Url;
use url::form_urlencoded::Serializer;

use super::connection_pool::{ConnectionPool, ExchangeError, RequestError};
use super::site::Site;
use super::visitor::{Failure, Visitor, gateway};
use crate::deployment::PERSONAL;
use crate::open_model::Arrival;
use crate::scenario::Deed;

const FORM: &str = "application/x-www-form-urlencoded";

/// How long a phone waits before it asks the next node, where one cannot answer.
const BEFORE_ASKING_AGAIN: Duration = Duration::from_millis(100);

impl Visitor {
    /// Does what this arrival is about.
    pub(super) async fn visit(&mut self, arrival: &Arrival) -> Result<(), Failure> {
        let deed = self.site.scenario().people.deed(arrival.number);
        let mut since = arrival.intended;
        match deed {
            Deed::Cancel => return self.cancel(since).await,
            Deed::Refresh => since = self.refresh(since).await?,
            Deed::Login | Deed::Reject | Deed::Slow => {}
        }
        let phone = PhoneOf {
            site: Arc::clone(&self.site),
            node: self.node,
            person: arrival.number,
        };
        let login_id = self.scan(&phone, since).await?;
        match deed {
            Deed::Reject => return self.reject(&phone, login_id).await,
            Deed::Slow => self.look().await?,
            _ => {}
        }
        let code = self.confirm(&phone, login_id, Instant::now()).await?;
        self.until_the_end().await?;
        if self.site.scenario().redeem {
            self.grant(code).redeem(Instant::now()).await?;
            if deed == Deed::Login {
                self.site.measured("login", since.elapsed());
            }
        }
        Ok(())
    }

    async fn cancel(&mut self, since: Instant) -> Result<(), Failure> {
        self.browser.send(ClientMessage::Cancel).await;
        let (message, at) = self.told().await?;
        let ServerMessage::Cancelled { .. } = message else {
            return Err(unexpected(message));
        };
        self.site.measured("cancel", at - since);
        Ok(self.until_the_end().await?)
    }

    /// Asks for a new code, and says when it came: nobody scans before.
    async fn refresh(&mut self, since: Instant) -> Result<Instant, Failure> {
        self.browser.send(ClientMessage::Refresh).await;
        let patience = self.site.patience();
        let message = timeout(patience, self.hear())
            .await
            .map_err(|_| BrowserError::Timeout(patience))??;
        let ServerMessage::Renewed { .. } = message else {
            return Err(unexpected(message));
        };
        self.site.measured("refresh", since.elapsed());
        Ok(Instant::now())
    }

    /// A slow person looks; the browser must be told nothing meanwhile.
    async fn look(&mut self) -> Result<(), Failure> {
        let time = Duration::from_secs_f64(self.site.scenario().slow);
        match timeout(time, self.hear()).await {
            Err(_) => Ok(()),
            Ok(message) => Err(unexpected(message?)),
        }
    }

    /// A phone reads the code that the browser shows, as often as it takes, and the browser is told.
    pub(super) async fn scan(
        &mut self,
        phone: &PhoneOf,
        since: Instant,
    ) -> Result<LoginId, Failure> {
        let (deadline, mut told, mut tries) = (Instant::now() + self.site.patience(), None, 0);
        let context = loop {
            let (asked, qr) = (phone.at(tries)?, self.login.qr.clone());
            let (answer, meanwhile) = self.hearing(asked.scan(&qr)).await?;
            let answer = answer.map_err(|error| Failure::Request("scan", error.into()));
            told = told.or(meanwhile);
            let pause = match answer {
                Ok(context) => break context,
                Err(error) if phone.asks_again(&error, deadline) => {
                    phone.pause_after(&error, &mut tries)
                }
                Err(error) => return Err(error),
            };
            let ((), meanwhile) = self.hearing(sleep(pause)).await?;
            told = told.or(meanwhile);
        };
        let (message, at) = match told {
            Some(told) => told,
            None => self.told().await?,
        };
        let ServerMessage::Scanned { .. } = message else {
            return Err(unexpected(message));
        };
        self.site.measured("scan", at - since);
        Ok(context.login_id)
    }

    /// The person confirms, as often as it takes: a repeat gets the first answer. The code that the browser is told.
    pub(super) async fn confirm(
        &mut self,
        phone: &PhoneOf,
        login_id: LoginId,
        since: Instant,
    ) -> Result<String, Failure> {
        let site = Arc::clone(&self.site);
        site.tally.book(|ledger| ledger.asked(login_id));
        let asking = async {
            let answer = phone.decide(Choice::Confirm, login_id).await;
            if answer.is_ok() {
                site.measured("confirm", since.elapsed());
                site.tally.book(|ledger| ledger.accepted(login_id));
            }
            answer
        };
        let (answer, told) = self.hearing(asking).await?;
        answer?;
        let (message, at) = match told {
            Some(told) => told,
            None => self.told().await?,
        };
        let ServerMessage::Confirmed { redirect_to, .. } = message else {
            return Err(unexpected(message));
        };
        site.measured("push", at - since);
        let (state, code) = state_and_code(&redirect_to);
        site.tally
            .book(|ledger| ledger.received(self.login.login_id, &state));
        Ok(code)
    }

    async fn reject(&mut self, phone: &PhoneOf, login_id: LoginId) -> Result<(), Failure> {
        let (site, began) = (Arc::clone(&self.site), Instant::now());
        let (answer, told) = self.hearing(phone.decide(Choice::Reject, login_id)).await?;
        answer?;
        let (message, at) = match told {
            Some(told) => told,
            None => self.told().await?,
        };
        let ServerMessage::Rejected { .. } = message else {
            return Err(unexpected(message));
        };
        site.measured("reject", at - began);
        Ok(self.until_the_end().await?)
    }

    /// What the relying party needs to redeem the code that the browser was told.
    pub(super) fn grant(&self, code: String) -> Grant {
        let (site, code_verifier) = (Arc::clone(&self.site), self.login.code_verifier.clone());
        Grant {
            site,
            node: self.node,
            code,
            code_verifier,
        }
    }
}

/// A code with its verifier.
#[derive(Debug)]
pub(super) struct Grant {
    site: Arc<Site>,
    node: usize,
    code: String,
    code_verifier: String,
}

impl Grant {
    /// The relying party redeems it, at any node.
    pub(super) async fn redeem(&self, since: Instant) -> Result<(), Failure> {
        let site = &self.site;
        let gateway = gateway(site)?;
        let (party, deadline, mut tries) = (&gateway.party, Instant::now() + site.patience(), 0);
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
                    if site.scenario().come_back && Instant::now() < deadline && passes(&error) =>
                {
                    sleep(pause_after(&error, &mut tries, site.nodes())).await;
                }
                Err(error) => return Err(Failure::Request("redeem", error)),
            }
        }
        site.measured("redeem", since.elapsed());
        Ok(())
    }
}

/// The phone of a person, who asks another node than the browser's.
#[derive(Debug)]
pub(super) struct PhoneOf {
    pub(super) site: Arc<Site>,
    pub(super) node: usize,
    pub(super) person: u64,
}

/// What a person decides on the phone.
#[derive(Debug, Clone, Copy)]
enum Choice {
    Confirm,
    Reject,
}

impl PhoneOf {
    /// The phone, asking the node after the browser's, or a later one with each try.
    fn at(&self, tries: usize) -> Result<Phone<&ConnectionPool>, BrowserError> {
        let gateway = gateway(&self.site)?;
        // Persons are few, and each does one thing at a time by and large.
        let person = usize::try_from(self.person).unwrap_or_default() % gateway.tokens.len();
        let node = self.node + 1 + tries;
        Ok(Phone::with_client(
            gateway.pool(node),
            gateway.node(node).clone(),
            &*gateway.tokens[person],
        ))
    }

    async fn decide(&self, choice: Choice, login_id: LoginId) -> Result<Decision, Failure> {
        let (deadline, mut tries) = (Instant::now() + self.site.patience(), 0);
        loop {
            let phone = self.at(tries)?;
            let (what, answer) = match choice {
                Choice::Confirm => ("confirm", phone.confirm(login_id, PERSONAL).await),
                Choice::Reject => ("reject", phone.reject(login_id).await),
            };
            match answer.map_err(|error| Failure::Request(what, error.into())) {
                Err(error) if self.asks_again(&error, deadline) => {
                    sleep(self.pause_after(&error, &mut tries)).await;
                }
                answer => return answer,
            }
        }
    }

    fn pause_after(&self, error: &Failure, tries: &mut usize) -> Duration {
        match error {
            Failure::Request(_, error) => pause_after(error, tries, self.site.nodes()),
            Failure::Browser(_) => BEFORE_ASKING_AGAIN,
        }
    }

    fn asks_again(&self, error: &Failure, deadline: Instant) -> bool {
        let passes = matches!(error, Failure::Request(_, error) if passes(error));
        self.site.scenario().come_back && Instant::now() < deadline && passes
    }
}

/// How long to wait before the next node is asked: not at all past one that takes no connections, as a balancer does,
/// until all have been tried.
fn pause_after(error: &RequestError, tries: &mut usize, nodes: usize) -> Duration {
    *tries += 1;
    let goes_past = matches!(error, RequestError::NoAnswer(ExchangeError::Connect(_)))
        && !tries.is_multiple_of(nodes);
    if goes_past {
        Duration::ZERO
    } else {
        BEFORE_ASKING_AGAIN
    }
}

/// Whether asking again may get another answer: no answer, a node that cannot now, or a code that was renewed meanwhile.
fn passes(error: &RequestError) -> bool {
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

/// The members `state` and `code` of the address that a browser is sent to.
pub(super) fn state_and_code(redirect_to: &str) -> (String, String) {
    let url = Url::parse(redirect_to).ok();
    let member = |wanted: &str| {
        let found = url
            .as_ref()
            .and_then(|url| url.query_pairs().find(|(name, _)| name == wanted));
        found
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    (member("state"), member("code"))
}

fn unexpected(message: ServerMessage) -> Failure {
    BrowserError::Unexpected(Box::new(message)).into()
}
