//! Receive keys that the store does not know, so that it is asked once about each.

use std::time::Duration;

use parking_lot::Mutex;
use saoma_protocol::{Digest, LoginId, ReceiveKey};
use tokio::time::Instant;

use super::Logins;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::limits::{Generations, LimitName};

/// Time for which an answer of the store is remembered. It stays true for good, because ids are random and a login
/// exists before its key is told; the limit is for a store that is repaired.
const REMEMBERED_FOR: Duration = Duration::from_secs(30);

/// Time after which a question without an answer may be put again.
const PENDING_FOR: Duration = Duration::from_secs(10);

/// Keys that are surely remembered. Each takes some 64 bytes.
const CAPACITY: usize = 16_384;

/// Shortest wait of a browser that polls too fast: the step of `slow_down` (RFC 8628 §3.5).
pub(super) const SLOW_DOWN: Duration = Duration::from_secs(5);

/// Keys that were unknown lately, in bounded room.
#[derive(Debug)]
pub(super) struct UnknownKeys(Mutex<Generations<(LoginId, Digest), Asked>>);

/// The state of the question about a key.
#[derive(Debug, Clone, Copy)]
struct Asked {
    /// The store has not answered yet.
    pending: bool,
    until: Instant,
}

/// A receive key that may be put to the store, and the login that it is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct PresentedKey {
    pub(super) id: LoginId,
    pub(super) digest: Digest,
    /// A node of this gateway has made the key.
    pub(super) is_ours: bool,
}

impl PresentedKey {
    /// Returns the key by which commands are counted: the login, or a key that no node has made by itself, so that
    /// strangers use up no browser's commands.
    pub(super) fn counted_by(&self) -> String {
        if self.is_ours {
            self.id.to_string()
        } else {
            self.digest.to_string()
        }
    }
}

impl Default for UnknownKeys {
    fn default() -> Self {
        Self(Mutex::new(Generations::new(CAPACITY)))
    }
}

impl UnknownKeys {
    fn get(&self, key: PresentedKey) -> Option<Asked> {
        let asked = self.0.lock().get(&(key.id, key.digest))?;
        (asked.until > Instant::now()).then_some(asked)
    }

    fn insert(&self, key: PresentedKey, pending: bool, lasts: Duration) {
        let until = Instant::now() + lasts;
        self.0
            .lock()
            .insert((key.id, key.digest), Asked { pending, until });
    }
}

impl Logins {
    /// Decides in this process whether the store is asked about a receive key. A key that no node has made is counted
    /// against its address, and is asked about once; one that a node has made is never refused for what strangers ask
    /// (threats T10 and T12).
    ///
    /// # Errors
    /// Returns an error if the key was unknown lately, or the address has presented too many unknown keys.
    pub(super) fn look_at_key(
        &self,
        id: LoginId,
        key: &ReceiveKey,
        address: &ClientAddress,
    ) -> Result<PresentedKey, ApiError> {
        let presented = PresentedKey {
            id,
            digest: key.digest(),
            is_ours: self.secrets.knows_receive_key(id, key),
        };
        match self.unknown_keys.get(presented) {
            Some(Asked { pending: false, .. }) => return Err(Self::unknown_login()),
            Some(Asked { pending: true, .. }) => {
                return Err(ApiError::too_many_requests(Duration::from_secs(1)));
            }
            None => {}
        }
        if !presented.is_ours {
            self.count_networks_here(&[LimitName::UnknownKeyPerAddress; 3], address)?;
            self.unknown_keys.insert(presented, true, PENDING_FOR);
        }
        Ok(presented)
    }

    /// Notes whether the store knows a key. Of an answer that did not come nothing is noted.
    pub(super) fn key_answered(&self, key: PresentedKey, is_known: Option<bool>) {
        match is_known {
            Some(false) => self.unknown_keys.insert(key, false, REMEMBERED_FOR),
            _ if !key.is_ours => self.unknown_keys.insert(key, false, Duration::ZERO),
            _ => {}
        }
    }

    /// Counts a poll with an unknown key, which the store does not count.
    ///
    /// # Errors
    /// Returns an error if the key is presented too often.
    pub(super) fn count_unknown_poll(&self, key: &ReceiveKey) -> Result<(), ApiError> {
        self.count_here(LimitName::PollPerLogin, &key.digest().to_string())
            .map_err(|denial| denial.for_at_least(SLOW_DOWN))
    }
}
