//! The page of a visit: its browser, and the person in front of it.

use std::time::{Duration, Instant};

use saoma_client::{BrowserEvent, ReconnectingBrowser};
use saoma_protocol::{ClientMessage, CloseCode, ServerMessage};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use url::Url;

use super::portal::Portal;
use super::scene::{ASKED_AGAIN_AFTER, HABITS, LOADED_AGAIN_AFTER, Purpose};
use super::visit::{Ending, Page, Visit};

impl Visit {
    /// The browser, until it knows how the login ended.
    pub(super) async fn browse(
        &self,
        mut browser: ReconnectingBrowser,
        page: watch::Sender<Page>,
        mut random: fastrand::Rng,
    ) -> Ending {
        let forever = Duration::from_secs(86_400);
        let (reloads, way) = self.plan.reloads.unwrap_or((forever, self.plan.way));
        let cancels = match self.plan.purpose {
            Purpose::CancelWaiting => self.plan.before_scan,
            Purpose::CancelScanned => self.plan.before_scan + self.plan.before_decision,
            _ => forever,
        };
        let (mut cancel, mut reload) = (Box::pin(sleep(cancels)), Box::pin(sleep(reloads)));
        let (mut cancelled, mut reloaded) = (None, false);
        let mut doubt = Box::pin(sleep(LOADED_AGAIN_AFTER));
        loop {
            tokio::select! {
                heard = browser.next_event() => {
                    if is_news(&heard) {
                        doubt.as_mut().reset(tokio::time::Instant::now() + LOADED_AGAIN_AFTER);
                    }
                    if let (Some(_), BrowserEvent::Message(ServerMessage::Error { retry_after: Some(seconds), .. })) = (cancelled, &heard) {
                        // The person is told to try again, and does.
                        cancelled = None;
                        cancel.as_mut().reset(tokio::time::Instant::now() + Duration::from_secs((*seconds).into()));
                    }
                    if let Some(ending) = self.hear(heard, &page) {
                        page.send_modify(|page| page.ended = Some(ending));
                        self.nothing_follows(browser).await;
                        return ending;
                    }
                }
                () = &mut cancel => {
                    // It may have been lost after it was taken.
                    if cancelled.is_none() || self.excuses("cancels asked again", cancelled) {
                        self.note("the person gives up");
                        browser.send(ClientMessage::Cancel).await;
                    }
                    cancelled.get_or_insert_with(Instant::now);
                    cancel.as_mut().reset(tokio::time::Instant::now() + ASKED_AGAIN_AFTER);
                }
                () = &mut doubt => {
                    // What it shows may be lost, and no longer true.
                    let told = self.moments().told;
                    if self.excuses("pages loaded again", told) {
                        browser.reload();
                    }
                    doubt.as_mut().reset(tokio::time::Instant::now() + forever);
                }
                () = &mut reload, if !reloaded => {
                    reloaded = true;
                    self.note(format!("the page is loaded again, by {way:?}"));
                    browser.set_transport(self.scene.transport(way));
                    browser.reload();
                    sleep(Duration::from_millis(random.u64(..500))).await;
                }
            }
        }
    }

    fn hear(&self, heard: BrowserEvent, page: &watch::Sender<Page>) -> Option<Ending> {
        self.note(format!("browser: {}", spoken(&heard)));
        let told_before = self.moments().told;
        if is_news(&heard) {
            self.moments().told = Some(Instant::now());
        }
        match heard {
            BrowserEvent::Message(ServerMessage::Renewed { qr, user_code, .. }) => {
                let mut pages = self.scene.books.pages();
                pages.secret(&qr);
                pages.secret(&user_code.to_string());
                page.send_modify(|page| page.qr = qr);
            }
            BrowserEvent::Message(ServerMessage::Confirmed { redirect_to, .. }) => {
                self.confirmed(&redirect_to);
                return Some(Ending::Confirmed);
            }
            BrowserEvent::Message(ServerMessage::Rejected { .. }) => return Some(Ending::Rejected),
            BrowserEvent::Message(ServerMessage::Cancelled { .. }) => {
                return Some(Ending::Cancelled);
            }
            BrowserEvent::Message(ServerMessage::Expired { .. }) => return Some(Ending::Expired),
            BrowserEvent::Message(_) | BrowserEvent::Reconnected { .. } => {}
            BrowserEvent::Duplicate(message) => {
                self.violated(format!("told again of {:?}", message.seq()));
            }
            BrowserEvent::Disconnected { .. } => self.scene.books.pages().lost_connections += 1,
            BrowserEvent::Closed { code } => {
                // It knows what the store does not: its login as it was opened, or how that ended.
                if code != CloseCode::UnknownLogin.code()
                    || !self.excuses("browsers told to begin anew", told_before)
                {
                    self.violated(format!("the browser was sent away with {code}"));
                }
                return Some(Ending::SentAway);
            }
        }
        None
    }

    /// The result has come: the portal takes over.
    fn confirmed(&self, redirect_to: &str) {
        let state = Url::parse(redirect_to).ok().and_then(|url| {
            url.query_pairs()
                .find(|(name, _)| name == "state")
                .map(|(_, value)| value.into_owned())
        });
        let mut pages = self.scene.books.pages();
        pages
            .ledger
            .received(self.login.login_id, &state.unwrap_or_default());
        let (accepted, owner) = {
            let moments = self.moments();
            (moments.accepted, moments.scanned.map(|(owner, _)| owner))
        };
        if let Some(accepted) = accepted {
            pages.longest = pages.longest.max(accepted.elapsed());
        }
        drop(pages);
        let portal = Portal::of(self, redirect_to, owner);
        tokio::spawn(portal.log_in(self.plan.purpose == Purpose::RedeemTwice));
    }

    async fn nothing_follows(&self, mut browser: ReconnectingBrowser) {
        // What has no number answers the browser's own command, which by requests can come after the end.
        if let Ok(BrowserEvent::Message(message) | BrowserEvent::Duplicate(message)) =
            timeout(HABITS.response_timeout, browser.next_event()).await
            && let Some(seq) = message.seq()
        {
            self.violated(format!("told of {seq} after the end"));
        }
    }
}

/// Whether the store has something new.
fn is_news(heard: &BrowserEvent) -> bool {
    matches!(heard, BrowserEvent::Message(message) if message.seq().is_some())
}

/// What a browser heard, without what no log may hold.
fn spoken(heard: &BrowserEvent) -> String {
    match heard {
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
        ServerMessage::Confirmed { .. } => "confirmed",
        ServerMessage::Rejected { .. } => "rejected",
        ServerMessage::Cancelled { .. } => "cancelled",
        ServerMessage::Expired { .. } => "expired",
        ServerMessage::Error { .. } => "error",
        _ => "something new",
    }
}
