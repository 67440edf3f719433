//! The login flow of one person: a browser that reconnects, phones that retry, and the portal.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use saoma_client::{OpenedLogin, ReconnectingBrowser, error_chain};
use tokio::sync::watch;

use super::oracle::CONFIRM_LOST;
use super::plan::{Plan, Scenario};
use super::run_context::{RECONNECT_POLICY, RunContext};
use crate::support::hall;

/// A login flow in progress.
pub(super) struct LoginFlow {
    pub(super) context: Arc<RunContext>,
    pub(super) number: usize,
    pub(super) login: OpenedLogin,
    pub(super) plan: Plan,
    record: Mutex<FlowRecord>,
}

/// Requests and answers of a flow, with the time of the last one.
#[derive(Default)]
pub(super) struct FlowRecord {
    /// Last event of the login that the browser received.
    pub(super) told: Option<Instant>,
    /// Owner of the login, and the time of the scan.
    pub(super) scanned: Option<(u32, Instant)>,
    /// A confirm was sent, answered or not.
    pub(super) confirm_asked: bool,
    pub(super) reject_asked: bool,
    /// The phone received the answer to its confirm.
    pub(super) accepted: Option<Instant>,
    pub(super) rejected: Option<Instant>,
}

/// The page as the person sees it.
#[derive(Debug, Clone, Default)]
pub(super) struct Page {
    pub(super) qr: String,
    pub(super) ended: Option<Outcome>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Confirmed,
    Rejected,
    Cancelled,
    Expired,
    SentAway,
}

impl LoginFlow {
    /// Runs a plan to its end.
    pub(super) async fn run(context: Arc<RunContext>, plan: Plan, mut random: fastrand::Rng) {
        let oracle = Arc::clone(&context.oracle);
        let number = oracle.begin();
        oracle.note(number, format!("{plan:?}"));
        let (urls, transport) = (context.urls.clone(), context.transport(plan.transport));
        let opened = ReconnectingBrowser::open_seeded(
            urls,
            &hall(),
            transport,
            RECONNECT_POLICY,
            random.fork(),
        )
        .await;
        let browser = match opened {
            Ok(browser) => browser,
            Err(error) => {
                oracle.violation(
                    number,
                    format!("a login could not be opened: {}", error_chain(&error)),
                );
                return oracle.settled(number, "not opened");
            }
        };
        let login = browser.login().clone();
        oracle.note(number, format!("opened as {}", login.login_id));
        let record = Mutex::new(FlowRecord {
            told: Some(Instant::now()),
            ..FlowRecord::default()
        });
        let flow = Self {
            context,
            number,
            login,
            plan,
            record,
        };
        flow.begin();
        let (page, seen) = watch::channel(Page {
            qr: flow.login.qr.clone(),
            ended: None,
        });
        let (browsing, phoning) = (random.fork(), random.fork());
        let (ending, ()) = tokio::join!(
            flow.browse(browser, page, browsing),
            flow.phones(seen, phoning)
        );
        flow.check(ending);
    }

    fn begin(&self) {
        let mut state = self.context.oracle.state();
        state.ledger.opened(self.login.login_id, &self.login.state);
        let login = &self.login;
        for secret in [
            &login.receive_key.to_string(),
            &login.code_verifier,
            &login.qr,
            &login.user_code,
        ] {
            state.secret(secret);
        }
    }

    pub(super) fn record(&self) -> MutexGuard<'_, FlowRecord> {
        self.record.lock().unwrap()
    }

    pub(super) fn note(&self, what: impl Into<String>) {
        self.context.oracle.note(self.number, what.into());
    }

    pub(super) fn violation(&self, what: impl Into<String>) {
        self.context.oracle.violation(self.number, what.into());
    }

    /// Returns true, and counts an excuse, if a failover may have lost the write answered at
    /// `heard_at`.
    pub(super) fn excuses(&self, what: &'static str, heard_at: Option<Instant>) -> bool {
        self.context.oracle.excuses(self.number, what, heard_at)
    }

    /// Checks the outcome against the answers that the phones received.
    fn check(&self, ending: Outcome) {
        let FlowRecord {
            scanned,
            confirm_asked,
            reject_asked,
            accepted,
            rejected,
            ..
        } = *self.record();
        let may_cancel = matches!(
            self.plan.scenario,
            Scenario::CancelWaiting | Scenario::CancelScanned
        );
        let (name, may) = match ending {
            Outcome::Confirmed => ("confirmed", confirm_asked),
            Outcome::Rejected => ("rejected", reject_asked),
            Outcome::Cancelled => ("cancelled", may_cancel),
            Outcome::Expired => {
                let scanned_at = scanned.map(|(_, at)| at);
                let may = scanned.is_none()
                    || self.excuses("scans lost, and the login expired", scanned_at);
                ("expired before it was scanned", may)
            }
            // `handle_event` has already judged this close.
            Outcome::SentAway => ("sent away", true),
        };
        if !may {
            self.violation(format!("{name} without a request"));
        }
        if accepted.is_some()
            && ending != Outcome::Confirmed
            && !self.excuses(CONFIRM_LOST, accepted)
        {
            self.violation(format!("the confirm was accepted, and the browser: {name}"));
        }
        let is_rejected = ending == Outcome::Rejected;
        if rejected.is_some()
            && !is_rejected
            && !self.excuses("rejects lost, and the browser ended", rejected)
        {
            self.violation(format!("the reject was accepted, and the browser: {name}"));
        }
        self.context.oracle.settled(self.number, name);
    }
}
