//! The browsers that wait on this node, by login.
//!
//! A browser that comes back *joins* before the store is asked about it, so that no push between the answer and the
//! waiting is missed; it *holds* the login only once the store has accepted its receive key. Knowing a login's id
//! is therefore not enough to push its browser out.
//!
//! A login that is left with a code that still works is *unattended* until a browser holds it, it changes, or the code
//! runs out. The node counts such logins, because they take room in the store.

use std::sync::Arc;

use dashmap::{DashMap, Entry};
use saoma_protocol::{LoginId, Timestamp};

use super::waiter::{Phase, Waiter};
use crate::store::Change;

/// All waiters of a node.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    held: DashMap<LoginId, Arc<Waiter>>,
    joining: DashMap<LoginId, Vec<Arc<Waiter>>>,
    /// Unattended logins, with the time limit of their code.
    unattended: DashMap<LoginId, Timestamp>,
}

impl Waiters {
    /// Adds a waiter that has yet to prove itself.
    pub(crate) fn join(self: &Arc<Self>, waiter: Waiter) -> Waiting {
        let waiter = Arc::new(waiter);
        self.joining
            .entry(waiter.login_id())
            .or_default()
            .push(Arc::clone(&waiter));
        Waiting {
            waiters: Arc::clone(self),
            waiter,
        }
    }

    /// Every waiter of a login: the holder and those that join. The handles are cloned out, so that no map guard is held.
    pub(crate) fn of(&self, id: LoginId) -> Vec<Arc<Waiter>> {
        let holder = self.held.get(&id).map(|entry| Arc::clone(&entry));
        let joining = self.joining.get(&id).map(|entry| entry.clone());
        holder
            .into_iter()
            .chain(joining.into_iter().flatten())
            .collect()
    }

    /// Every waiter that holds its login.
    pub(crate) fn holders(&self) -> Vec<Arc<Waiter>> {
        self.held
            .iter()
            .map(|entry| Arc::clone(entry.value()))
            .collect()
    }

    /// Every waiter: what is lost before one that joins has been answered is lost to it too.
    pub(crate) fn all(&self) -> Vec<Arc<Waiter>> {
        let mut all = self.holders();
        self.joining
            .iter()
            .for_each(|entry| all.extend(entry.value().iter().cloned()));
        all
    }

    /// Returns the number of browsers that hold a login here.
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// Returns true if so many logins are unattended.
    pub(crate) fn unattended_reach(&self, maximum: usize, now: Timestamp) -> bool {
        if self.unattended.len() < maximum {
            return false;
        }
        self.forget_ended(now) >= maximum
    }

    /// Forgets the unattended logins whose code has run out, and returns the number of the others.
    pub(crate) fn forget_ended(&self, now: Timestamp) -> usize {
        self.unattended.retain(|_, until| *until > now);
        self.unattended.len()
    }

    /// Notes the change of a login that no browser holds here.
    pub(crate) fn changed_unattended(&self, id: LoginId, change: &Change, expires_at: Timestamp) {
        if let Entry::Occupied(mut login) = self.unattended.entry(id) {
            if matches!(change, Change::Renewed { .. }) {
                login.insert(expires_at);
            } else {
                login.remove();
            }
        }
    }

    /// Notes that a browser attends to a login, here or at another node.
    pub(crate) fn attended(&self, id: LoginId) {
        self.unattended.remove(&id);
    }

    fn leave(&self, waiter: &Arc<Waiter>) {
        let id = waiter.login_id();
        self.leave_joining(waiter);
        let held = self
            .held
            .remove_if(&id, |_, holder| Arc::ptr_eq(holder, waiter));
        let deadline = waiter.deadline();
        if held.is_some() && deadline.phase == Phase::Waiting && !waiter.is_superseded() {
            self.unattended.insert(id, deadline.expires_at);
        }
    }

    fn leave_joining(&self, waiter: &Arc<Waiter>) {
        let id = waiter.login_id();
        if let Some(mut joining) = self.joining.get_mut(&id) {
            joining.retain(|other| !Arc::ptr_eq(other, waiter));
        }
        self.joining.remove_if(&id, |_, joining| joining.is_empty());
    }
}

/// A waiter's place on its node: given up when this is dropped.
#[derive(Debug)]
pub(crate) struct Waiting {
    waiters: Arc<Waiters>,
    waiter: Arc<Waiter>,
}

impl Waiting {
    /// Makes the waiter the holder of its login. Of two on this node the one with the older attachment is closed, even if
    /// its answer came last.
    pub(crate) fn hold(&self) {
        let older = match self.waiters.held.entry(self.waiter.login_id()) {
            Entry::Occupied(holder) if holder.get().attachment() > self.waiter.attachment() => {
                Some(Arc::clone(&self.waiter))
            }
            Entry::Occupied(mut holder) => Some(holder.insert(Arc::clone(&self.waiter))),
            Entry::Vacant(place) => {
                place.insert(Arc::clone(&self.waiter));
                None
            }
        };
        self.waiters.leave_joining(&self.waiter);
        self.waiters.attended(self.waiter.login_id());
        if let Some(older) = older {
            older.supersede();
        }
    }

    /// The waiter.
    pub(crate) const fn waiter(&self) -> &Arc<Waiter> {
        &self.waiter
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.waiters.leave(&self.waiter);
    }
}

#[cfg(test)]
mod tests {
    use saoma_protocol::{CloseCode, LoginId};

    use super::*;
    use crate::waiting::waiter::{Deadline, Delivery};

    fn id() -> LoginId {
        LoginId::from_random([1; LoginId::BYTES])
    }

    #[tokio::test]
    async fn the_newest_holder_wins_and_the_older_ones_leaving_does_not_remove_it() {
        let waiters = Arc::new(Waiters::default());
        let older = waiters.join(Waiter::new(id(), 1));
        older.hold();
        let newer = waiters.join(Waiter::new(id(), 1));
        newer.hold();
        assert_eq!(
            older.waiter().next().await,
            Delivery::Close(CloseCode::Superseded.into())
        );
        drop(older);
        assert_eq!(waiters.len(), 1);
        drop(newer);
        assert_eq!(waiters.len(), 0);
        assert!(waiters.of(id()).is_empty());
    }

    #[tokio::test]
    async fn an_older_attachment_whose_answer_comes_late_pushes_nobody_out() {
        let waiters = Arc::new(Waiters::default());
        let [older, newer] = [2, 3].map(|number| {
            let waiting = waiters.join(Waiter::new(id(), 1));
            waiting.waiter().attached(number);
            waiting
        });
        newer.hold();
        older.hold();
        assert_eq!(
            older.waiter().next().await,
            Delivery::Close(CloseCode::Superseded.into())
        );
        drop(older);
        assert!(Arc::ptr_eq(&waiters.of(id())[0], newer.waiter()));
        newer.waiter().ping();
        assert_eq!(
            newer.waiter().next().await,
            Delivery::Ping,
            "it was not closed"
        );
    }

    #[test]
    fn a_login_that_is_left_is_unattended_until_its_code_runs_out() {
        let waiters = Arc::new(Waiters::default());
        let at = Timestamp::from_millis;
        let leave = |byte: u8, expires_at| {
            let id = LoginId::from_random([byte; LoginId::BYTES]);
            let waiting = waiters.join(Waiter::new(id, 1));
            waiting.waiter().set_deadline(Deadline {
                phase: Phase::Waiting,
                seq: 1,
                expires_at: at(expires_at),
                closes_at: at(9000),
            });
            waiting.hold();
            drop(waiting);
            id
        };
        let [first, second, _] =
            [(1, 1000), (2, 2000), (3, 3000)].map(|(byte, at)| leave(byte, at));
        assert!(waiters.unattended_reach(3, at(999)));
        assert!(!waiters.unattended_reach(4, at(999)));
        waiters.changed_unattended(second, &Change::Cancelled { reason: None }, at(1000));
        assert!(!waiters.unattended_reach(3, at(999)));
        let back = waiters.join(Waiter::new(first, 1));
        back.hold();
        assert_eq!(waiters.forget_ended(at(999)), 1);
        assert_eq!(waiters.forget_ended(at(3000)), 0);
    }

    #[test]
    fn a_superseded_browser_leaves_no_login_behind() {
        let waiters = Arc::new(Waiters::default());
        let waiting = waiters.join(Waiter::new(id(), 1));
        waiting.waiter().attached(1);
        waiting.hold();
        waiting.waiter().superseded_by(2);
        drop(waiting);
        assert_eq!(waiters.forget_ended(Timestamp::from_millis(0)), 0);
    }

    #[test]
    fn one_that_only_joins_pushes_nobody_out() {
        let waiters = Arc::new(Waiters::default());
        let holder = waiters.join(Waiter::new(id(), 1));
        holder.hold();
        let stranger = waiters.join(Waiter::new(id(), 0));
        assert_eq!(waiters.of(id()).len(), 2);
        drop(stranger);
        assert_eq!(waiters.of(id()).len(), 1);
        assert!(Arc::ptr_eq(&waiters.of(id())[0], holder.waiter()));
    }
}
