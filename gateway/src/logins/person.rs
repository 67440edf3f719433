//! The person behind a phone's token, in an order in which a flood stays cheap: what this process knows of the token, the
//! address, the backend, and only then the person's own limits.

use super::Logins;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::identity::{IdentityError, KnownToken, Person};
use crate::limits::{LimitName, Verdict};

impl Logins {
    /// Returns the person behind a token, whom none of these limits refuses as far as this process knows.
    ///
    /// An address counts refused tokens alone (row A3): phones share the address of their app's backend, and what one
    /// person sends must not keep the others out. A token that was good some minutes ago is asked about even if its
    /// address is over the limit.
    ///
    /// # Errors
    /// The token is not good, the address or the person is over a limit, or something is down.
    pub(super) async fn person_behind(
        &self,
        token: &str,
        address: &ClientAddress,
        limits: &[LimitName],
    ) -> Result<Person, ApiError> {
        match self.identity.known(token) {
            Some(KnownToken::Refused(refusal)) => Err(IdentityError::Refused(refusal).into()),
            Some(KnownToken::Of(person)) => {
                for limit in limits {
                    self.must_not_be_limited(*limit, person.as_str())?;
                }
                self.identified(token, address).await
            }
            // No server is asked, so a look at the address would save nothing.
            None if self.identity.verifies_offline() => self.identified(token, address).await,
            None => {
                let key = address.limit_key();
                self.must_not_be_limited(LimitName::RefusedTokenPerAddress, &key)?;
                self.check_failures_here(LimitName::RefusedTokenPerAddress, address)
                    .map_err(ApiError::too_many_requests)?;
                let rate = self.rate(LimitName::RefusedTokenPerAddress);
                let question = self.token_allowance.open(rate, &key).await;
                let question = question.map_err(|wait| {
                    self.metrics.limited(LimitName::RefusedTokenPerAddress);
                    ApiError::too_many_requests(wait)
                })?;
                // Another node may have counted while this question waited.
                self.must_not_be_limited(LimitName::RefusedTokenPerAddress, &key)?;
                let identified = self.identity.identify(token).await;
                if let Err(IdentityError::Refused(_)) = identified {
                    question.refused();
                    self.failed_here(LimitName::RefusedTokenPerAddress, address);
                }
                self.counted(identified, &key).await
            }
        }
    }

    async fn identified(&self, token: &str, address: &ClientAddress) -> Result<Person, ApiError> {
        let identified = self.identity.identify(token).await;
        self.counted(identified, &address.limit_key()).await
    }

    /// Counts a refused token against its address.
    async fn counted(
        &self,
        identified: Result<Person, IdentityError>,
        key: &str,
    ) -> Result<Person, ApiError> {
        if let Err(IdentityError::Refused(_)) = identified {
            self.count(LimitName::RefusedTokenPerAddress, key).await?;
        }
        Ok(identified?)
    }

    /// Returns an error while a refusal of the store lasts that this node remembers.
    pub(super) fn must_not_be_limited(&self, limit: LimitName, key: &str) -> Result<(), ApiError> {
        match self.remembered_refusals.verdict(limit, key) {
            Verdict::Allowed => Ok(()),
            Verdict::Limited { retry_after } => {
                self.metrics.limit_remembered(limit);
                self.metrics.limited(limit);
                Err(ApiError::too_many_requests(retry_after))
            }
        }
    }
}
