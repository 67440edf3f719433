//! What relying parties send ahead of a login, or may send once.

use std::time::Duration;

use saoma_protocol::Digest;

use super::Logins;
use crate::random;
use crate::relying_parties::Client;
use crate::store::StoreError;

impl Logins {
    /// Uses the id of a client's assertion. Returns false if it was used before.
    ///
    /// # Errors
    /// The store does not answer.
    pub(crate) async fn use_assertion(
        &self,
        client: &Client,
        id: &str,
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let name = Digest::of(format!("client assertion\n{}\n{id}", client.id).as_bytes());
        let user = Digest::of(&random::bytes::<32>());
        self.store.requests().use_once(name, user, lifetime).await
    }
}
