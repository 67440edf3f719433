//! A login step by step: after each step the virtual user waits until all are through it.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::iteration::PersonPhone;
use super::virtual_user::{Slot, VirtualUser};
use crate::open_model::Arrival;
use crate::scenario::Step;

impl VirtualUser {
    /// Goes through the steps of a login. Only a login that ends before its scan gives the slot to another.
    pub(super) async fn run_stepwise(mut self) -> Slot {
        let arrival = self.state.next_arrival(Step::Scan);
        let scan = match self.wait_for(arrival).await {
            Ok(scan) => scan,
            Err(slot) => return slot,
        };
        let state = Arc::clone(&self.state);
        let phone = PersonPhone {
            state: Arc::clone(&state),
            node: self.node,
            person: scan.number,
        };
        let login_id = match Box::pin(self.scan(&phone, scan.intended)).await {
            Ok(login_id) => login_id,
            Err(failure) => {
                state.fail("", &failure);
                return Slot::Close;
            }
        };
        let arrival = self.finish(scan, Step::Confirm);
        let confirm = match self.wait_for(arrival).await {
            Ok(confirm) => confirm,
            Err(Slot::Reopen) => {
                state
                    .recorder
                    .failed("a scanned login ended before its confirm");
                return Slot::Close;
            }
            Err(Slot::Close) => return Slot::Close,
        };
        let confirmed = match Box::pin(self.confirm(&phone, login_id, confirm.intended)).await {
            Ok(code) => self.until_closed().await.map(|()| code).map_err(Into::into),
            Err(failure) => Err(failure),
        };
        let code = match confirmed {
            Ok(code) => code,
            Err(failure) => {
                state.fail("", &failure);
                return Slot::Close;
            }
        };
        let arrival = self.finish(confirm, Step::Redeem);
        if !state.scenario().has_step(Step::Redeem) {
            return Slot::Close;
        }
        // Until the redemption only the code is kept: the socket is closed already.
        let redemption = self.redemption(code);
        drop(self);
        let Ok(redeem) = arrival.await else {
            return Slot::Close;
        };
        match Box::pin(redemption.redeem(redeem.intended)).await {
            Ok(()) => state.recorder.done(),
            Err(failure) => state.fail("", &failure),
        }
        Slot::Close
    }

    /// Ends a step and waits for the arrival of the next.
    ///
    /// The wait begins before the step ends, because the last step to end lets the next phase begin.
    fn finish(&self, arrival: Arrival, next: Step) -> oneshot::Receiver<Arrival> {
        let waiting = self.state.next_arrival(next);
        self.state.recorder.done();
        drop(arrival);
        waiting
    }
}
