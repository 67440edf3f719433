//! One person's way to be logged in: a browser that comes back, phones that ask again, and the portal.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use saoma_client::{OpenedLogin, ReconnectingBrowser, error_chain};
use tokio::sync::watch;

use super::books::CONFIRM_LOST;
use super::scene::{HABITS, Plan, Purpose, Scene};
use crate::support::hall;

/// A visit under way.
pub(super) struct Visit {
    pub(super) scene: Arc<Scene>,
    pub(super) number: usize,
    pub(super) login: OpenedLogin,
    pub(super) plan: Plan,
    moments: Mutex<Moments>,
}

/// What those who take part asked and were told, and when last.
#[derive(Default)]
pub(super) struct Moments {
    /// The browser was told something.
    pub(super) told: Option<Instant>,
    /// Whose the login is.
    pub(super) scanned: Option<(u32, Instant)>,
    /// Whether or not it was answered.
    pub(super) confirm_asked: bool,
    pub(super) reject_asked: bool,
    /// The phone was told that it is confirmed.
    pub(super) accepted: Option<Instant>,
    pub(super) rejected: Option<Instant>,
}

/// The page as the person sees it.
#[derive(Debug, Clone, Default)]
pub(super) struct Page {
    pub(super) qr: String,
    pub(super) ended: Option<Ending>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Confirmed,
    Rejected,
    Cancelled,
    Expired,
    SentAway,
}

impl Visit {
    /// Goes through with a plan to its end.
    pub(super) async fn make(scene: Arc<Scene>, plan: Plan, mut random: fastrand::Rng) {
        let books = Arc::clone(&scene.books);
        let number = books.begin();
        books.note(number, format!("{plan:?}"));
        let (urls, transport) = (scene.urls.clone(), scene.transport(plan.way));
        let opened =
            ReconnectingBrowser::open_seeded(urls, &hall(), transport, HABITS, random.fork()).await;
        let browser = match opened {
            Ok(browser) => browser,
            Err(error) => {
                books.violated(
                    number,
                    format!("a login could not be opened: {}", error_chain(&error)),
                );
                return books.settled(number, "not opened");
            }
        };
        let login = browser.login().clone();
        books.note(number, format!("opened as {}", login.login_id));
        let moments = Mutex::new(Moments {
            told: Some(Instant::now()),
            ..Moments::default()
        });
        let visit = Self {
            scene,
            number,
            login,
            plan,
            moments,
        };
        visit.begin();
        let (page, seen) = watch::channel(Page {
            qr: visit.login.qr.clone(),
            ended: None,
        });
        let (browsing, phoning) = (random.fork(), random.fork());
        let (ending, ()) = tokio::join!(
            visit.browse(browser, page, browsing),
            visit.phones(seen, phoning)
        );
        visit.check(ending);
    }

    fn begin(&self) {
        let mut pages = self.scene.books.pages();
        pages.ledger.opened(self.login.login_id, &self.login.state);
        let login = &self.login;
        for secret in [
            &login.receive_key.to_string(),
            &login.code_verifier,
            &login.qr,
            &login.user_code,
        ] {
            pages.secret(secret);
        }
    }

    pub(super) fn moments(&self) -> MutexGuard<'_, Moments> {
        self.moments.lock().unwrap()
    }

    pub(super) fn note(&self, what: impl Into<String>) {
        self.scene.books.note(self.number, what.into());
    }

    pub(super) fn violated(&self, what: impl Into<String>) {
        self.scene.books.violated(self.number, what.into());
    }

    /// Whether what was heard at this moment may have been lost by a failover.
    pub(super) fn excuses(&self, what: &'static str, heard_at: Option<Instant>) -> bool {
        self.scene.books.excuses(self.number, what, heard_at)
    }

    /// Whether it ended as those who took part were told.
    fn check(&self, ending: Ending) {
        let Moments {
            scanned,
            confirm_asked,
            reject_asked,
            accepted,
            rejected,
            ..
        } = *self.moments();
        let may_cancel = matches!(
            self.plan.purpose,
            Purpose::CancelWaiting | Purpose::CancelScanned
        );
        let (name, may) = match ending {
            Ending::Confirmed => ("confirmed", confirm_asked),
            Ending::Rejected => ("rejected", reject_asked),
            Ending::Cancelled => ("cancelled", may_cancel),
            Ending::Expired => {
                let scanned_at = scanned.map(|(_, at)| at);
                let may = scanned.is_none()
                    || self.excuses("scans lost, and the login expired", scanned_at);
                ("expired before it was scanned", may)
            }
            // The browser has judged that itself.
            Ending::SentAway => ("sent away", true),
        };
        if !may {
            self.violated(format!("{name} without anybody's wish"));
        }
        if accepted.is_some()
            && ending != Ending::Confirmed
            && !self.excuses(CONFIRM_LOST, accepted)
        {
            self.violated(format!("the confirm was accepted, and the browser: {name}"));
        }
        let is_rejected = ending == Ending::Rejected;
        if rejected.is_some()
            && !is_rejected
            && !self.excuses("rejects lost, and the browser ended", rejected)
        {
            self.violated(format!("the reject was accepted, and the browser: {name}"));
        }
        self.scene.books.settled(self.number, name);
    }
}
