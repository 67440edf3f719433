//! Requests that clients send ahead of a login, and names that they use once, in Redis.

use std::time::Duration;

use async_trait::async_trait;
use saoma_protocol::Digest;

use super::RedisStore;
use super::answers::read_taken;
use super::arguments::millis;
use super::fence::{Later, Proof};
use crate::store::{Attempt, Counted, RequestStore, StoreError};

#[async_trait]
impl RequestStore for RedisStore {
    async fn use_once(
        &self,
        name: Digest,
        user: Digest,
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let (key, user) = (self.keys.used(name), user.to_string());
        let call = self.scripts.use_once.on(&*key).arg(&user);
        let call = call.arg(millis(lifetime));
        let proof = |answer: &Vec<String>| {
            let used_by = answer.first().cloned().unwrap_or_default();
            // A name that a failover forgets could be used again.
            Ok(Some(Proof::of_field(&key, "user", used_by, Later::Never)))
        };
        let answer = self.run_kept(&call, proof).await?;
        Ok(answer.first() == Some(&user))
    }

    async fn push_request(
        &self,
        attempts: &[Attempt<'_>],
        reference: Digest,
        request: &str,
        lifetime: Duration,
    ) -> Result<Counted<()>, StoreError> {
        let checks = match self.checks(attempts).await? {
            Counted::Done(checks) => checks,
            Counted::Limited { limit, retry_after } => {
                return Ok(Counted::Limited { limit, retry_after });
            }
        };
        let key = self.keys.pushed_request(reference);
        let call = self.scripts.push_request.on(&*key).arg(request);
        let call = call.arg(millis(lifetime)).counting(&checks);
        let proof = |answer: &Vec<String>| {
            let is_kept = answer.first().is_some_and(|word| word == "done");
            let kept = || Proof::of_field(&key, "request", request.to_owned(), Later::Never);
            Ok(is_kept.then(kept))
        };
        let answer = self.run_kept(&call, proof).await?;
        read_taken(&answer, &checks)
    }

    async fn pushed_request(&self, reference: Digest) -> Result<Option<String>, StoreError> {
        let key = self.keys.pushed_request(reference);
        let call = self.scripts.pushed_request.on(&*key);
        // A request that is unknown here may be known to the master that took this one's place.
        let proof = |found: &Option<String>| Ok(found.is_none().then(|| Proof::of_server(&key)));
        self.run_kept(&call, proof).await
    }
}
