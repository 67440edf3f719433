//! Requests that relying parties send ahead of a login, and assertions that count once.

use std::time::Duration;

use saoma_protocol::{Digest, RequestReference};
use tokio::time::Instant;

use super::open::OpenKeys;
use super::{Logins, RedeemError};
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::limits::{LimitName, Verdict};
use crate::random;
use crate::relying_parties::Client;
use crate::store::{Counted, StoreError};

/// Time for which a pushed request is kept (RFC 9126 §2.2): from the answer to the client until the browser is here, with
/// some reloads of the page.
pub(crate) const PUSHED_REQUEST_LIFETIME: Duration = Duration::from_secs(60);

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

    /// Keeps an authorization request, and returns its reference. It counts against the client if that has proved itself, else
    /// against the address, as an open does: any stranger may name a client.
    ///
    /// # Errors
    /// A limit is reached, or the store is down.
    pub(crate) async fn push_request(
        &self,
        request: &str,
        proved: Option<&Client>,
        address: &ClientAddress,
    ) -> Result<RequestReference, ApiError> {
        let reference = self.secrets.request_reference();
        let keys = OpenKeys::of(address);
        let attempts = match proved {
            None => self.open_attempts(&keys),
            Some(client) => vec![self.attempt(LimitName::TokenPerClient, &client.id)],
        };
        for attempt in &attempts {
            self.must_not_be_limited(attempt.limit, attempt.key)?;
        }
        let requests = self.store.requests();
        let kept = requests.push_request(
            &attempts,
            reference.digest(),
            request,
            PUSHED_REQUEST_LIFETIME,
        );
        let kept = kept.await?;
        if let Counted::Limited { limit, retry_after } = kept {
            let verdict = Verdict::Limited { retry_after };
            for attempt in attempts.iter().filter(|attempt| attempt.limit == limit) {
                self.remembered_refusals
                    .remember(limit, attempt.key, verdict);
            }
        }
        self.let_through(kept)?;
        let until = Instant::now() + PUSHED_REQUEST_LIFETIME;
        self.pushed_requests.lock().push_back(until);
        Ok(reference)
    }

    /// Returns true if so many requests that were pushed at this node are kept.
    pub(crate) fn pushed_requests_reach(&self, maximum: usize) -> bool {
        let now = Instant::now();
        let mut kept = self.pushed_requests.lock();
        while kept.pop_front_if(|until| *until <= now).is_some() {}
        kept.len() >= maximum
    }

    /// Returns a request that was pushed, while it is kept.
    ///
    /// # Errors
    /// Too many references from this address were made up, this one is shown too often, or the store does not answer.
    pub(crate) async fn pushed_request(
        &self,
        reference: &RequestReference,
        address: &ClientAddress,
    ) -> Result<Option<String>, RedeemError> {
        if !self.secrets.knows_request_reference(reference) {
            self.count_unknown(address)?;
            return Ok(None);
        }
        let shown = self.take_here(LimitName::TokenPerLogin, &reference.digest().to_string());
        shown.map_err(|retry_after| RedeemError::TooManyRequests { retry_after })?;
        let requests = self.store.requests();
        Ok(requests.pushed_request(reference.digest()).await?)
    }
}
