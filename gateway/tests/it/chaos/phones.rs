//! The phone side of a flow.

use std::time::{Duration, Instant};

use saoma_client::Phone;
use saoma_load::deployment::PERSONAL;
use saoma_protocol::ErrorCode;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::flow::{LoginFlow, Page};
use super::plan::Scenario;
use super::run_context::{Answer, RETRY_DECISION_AFTER};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Confirm,
    Reject,
}

/// Next step of a person after a decision.
enum NextStep {
    Done,
    ScanAgain,
}

impl LoginFlow {
    /// Runs the phone of one person, or of two at once.
    pub(super) async fn phones(&self, mut page: watch::Receiver<Page>, mut random: fastrand::Rng) {
        if self.plan.scenario == Scenario::CancelWaiting {
            return;
        }
        sleep(self.plan.before_scan).await;
        let [first, second] = self.plan.persons;
        if self.plan.scenario == Scenario::TwoPersons {
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
            let decision = match self.plan.scenario {
                Scenario::CancelScanned => return,
                Scenario::Reject => Decision::Reject,
                _ => Decision::Confirm,
            };
            if let NextStep::Done = self
                .decide(decision, person, scanned_at, &mut page, &mut random)
                .await
            {
                return;
            }
        }
    }

    /// Scans until there is an answer and returns the time of a successful scan. A second person
    /// tries to confirm anyway.
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
            let answer = self.context.phone_of(person, random).scan(&qr).await;
            match self
                .context
                .record_answer(self.number, &format!("scan by {person}"), &answer, random)
                .await
            {
                Answer::Done => {
                    return Some(self.record_owner(person));
                }
                Answer::Retry => {}
                // The code was renewed and the browser has not heard yet, or the login is over.
                Answer::Refused(ErrorCode::UnknownCode) => {
                    let _ = timeout(Duration::from_secs(1), page.changed()).await;
                }
                Answer::Refused(ErrorCode::AlreadyScanned)
                    if self.plan.scenario == Scenario::TwoPersons =>
                {
                    self.check_intruder_is_refused(person, &self.context.phone_of(person, random))
                        .await;
                    return None;
                }
                Answer::Refused(ErrorCode::AlreadyDecided) => return None,
                Answer::Refused(code) => {
                    self.violation(format!("a scan was refused with {code:?}"));
                    return None;
                }
            }
        }
    }

    /// Records the owner of the login and returns the current time.
    fn record_owner(&self, person: u32) -> Instant {
        let (now, before) = (Instant::now(), self.record().scanned);
        match before {
            Some((owner, at))
                if owner != person && !self.excuses("scans lost to another person", Some(at)) =>
            {
                self.violation("two persons own the login");
            }
            _ => self.record().scanned = Some((person, now)),
        }
        now
    }

    async fn check_intruder_is_refused(&self, person: u32, phone: &Phone) {
        if phone.confirm(self.login.login_id, PERSONAL).await.is_ok() {
            self.violation(format!("{person} confirmed the login of another"));
        }
    }

    /// Confirms or rejects, and retries while there is no answer. Repeats the decision if the page
    /// still waits and a failover may have lost it.
    async fn decide(
        &self,
        decision: Decision,
        person: u32,
        scanned_at: Instant,
        page: &mut watch::Receiver<Page>,
        random: &mut fastrand::Rng,
    ) -> NextStep {
        self.record_request(decision);
        let mut answered_at = None;
        loop {
            let phone = self.context.phone_of(person, random);
            let (question, answer) = match decision {
                Decision::Confirm => (
                    "confirm",
                    phone.confirm(self.login.login_id, PERSONAL).await,
                ),
                Decision::Reject => ("reject", phone.reject(self.login.login_id).await),
            };
            match self
                .context
                .record_answer(
                    self.number,
                    &format!("{question} by {person}"),
                    &answer,
                    random,
                )
                .await
            {
                Answer::Done => {
                    answered_at = Some(self.record_accepted(decision));
                    let told = timeout(
                        RETRY_DECISION_AFTER,
                        page.wait_for(|page| page.ended.is_some()),
                    )
                    .await;
                    if told.is_ok() || !self.excuses("decisions asked again", answered_at) {
                        return NextStep::Done;
                    }
                }
                Answer::Retry => {}
                Answer::Refused(code) => {
                    let is_excused = self
                        .excuses("decisions refused, their scan lost", Some(scanned_at))
                        || self.excuses("decisions refused, themselves lost", answered_at);
                    if !is_excused {
                        self.violation(format!("a {question} was refused with {code:?}"));
                    } else if matches!(code, ErrorCode::NotScanned | ErrorCode::UnknownLogin) {
                        return NextStep::ScanAgain;
                    }
                    return NextStep::Done;
                }
            }
        }
    }

    fn record_request(&self, decision: Decision) {
        match decision {
            Decision::Confirm => {
                self.context
                    .oracle
                    .state()
                    .ledger
                    .asked(self.login.login_id);
                self.record().confirm_asked = true;
            }
            Decision::Reject => self.record().reject_asked = true,
        }
    }

    fn record_accepted(&self, decision: Decision) -> Instant {
        let now = Instant::now();
        match decision {
            Decision::Confirm => {
                self.context
                    .oracle
                    .state()
                    .ledger
                    .accepted(self.login.login_id);
                self.record().accepted = Some(now);
            }
            Decision::Reject => self.record().rejected = Some(now),
        }
        now
    }
}
