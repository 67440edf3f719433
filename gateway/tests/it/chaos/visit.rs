//! One person's way to be logged in: a browser that comes back, phones that ask again, and the portal.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use saoma_load::browser::OpenedLogin;
use saoma_load::deployment::PERSONAL;
use saoma_load::persistent_browser::Heard;
use saoma_load::{PersistentBrowser, Phone, Transport};
use saoma_protocol::{ClientMessage, ErrorCode, ServerMessage};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use url::Url;

use super::portal::Portal;
use super::scene::{Answer, HABITS, Plan, Purpose, Scene};
use crate::support::hall;

/// A visit under way.
pub(super) struct Visit {
    pub(super) scene: Arc<Scene>,
    pub(super) number: usize,
    pub(super) login: OpenedLogin,
    plan: Plan,
    /// Who scanned first.
    owner: OnceLock<u32>,
    /// When the confirm was accepted, and when its result came.
    accepted: OnceLock<Instant>,
    rejected: OnceLock<()>,
    /// What was asked, whether or not it was answered.
    asked: [OnceLock<()>; 2],
}

const CONFIRM: usize = 0;
const REJECT: usize = 1;

/// The page as the person sees it.
#[derive(Debug, Clone, Default)]
struct Page {
    qr: String,
    ended: Option<Ending>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
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
        let opened =
            PersistentBrowser::open(scene.urls.clone(), &hall(), Transport::Socket, HABITS, random.fork()).await;
        let browser = match opened {
            Ok(browser) => browser,
            Err(error) => {
                books.violated(number, format!("a login could not be opened: {error}"));
                return books.settled(number, "not opened");
            }
        };
        let login = browser.login().clone();
        books.note(number, format!("opened as {}", login.login_id));
        let visit = Self {
            scene,
            number,
            login,
            plan,
            owner: OnceLock::new(),
            accepted: OnceLock::new(),
            rejected: OnceLock::new(),
            asked: Default::default(),
        };
        visit.begin();
        let (page, seen) = watch::channel(Page { qr: visit.login.qr.clone(), ended: None });
        let (browsing, phoning) = (random.fork(), random.fork());
        let (ending, ()) = tokio::join!(visit.browse(browser, page, browsing), visit.phones(seen, phoning));
        visit.check(ending);
    }

    fn begin(&self) {
        let mut pages = self.scene.books.pages();
        pages.ledger.opened(self.login.login_id, &self.login.state);
        let login = &self.login;
        for secret in [&login.receive_key.to_string(), &login.code_verifier, &login.qr, &login.user_code] {
            pages.secret(secret);
        }
    }

    fn note(&self, what: impl Into<String>) {
        self.scene.books.note(self.number, what.into());
    }

    fn violated(&self, what: impl Into<String>) {
        self.scene.books.violated(self.number, what.into());
    }

    /// The browser, until it knows how the login ended.
    async fn browse(
        &self,
        mut browser: PersistentBrowser,
        page: watch::Sender<Page>,
        mut random: fastrand::Rng,
    ) -> Ending {
        let forever = Duration::from_secs(86_400);
        let cancels = match self.plan.purpose {
            Purpose::CancelWaiting => self.plan.before_scan,
            Purpose::CancelScanned => self.plan.before_scan + self.plan.before_decision,
            _ => forever,
        };
        let (mut cancel, mut reload) =
            (Box::pin(sleep(cancels)), Box::pin(sleep(self.plan.reloads.unwrap_or(forever))));
        let (mut cancelled, mut reloaded) = (false, false);
        loop {
            tokio::select! {
                heard = browser.next() => {
                    if let (true, Heard::News(ServerMessage::Error { retry_after: Some(seconds), .. })) = (cancelled, &heard) {
                        // The person is told to try again, and does.
                        cancelled = false;
                        cancel.as_mut().reset(tokio::time::Instant::now() + Duration::from_secs((*seconds).into()));
                    }
                    if let Some(ending) = self.hear(heard, &page) {
                        page.send_modify(|page| page.ended = Some(ending));
                        self.nothing_follows(browser).await;
                        return ending;
                    }
                }
                () = &mut cancel, if !cancelled => {
                    cancelled = true;
                    self.note("the person gives up");
                    browser.ask(ClientMessage::Cancel).await;
                }
                () = &mut reload, if !reloaded => {
                    reloaded = true;
                    self.note("the page is loaded again");
                    browser.reload();
                    sleep(Duration::from_millis(random.u64(..500))).await;
                }
            }
        }
    }

    fn hear(&self, heard: Heard, page: &watch::Sender<Page>) -> Option<Ending> {
        self.note(format!("browser: {}", spoken(&heard)));
        match heard {
            Heard::News(ServerMessage::Renewed { qr, user_code, .. }) => {
                let mut pages = self.scene.books.pages();
                pages.secret(&qr);
                pages.secret(&user_code.to_string());
                page.send_modify(|page| page.qr = qr);
            }
            Heard::News(ServerMessage::Confirmed { redirect_to, .. }) => {
                self.confirmed(&redirect_to);
                return Some(Ending::Confirmed);
            }
            Heard::News(ServerMessage::Rejected { .. }) => return Some(Ending::Rejected),
            Heard::News(ServerMessage::Cancelled { .. }) => return Some(Ending::Cancelled),
            Heard::News(ServerMessage::Expired { .. }) => return Some(Ending::Expired),
            Heard::News(_) | Heard::Returned { .. } => {}
            Heard::Stale(message) => self.violated(format!("told again of {:?}", message.seq())),
            Heard::Lost { .. } => self.scene.books.pages().lost_connections += 1,
            Heard::SentAway { code } => {
                self.violated(format!("the browser was sent away with {code}"));
                return Some(Ending::SentAway);
            }
        }
        None
    }

    /// The result has come: the portal takes over.
    fn confirmed(&self, redirect_to: &str) {
        let state = Url::parse(redirect_to)
            .ok()
            .and_then(|url| url.query_pairs().find(|(name, _)| name == "state").map(|(_, value)| value.into_owned()));
        let mut pages = self.scene.books.pages();
        pages.ledger.received(self.login.login_id, &state.unwrap_or_default());
        if let Some(accepted) = self.accepted.get() {
            pages.longest = pages.longest.max(accepted.elapsed());
        }
        drop(pages);
        let portal = Portal::of(self, redirect_to, self.owner.get().copied());
        tokio::spawn(portal.log_in(self.plan.purpose == Purpose::RedeemTwice));
    }

    async fn nothing_follows(&self, mut browser: PersistentBrowser) {
        if let Ok(Heard::News(message) | Heard::Stale(message)) = timeout(HABITS.patience, browser.next()).await {
            self.violated(format!("told of {:?} after the end", message.seq()));
        }
    }

    /// The phones: of one person, or of two at once.
    async fn phones(&self, mut page: watch::Receiver<Page>, mut random: fastrand::Rng) {
        if self.plan.purpose == Purpose::CancelWaiting {
            return;
        }
        sleep(self.plan.before_scan).await;
        let [first, second] = self.plan.persons;
        if self.plan.purpose == Purpose::TwoPersons {
            let (other, others) = (page.clone(), random.fork());
            tokio::join!(self.phone(first, page, random), self.phone(second, other, others));
        } else {
            page.mark_changed();
            self.phone(first, page, random).await;
        }
    }

    async fn phone(&self, person: u32, mut page: watch::Receiver<Page>, mut random: fastrand::Rng) {
        if !self.scan(person, &mut page, &mut random).await {
            return;
        }
        sleep(self.plan.before_decision).await;
        if self.plan.purpose == Purpose::Reject {
            self.reject(person, &mut random).await;
        } else if self.plan.purpose != Purpose::CancelScanned {
            self.confirm(person, &mut random).await;
        }
    }

    /// Whether the login is this person's. A person who comes second tries to confirm all the same.
    async fn scan(&self, person: u32, page: &mut watch::Receiver<Page>, random: &mut fastrand::Rng) -> bool {
        loop {
            let Page { qr, ended } = page.borrow_and_update().clone();
            if ended.is_some() {
                return false;
            }
            let answer = self.scene.phone_of(person, random).scan(&qr).await;
            match self.scene.heed(self.number, &format!("scan by {person}"), &answer, random).await {
                Answer::Done => {
                    if *self.owner.get_or_init(|| person) != person {
                        self.violated("two persons own the login");
                    }
                    return true;
                }
                Answer::Again => {}
                // It has been renewed, and the browser does not know yet; or it is over.
                Answer::Refused(ErrorCode::UnknownCode) => {
                    let _ = timeout(Duration::from_secs(1), page.changed()).await;
                }
                Answer::Refused(ErrorCode::AlreadyScanned) if self.plan.purpose == Purpose::TwoPersons => {
                    self.steal(person, &self.scene.phone_of(person, random)).await;
                    return false;
                }
                Answer::Refused(ErrorCode::AlreadyDecided) => return false,
                Answer::Refused(code) => {
                    self.violated(format!("a scan was refused with {code:?}"));
                    return false;
                }
            }
        }
    }

    async fn steal(&self, person: u32, phone: &Phone) {
        if phone.confirm(self.login.login_id, PERSONAL).await.is_ok() {
            self.violated(format!("{person} confirmed the login of another"));
        }
    }

    async fn confirm(&self, person: u32, random: &mut fastrand::Rng) {
        self.scene.books.pages().ledger.asked(self.login.login_id);
        self.asked[CONFIRM].get_or_init(|| ());
        loop {
            let answer = self.scene.phone_of(person, random).confirm(self.login.login_id, PERSONAL).await;
            match self.scene.heed(self.number, &format!("confirm by {person}"), &answer, random).await {
                Answer::Done => {
                    self.scene.books.pages().ledger.accepted(self.login.login_id);
                    self.accepted.get_or_init(Instant::now);
                    return;
                }
                Answer::Again => {}
                Answer::Refused(code) => return self.violated(format!("a confirm was refused with {code:?}")),
            }
        }
    }

    async fn reject(&self, person: u32, random: &mut fastrand::Rng) {
        self.asked[REJECT].get_or_init(|| ());
        loop {
            let answer = self.scene.phone_of(person, random).reject(self.login.login_id).await;
            match self.scene.heed(self.number, &format!("reject by {person}"), &answer, random).await {
                Answer::Done => {
                    self.rejected.get_or_init(|| ());
                    return;
                }
                Answer::Again => {}
                Answer::Refused(code) => return self.violated(format!("a reject was refused with {code:?}")),
            }
        }
    }

    /// Whether it ended as those who took part were told.
    fn check(&self, ending: Ending) {
        let (may_confirm, may_reject) = (self.asked[CONFIRM].get().is_some(), self.asked[REJECT].get().is_some());
        let may_cancel = matches!(self.plan.purpose, Purpose::CancelWaiting | Purpose::CancelScanned);
        let is_decided = self.accepted.get().is_some() || self.rejected.get().is_some();
        let (name, may) = match ending {
            Ending::Confirmed => ("confirmed", may_confirm),
            Ending::Rejected => ("rejected", may_reject),
            Ending::Cancelled => ("cancelled", may_cancel),
            Ending::Expired => ("expired before it was scanned", !is_decided && self.owner.get().is_none()),
            Ending::SentAway => ("sent away", false),
        };
        if !may {
            self.violated(format!("{name} without anybody's wish"));
        }
        if self.accepted.get().is_some() && ending != Ending::Confirmed {
            self.violated(format!("the confirm was accepted, and the browser: {name}"));
        }
        if self.rejected.get().is_some() && ending != Ending::Rejected {
            self.violated(format!("the reject was accepted, and the browser: {name}"));
        }
        self.scene.books.settled(self.number, name);
    }
}

/// What a browser heard, without what no log may hold.
fn spoken(heard: &Heard) -> String {
    match heard {
        Heard::News(ServerMessage::Error { error, retry_after, .. }) => {
            format!("error {error:?}, retry {retry_after:?}")
        }
        Heard::News(message) => format!("{} {:?}", kind(message), message.seq()),
        Heard::Stale(message) => format!("again {} {:?}", kind(message), message.seq()),
        Heard::Lost { code, wait } => format!("lost with {code}, comes back in {wait:?}"),
        Heard::Returned { target } => format!("back at node {target}"),
        Heard::SentAway { code } => format!("sent away with {code}"),
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
