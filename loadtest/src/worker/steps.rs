//! A login that goes step by step: when a browser is through one it waits until all are, and its turn for the next comes.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::turn::PhoneOf;
use super::visitor::Visitor;
use crate::open_model::Arrival;
use crate::scenario::Step;

impl Visitor {
    /// Goes through the steps. Whether another browser is to take the seat: only of one whose steps have not begun.
    pub(super) async fn go_by_steps(mut self) -> bool {
        let turn = self.site.wait(Step::Scan);
        let scan = match self.turn(turn).await {
            Ok(scan) => scan,
            Err(stays) => return stays,
        };
        let site = Arc::clone(&self.site);
        let phone = PhoneOf {
            site: Arc::clone(&site),
            node: self.node,
            person: scan.number,
        };
        let login_id = match Box::pin(self.scan(&phone, scan.intended)).await {
            Ok(login_id) => login_id,
            Err(failure) => return site.broke_off("", &failure),
        };
        let confirm = match self.turn(self.through(scan, Step::Confirm)).await {
            Ok(confirm) => confirm,
            // Settled, and nobody has confirmed.
            Err(true) => {
                site.tally
                    .failed("a scanned login ended before its confirm");
                return false;
            }
            Err(false) => return false,
        };
        let confirmed = match Box::pin(self.confirm(&phone, login_id, confirm.intended)).await {
            Ok(code) => self
                .until_the_end()
                .await
                .map(|()| code)
                .map_err(Into::into),
            Err(failure) => Err(failure),
        };
        let code = match confirmed {
            Ok(code) => code,
            Err(failure) => return site.broke_off("", &failure),
        };
        let turn = self.through(confirm, Step::Redeem);
        if !site.scenario().redeem {
            return false;
        }
        // Nothing but the code is kept until its turn comes: no socket, no messages.
        let grant = self.grant(code);
        drop(self);
        let Ok(redeem) = turn.await else { return false };
        match Box::pin(grant.redeem(redeem.intended)).await {
            Ok(()) => site.tally.done(),
            Err(failure) => return site.broke_off("", &failure),
        }
        false
    }

    /// Is through a step, and waits for its turn for the next before anybody can think that all do.
    fn through(&self, arrival: Arrival, next: Step) -> oneshot::Receiver<Arrival> {
        let turn = self.site.wait(next);
        self.site.tally.done();
        drop(arrival);
        turn
    }
}
