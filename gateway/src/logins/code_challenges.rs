//! Challenges of logins whose codes were shown in vain.

use parking_lot::RwLock;
use saoma_protocol::{CodeChallenge, LoginId};

use crate::limits::Generations;

/// Logins that are surely remembered, at 56 bytes each. A stranger needs a real code of each to have it remembered.
const CAPACITY: usize = 4096;

/// Challenges of logins, learned from the store after a code was refused. Wrong verifiers are then refused in this
/// process, so that a stranger with a public client's code has neither the store asked without end nor a limit used up
/// that would keep the right verifier out.
#[derive(Debug)]
pub(super) struct CodeChallenges(RwLock<Generations<LoginId, Option<CodeChallenge>>>);

impl Default for CodeChallenges {
    fn default() -> Self {
        Self(RwLock::new(Generations::new(CAPACITY)))
    }
}

impl CodeChallenges {
    /// Returns true if the login is known to have another challenge, or to be gone.
    pub(super) fn exclude(&self, id: LoginId, challenge: CodeChallenge) -> bool {
        let known = self.0.read().get(&id);
        known.is_some_and(|known| known != Some(challenge))
    }

    /// Returns true if the store was asked about the login.
    pub(super) fn knows(&self, id: LoginId) -> bool {
        self.0.read().get(&id).is_some()
    }

    /// Remembers the challenge of a login; `None` if the login is gone, which is for ever.
    pub(super) fn learn(&self, id: LoginId, challenge: Option<CodeChallenge>) {
        self.0.write().insert(id, challenge);
    }
}
