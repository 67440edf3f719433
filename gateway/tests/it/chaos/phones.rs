//! The phones of a visit, and the persons who hold them.

use std::time::{Duration, Instant};

use saoma_client::Phone;
use saoma_load::deployment::PERSONAL;
use saoma_protocol::ErrorCode;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::scene::{ASKED_AGAIN_AFTER, Answer, Purpose};
use super::visit::{Page, Visit};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Confirm,
    Reject,
}

/// Whether there is more for a person to do.
enum Then {
    Done,
    ScanAgain,
}

impl Visit {
    /// The phones: of one person, or of two at once.
    pub(super) async fn phones(&self, mut page: watch::Receiver<Page>, mut random: fastrand::Rng) {
        if self.plan.purpose == Purpose::CancelWaiting {
            return;
        }
        sleep(self.plan.before_scan).await;
        let [first, second] = self.plan.persons;
        if self.plan.purpose == Purpose::TwoPersons {
            let (other, others) = (page.clone(), random.fork());
            tokio::join!(
                self.phone(first, page, random),
                self.phone(second, other, others)
            );
        } else {
            page.mark_changed();
            self.phone(first, page, random).await;
        }
    }

    async fn phone(&self, person: u32, mut page: watch::Receiver<Page>, mut random: fastrand::Rng) {
        while let Some(scanned_at) = self.scan(person, &mut page, &mut random).await {
            sleep(self.plan.before_decision).await;
            let choice = match self.plan.purpose {
                Purpose::CancelScanned => return,
                Purpose::Reject => Choice::Reject,
                _ => Choice::Confirm,
            };
            if let Then::Done = self
                .decide(choice, person, scanned_at, &mut page, &mut random)
                .await
            {
                return;
            }
        }
    }

    /// When the login became this person's, if it did. A person who comes second tries to confirm all the same.
    async fn scan(
        &self,
        person: u32,
        page: &mut watch::Receiver<Page>,
        random: &mut fastrand::Rng,
    ) -> Option<Instant> {
        loop {
            let Page { qr, ended } = page.borrow_and_update().clone();
            if ended.is_some() {
                return None;
            }
            let answer = self.scene.phone_of(person, random).scan(&qr).await;
            match self
                .scene
                .heed(self.number, &format!("scan by {person}"), &answer, random)
                .await
            {
                Answer::Done => {
                    return Some(self.scanned_by(person));
                }
                Answer::Again => {}
                // It has been renewed, and the browser does not know yet; or it is over.
                Answer::Refused(ErrorCode::UnknownCode) => {
                    let _ = timeout(Duration::from_secs(1), page.changed()).await;
                }
                Answer::Refused(ErrorCode::AlreadyScanned)
                    if self.plan.purpose == Purpose::TwoPersons =>
                {
                    self.steal(person, &self.scene.phone_of(person, random))
                        .await;
                    return None;
                }
                Answer::Refused(ErrorCode::AlreadyDecided) => return None,
                Answer::Refused(code) => {
                    self.violated(format!("a scan was refused with {code:?}"));
                    return None;
                }
            }
        }
    }

    /// Notes whose the login is.
    fn scanned_by(&self, person: u32) -> Instant {
        let (now, before) = (Instant::now(), self.moments().scanned);
        match before {
            Some((owner, at))
                if owner != person && !self.excuses("scans lost to another person", Some(at)) =>
            {
                self.violated("two persons own the login");
            }
            _ => self.moments().scanned = Some((person, now)),
        }
        now
    }

    async fn steal(&self, person: u32, phone: &Phone) {
        if phone.confirm(self.login.login_id, PERSONAL).await.is_ok() {
            self.violated(format!("{person} confirmed the login of another"));
        }
    }

    /// Confirms or rejects, again while there is no answer; and once more when the page waits on after an answer that may
    /// have been lost.
    async fn decide(
        &self,
        choice: Choice,
        person: u32,
        scanned_at: Instant,
        page: &mut watch::Receiver<Page>,
        random: &mut fastrand::Rng,
    ) -> Then {
        self.asks(choice);
        let mut answered_at = None;
        loop {
            let phone = self.scene.phone_of(person, random);
            let (question, answer) = match choice {
                Choice::Confirm => (
                    "confirm",
                    phone.confirm(self.login.login_id, PERSONAL).await,
                ),
                Choice::Reject => ("reject", phone.reject(self.login.login_id).await),
            };
            match self
                .scene
                .heed(
                    self.number,
                    &format!("{question} by {person}"),
                    &answer,
                    random,
                )
                .await
            {
                Answer::Done => {
                    answered_at = Some(self.is_answered(choice));
                    let told = timeout(
                        ASKED_AGAIN_AFTER,
                        page.wait_for(|page| page.ended.is_some()),
                    )
                    .await;
                    if told.is_ok() || !self.excuses("decisions asked again", answered_at) {
                        return Then::Done;
                    }
                }
                Answer::Again => {}
                Answer::Refused(code) => {
                    let is_excused = self
                        .excuses("decisions refused, their scan lost", Some(scanned_at))
                        || self.excuses("decisions refused, themselves lost", answered_at);
                    if !is_excused {
                        self.violated(format!("a {question} was refused with {code:?}"));
                    } else if matches!(code, ErrorCode::NotScanned | ErrorCode::UnknownLogin) {
                        return Then::ScanAgain;
                    }
                    return Then::Done;
                }
            }
        }
    }

    fn asks(&self, choice: Choice) {
        match choice {
            Choice::Confirm => {
                self.scene.books.pages().ledger.asked(self.login.login_id);
                self.moments().confirm_asked = true;
            }
            Choice::Reject => self.moments().reject_asked = true,
        }
    }

    fn is_answered(&self, choice: Choice) -> Instant {
        let now = Instant::now();
        match choice {
            Choice::Confirm => {
                self.scene
                    .books
                    .pages()
                    .ledger
                    .accepted(self.login.login_id);
                self.moments().accepted = Some(now);
            }
            Choice::Reject => self.moments().rejected = Some(now),
        }
        now
    }
}
