//! The browser side of a flow: the page and its person.

use std::time::{Duration, Instant};

use saoma_client::{BrowserEvent, ReconnectingBrowser};
use saoma_protocol::{ClientMessage, CloseCode, ServerMessage};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use url::Url;

use super::flow::{LoginFlow, Outcome, Page};
use super::plan::Scenario;
use super::portal::Portal;
use super::run_context::{RECONNECT_POLICY, RELOAD_AFTER, RETRY_DECISION_AFTER};

impl LoginFlow {
    /// Follows the login in the browser until its outcome.
    pub(super) async fn browse(
        &self,
        mut browser: ReconnectingBrowser,
        page: watch::Sender<Page>,
        mut random: fastrand::Rng,
    ) -> Outcome {
        let forever = Duration::from_secs(86_400);
        let (reloads, transport) = self.plan.reloads.unwrap_or((forever, self.plan.transport));
        let cancels = match self.plan.scenario {
            Scenario::CancelWaiting => self.plan.before_scan,
            Scenario::CancelScanned => self.plan.before_scan + self.plan.before_decision,
            _ => forever,
        };
        let (mut cancel, mut reload) = (Box::pin(sleep(cancels)), Box::pin(sleep(reloads)));
        let (mut cancelled, mut reloaded) = (None, false);
        // The person presses "yes" again if the first press was answered by an error.
        let (mut asked, mut agree) = (false, Box::pin(sleep(forever)));
        let mut doubt = Box::pin(sleep(RELOAD_AFTER));
        loop {
            tokio::select! {
                event = browser.next_event() => {
                    if is_login_event(&event) {
                        doubt.as_mut().reset(tokio::time::Instant::now() + RELOAD_AFTER);
                    }
                    match &event {
                        BrowserEvent::Message(ServerMessage::Scanned { agree: true, .. }) => {
                            asked = true;
                            agree.as_mut().reset(tokio::time::Instant::now());
                        }
                        BrowserEvent::Message(ServerMessage::Error { retry_after: Some(seconds), .. }) => {
                            // The answer asked for a retry.
                            let again = tokio::time::Instant::now() + Duration::from_secs((*seconds).into());
                            if cancelled.take().is_some() {
                                cancel.as_mut().reset(again);
                            }
                            agree.as_mut().reset(again);
                        }
                        BrowserEvent::Message(_) => asked = false,
                        _ => {}
                    }
                    if let Some(ending) = self.handle_event(event, &page) {
                        page.send_modify(|page| page.ended = Some(ending));
                        self.check_silence_after_end(browser).await;
                        return ending;
                    }
                }
                () = &mut agree => {
                    if asked && cancelled.is_none() {
                        self.note("the browser agrees");
                        browser.agree().await;
                    }
                    agree.as_mut().reset(tokio::time::Instant::now() + forever);
                }
                () = &mut cancel => {
                    // A failover may have lost a cancel that was accepted.
                    if cancelled.is_none() || self.excuses("cancels asked again", cancelled) {
                        self.note("the person gives up");
                        browser.send(ClientMessage::CANCEL).await;
                    }
                    cancelled.get_or_insert_with(Instant::now);
                    cancel.as_mut().reset(tokio::time::Instant::now() + RETRY_DECISION_AFTER);
                }
                () = &mut doubt => {
                    // A failover may have lost the state that the page shows.
                    let told = self.record().told;
                    if self.excuses("pages loaded again", told) {
                        browser.reload();
                    }
                    doubt.as_mut().reset(tokio::time::Instant::now() + forever);
                }
                () = &mut reload, if !reloaded => {
                    reloaded = true;
                    self.note(format!("the page is loaded again, by {transport:?}"));
                    browser.set_transport(self.context.transport(transport));
                    browser.reload();
                    sleep(Duration::from_millis(random.u64(..500))).await;
                }
            }
        }
    }

    fn handle_event(&self, event: BrowserEvent, page: &watch::Sender<Page>) -> Option<Outcome> {
        self.note(format!("browser: {}", describe(&event)));
        let told_before = self.record().told;
        if is_login_event(&event) {
            self.record().told = Some(Instant::now());
        }
        match event {
            BrowserEvent::Message(ServerMessage::Renewed { qr, user_code, .. }) => {
                let mut state = self.context.oracle.state();
                state.secret(&qr);
                state.secret(&user_code.to_string());
                page.send_modify(|page| page.qr = qr);
            }
            BrowserEvent::Message(ServerMessage::Confirmed { redirect_to, .. }) => {
                self.confirmed(&redirect_to);
                return Some(Outcome::Confirmed);
            }
            BrowserEvent::Message(ServerMessage::Rejected { .. }) => {
                return Some(Outcome::Rejected);
            }
            BrowserEvent::Message(ServerMessage::Cancelled { .. }) => {
                return Some(Outcome::Cancelled);
            }
            BrowserEvent::Message(ServerMessage::Expired { .. }) => return Some(Outcome::Expired),
            BrowserEvent::Message(_) | BrowserEvent::Reconnected { .. } => {}
            BrowserEvent::Duplicate(message) => {
                self.violation(format!("told again of {:?}", message.seq()));
            }
            BrowserEvent::Disconnected { .. } => self.context.oracle.state().lost_connections += 1,
            BrowserEvent::Closed { code } => {
                // After a failover the store may not know a login that it opened.
                if code != CloseCode::UnknownLogin.code()
                    || !self.excuses("browsers told to begin anew", told_before)
                {
                    self.violation(format!("the browser was sent away with {code}"));
                }
                return Some(Outcome::SentAway);
            }
        }
        None
    }

    /// Records the delivery and hands the code to the portal.
    fn confirmed(&self, redirect_to: &str) {
        let oauth_state = Url::parse(redirect_to).ok().and_then(|url| {
            url.query_pairs()
                .find(|(name, _)| name == "state")
                .map(|(_, value)| value.into_owned())
        });
        let mut state = self.context.oracle.state();
        state
            .ledger
            .received(self.login.login_id, &oauth_state.unwrap_or_default());
        let (accepted, owner) = {
            let record = self.record();
            (record.accepted, record.scanned.map(|(owner, _)| owner))
        };
        if let Some(accepted) = accepted {
            state.longest = state.longest.max(accepted.elapsed());
        }
        drop(state);
        let portal = Portal::of(self, redirect_to, owner);
        tokio::spawn(portal.exchange_code(self.plan.scenario == Scenario::RedeemTwice));
    }

    async fn check_silence_after_end(&self, mut browser: ReconnectingBrowser) {
        // A message without a number answers the browser's own command, and over HTTP it can come
        // after the end.
        if let Ok(BrowserEvent::Message(message) | BrowserEvent::Duplicate(message)) =
            timeout(RECONNECT_POLICY.response_timeout, browser.next_event()).await
            && let Some(seq) = message.seq()
        {
            self.violation(format!("told of {seq} after the end"));
        }
    }
}

/// Returns true if the event is a numbered event of the login.
fn is_login_event(event: &BrowserEvent) -> bool {
    matches!(event, BrowserEvent::Message(message) if message.seq().is_some())
}

/// Describes an event without the secrets in it.
fn describe(event: &BrowserEvent) -> String {
    match event {
        BrowserEvent::Message(ServerMessage::Error {
            error, retry_after, ..
        }) => {
            format!("error {error:?}, retry {retry_after:?}")
        }
        BrowserEvent::Message(message) => format!("{} {:?}", kind(message), message.seq()),
        BrowserEvent::Duplicate(message) => format!("again {} {:?}", kind(message), message.seq()),
        BrowserEvent::Disconnected { code, retry_in } => {
            format!("lost with {code}, comes back in {retry_in:?}")
        }
        BrowserEvent::Reconnected { node } => format!("back at node {node}"),
        BrowserEvent::Closed { code } => format!("sent away with {code}"),
    }
}

const fn kind(message: &ServerMessage) -> &'static str {
    match message {
        ServerMessage::Opened { .. } => "opened",
        ServerMessage::Renewed { .. } => "renewed",
        ServerMessage::Scanned { .. } => "scanned",
        ServerMessage::Agreed { .. } => "agreed",
        ServerMessage::Confirmed { .. } => "confirmed",
        ServerMessage::Rejected { .. } => "rejected",
        ServerMessage::Cancelled { .. } => "cancelled",
        ServerMessage::Expired { .. } => "expired",
        ServerMessage::Error { .. } => "error",
        _ => "unknown type",
    }
}
