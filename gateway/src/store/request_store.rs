//! Requests that clients send ahead of a login, and names that they use once.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use saoma_protocol::Digest;

use super::{Attempt, Counted, StoreError};

/// Pushed authorization requests (RFC 9126), and names that may be used once, such as the ids of client assertions
/// (RFC 7523 §3). All of it is kept under digests, for minutes.
///
/// # Errors
/// Every method returns a [`StoreError`] if there was no answer.
#[async_trait]
pub trait RequestStore: fmt::Debug + Send + Sync {
    /// Uses a name. Returns false if it was used before, within the lifetime of that use. The same `user` may repeat its own
    /// use, as after an answer that was lost.
    async fn use_once(
        &self,
        name: Digest,
        user: Digest,
        lifetime: Duration,
    ) -> Result<bool, StoreError>;

    /// Counts attempts, then keeps a request under the digest of its reference.
    async fn push_request(
        &self,
        attempts: &[Attempt<'_>],
        reference: Digest,
        request: &str,
        lifetime: Duration,
    ) -> Result<Counted<()>, StoreError>;

    /// Returns a request that was pushed, while it is kept. It stays, because people reload pages.
    async fn pushed_request(&self, reference: Digest) -> Result<Option<String>, StoreError>;
}
