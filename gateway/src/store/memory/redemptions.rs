//! Redemptions in memory: of logins' codes and of those of single sign-on.

use saoma_protocol::{Digest, LoginId};

use super::Shared;
use crate::store::{CodeOrigin, EndReason, Ended, Grant, Redeemed, Redemption, StoreError};

impl Shared {
    /// Redeems a code.
    ///
    /// # Errors
    /// Returns an error if the login's request cannot be read.
    pub(super) fn redeem(
        &self,
        id: LoginId,
        redemption: &Redemption<'_>,
    ) -> Result<Redeemed, StoreError> {
        let now = self.now();
        let sessions = &self.sessions;
        let redeemed = match redemption.origin {
            CodeOrigin::Session(code) => sessions.redeem(id, code, redemption, now),
            CodeOrigin::Login => match self.logins.get_mut(&id) {
                None => Redeemed::Invalid,
                Some(mut entry) => {
                    let requester = entry.record(now)?.request.requester;
                    entry.redeem(redemption, now, |grant| {
                        sessions.join(id, redemption, grant, &requester, now)
                    })
                }
            },
        };
        if redeemed == (Redeemed::Replayed { ends_session: true }) {
            let ended = sessions.end(id, EndReason::CodeReplayed, now);
            let ends_session = ended == Ended::Now;
            return Ok(Redeemed::Replayed { ends_session });
        }
        Ok(redeemed)
    }

    /// Undoes the redemption for this access token.
    pub(super) fn undo_redemption(&self, id: LoginId, origin: CodeOrigin, access_token: Digest) {
        let undone = match origin {
            CodeOrigin::Session(code) => self.sessions.undo_redemption(id, code, access_token),
            CodeOrigin::Login => {
                let entry = self.logins.get_mut(&id);
                entry.is_some_and(|mut entry| entry.undo_redemption(access_token))
            }
        };
        if undone {
            self.sessions.leave(id, access_token);
        }
    }

    /// Returns the grant behind an access token while the token is good.
    pub(super) fn access(&self, id: LoginId, access_token: Digest) -> Option<Grant> {
        let now = self.now();
        let entry = self.logins.get(&id);
        let granted = entry.and_then(|entry| entry.granted()?.access(access_token, now));
        granted.or_else(|| self.sessions.access(id, access_token, now))
    }
}
