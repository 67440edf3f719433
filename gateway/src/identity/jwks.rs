//! Signed tokens: JWTs (RFC 7519) of the app's backend, verified by its published keys.
//!
//! The gateway does not ask the backend, so a person's standing is as old as the token: a deployment with signed tokens
//! keeps their lifetime short.

mod source;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jsonwebtoken::Algorithm;
use parking_lot::{Mutex, RwLock};
use serde_json::{Map, Value};
use tokio::time::Instant;

pub use self::source::KeysFileError;
use self::source::{FetchError, Source};
use super::answer::{BackendAnswer, NOT_AN_ID, is_id};
use super::claim_map::ClaimMap;
use super::conditions::Conditions;
use super::token_map::{TokenMap, digest};
use super::{IdentityBackend, IdentityError, Person};
use crate::error_chain::chain;
use crate::jose::{
    HeaderRules, JoseHeader, LEEWAY, PublishedKeys, RefusalReason, TokenRefusal, media_type,
    member, signed_claims, time,
};
use crate::metrics::BackendMetrics;
use crate::settings::JwksSettings;
use crate::wall_clock;

/// Algorithms of the backend's signatures.
const ALGORITHMS: &[Algorithm] = &[Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

/// Pause between two fetches that unknown keys cause. Without it a flood of made-up keys would become a flood of fetches.
const REFETCH_PAUSE: Duration = Duration::from_secs(10);

/// Pause after a failed fetch: the first, and the longest, because each further failure doubles it.
const REST: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));

/// Time beyond `refresh` during which old keys are accepted while new ones cannot be fetched: enough to restart or repair
/// the server of the keys while people log in. A withdrawn key counts for as long if that server is also down.
const KEPT_IN_OUTAGE: Duration = Duration::from_secs(15 * 60);

/// A backend that signs its tokens.
#[derive(Debug)]
pub(crate) struct Jwks {
    source: Source,
    conditions: Conditions,
    issuer: String,
    /// Accepted types, in lower case.
    types: Vec<String>,
    max_lifetime: f64,
    claims: ClaimMap,
    refresh: Duration,
    keys: RwLock<Option<Arc<Keys>>>,
    pace: Pace,
    fetching: tokio::sync::Mutex<Fetching>,
}

/// Times that a test shortens.
#[derive(Debug, Clone, Copy)]
struct Pace {
    refetch_pause: Duration,
    rest: (Duration, Duration),
    kept_in_outage: Duration,
}

/// Outcome of the last fetches.
#[derive(Debug, Default)]
struct Fetching {
    /// Failures since the last success.
    failures: u32,
    /// Instant from which the next fetch may begin.
    rests_until: Option<Instant>,
    /// Instant from which an unknown key may cause a fetch again.
    unknown_keys_wait_until: Option<Instant>,
}

/// Keys of one fetch.
#[derive(Debug)]
struct Keys {
    published: PublishedKeys,
    fetched_at: Instant,
    /// Tokens that these keys have verified. They are dropped together, so that a withdrawn key verifies no token.
    verified: Mutex<TokenMap<Arc<Person>>>,
}

impl Jwks {
    /// Creates a backend from its settings.
    ///
    /// # Errors
    /// Returns an error if no HTTP client can be made on this machine.
    pub(crate) fn new(
        settings: JwksSettings,
        claims: ClaimMap,
        metrics: &BackendMetrics,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            conditions: Conditions::from(&settings),
            issuer: settings.issuer,
            types: settings.types.iter().map(|typ| media_type(typ)).collect(),
            max_lifetime: settings.max_lifetime.as_secs_f64(),
            source: Source::new(settings.url, metrics)?,
            claims,
            refresh: settings.refresh,
            keys: RwLock::default(),
            pace: Pace {
                refetch_pause: REFETCH_PAUSE,
                rest: REST,
                kept_in_outage: KEPT_IN_OUTAGE,
            },
            fetching: tokio::sync::Mutex::default(),
        })
    }

    /// Reads the keys, if they are in a file: what is wrong with it shows itself before a person waits.
    ///
    /// # Errors
    /// Returns an error if the file cannot be used.
    pub(crate) async fn check_file(&self) -> Result<(), KeysFileError> {
        self.source.check_file().await
    }

    /// Creates a backend whose keys are fetched already.
    #[cfg(any(test, fuzzing))]
    pub(super) fn with_keys(settings: JwksSettings, keys: &[u8]) -> Option<Self> {
        let keys = Keys::new(PublishedKeys::read(keys).ok()?);
        Some(Self {
            keys: RwLock::new(Some(Arc::new(keys))),
            ..Self::new(settings, ClaimMap::default(), &BackendMetrics::default()).ok()?
        })
    }

    /// Returns the current keys, unless they are due to be fetched again.
    fn fresh_keys(&self) -> Option<Arc<Keys>> {
        self.keys
            .read()
            .clone()
            .filter(|keys| keys.fetched_at.elapsed() < self.refresh)
    }

    /// Returns old keys that are still accepted while new ones cannot be fetched, if they include this id.
    fn old_keys_with(&self, kid: &str) -> Option<Arc<Keys>> {
        let believed = self.refresh.saturating_add(self.pace.kept_in_outage);
        let keys = self.keys.read().clone()?;
        (keys.published.contain(kid) && keys.fetched_at.elapsed() < believed).then_some(keys)
    }

    /// Returns the keys, fetched again if this id is unknown or they are due. Fetches run one at a time: other callers
    /// wait for the running fetch, unless old keys include the id.
    async fn keys_with(&self, kid: &str) -> Result<Arc<Keys>, IdentityError> {
        let has_kid = |keys: &Arc<Keys>| keys.published.contain(kid);
        if let Some(keys) = self.fresh_keys().filter(has_kid) {
            return Ok(keys);
        }
        let asked_at = Instant::now();
        let mut fetching = match (self.fetching.try_lock(), self.old_keys_with(kid)) {
            (Ok(fetching), _) => fetching,
            (Err(_), Some(keys)) => return Ok(keys),
            (Err(_), None) => self.fetching.lock().await,
        };
        if let Some(keys) = self.fresh_keys() {
            // Keys that were fetched since the question, for another caller, answer it too.
            if keys.published.contain(kid) || keys.fetched_at >= asked_at {
                return Ok(keys);
            }
            // The id is unknown, and only a fetch can tell whether it is new or made up.
            if let Some(wait) = fetching.unknown_keys_wait() {
                return Err(unknown_key(kid, wait));
            }
            fetching.unknown_keys_wait_until = Some(Instant::now() + self.pace.refetch_pause);
        }
        let fetched = if fetching.rests() {
            Err(FetchError::Paused)
        } else {
            self.fetch(&mut fetching).await
        };
        fetched.or_else(|error| {
            self.old_keys_with(kid)
                .ok_or_else(|| IdentityError::unavailable(error))
        })
    }

    async fn fetch(&self, fetching: &mut Fetching) -> Result<Arc<Keys>, FetchError> {
        // The pause begins before the fetch: a caller that hangs up drops this future, and the next caller must not begin
        // another fetch at once.
        fetching.rest_for(self.pace.rest.0);
        match self.source.fetch().await {
            Ok(keys) => {
                let keys = Arc::new(Keys::new(keys));
                *self.keys.write() = Some(Arc::clone(&keys));
                (fetching.failures, fetching.rests_until) = (0, None);
                Ok(keys)
            }
            Err(error) => {
                tracing::warn!(error = %chain(&error), "could not fetch the keys of the app's backend");
                fetching.rest_for(rest_after(fetching.failures, self.pace.rest));
                fetching.failures = fetching.failures.saturating_add(1);
                Err(error)
            }
        }
    }

    /// Returns the claims of a token that one of the keys has signed for this gateway, and its end.
    async fn verify(
        &self,
        token: &str,
        now: f64,
    ) -> Result<(Arc<Keys>, Map<String, Value>, f64), IdentityError> {
        let rules = HeaderRules {
            algorithms: ALGORITHMS,
            types: &self.types,
            may_lack_type: false,
        };
        let header = JoseHeader::read(token, rules)?;
        let kid = header.key_id()?;
        let keys = self.keys_with(kid).await?;
        let key = keys.published.find(kid, header.algorithm);
        let checked = key
            .and_then(|key| signed_claims(token, key, header.algorithm))
            .and_then(|claims| {
                let end = self.check(&claims, now)?;
                Ok((claims, end))
            });
        let (claims, end) = checked.map_err(|refusal| header.refuse(refusal))?;
        Ok((keys, claims, end))
    }

    /// Checks the claims, and returns the token's end (RFC 9068 §4).
    fn check(&self, claims: &Map<String, Value>, now: f64) -> Result<f64, TokenRefusal> {
        let issuer = member(claims, "iss").and_then(Value::as_str);
        if issuer != Some(&self.issuer) {
            let found = issuer.unwrap_or_default();
            return Err(TokenRefusal::of(RefusalReason::Iss, found));
        }
        self.conditions.check(claims, now)?;
        let sub = member(claims, "sub").and_then(Value::as_str);
        let Some(sub) = sub.filter(|sub| !sub.is_empty()) else {
            return Err(TokenRefusal::new(RefusalReason::Sub));
        };
        if !is_id(sub) {
            return Err(TokenRefusal::of(RefusalReason::Sub, NOT_AN_ID));
        }
        let required = |name, reason| {
            let time = time(claims, name, reason)?;
            time.ok_or_else(|| TokenRefusal::of(reason, "missing"))
        };
        let begin = required("iat", RefusalReason::Iat)?;
        let end = required("exp", RefusalReason::Exp)?;
        if now + LEEWAY < begin {
            return Err(TokenRefusal::of(RefusalReason::Iat, "in the future"));
        }
        let lifetime = (end - begin).max(end - now - LEEWAY);
        if lifetime > self.max_lifetime {
            let found = format!("{} s", lifetime.floor());
            return Err(TokenRefusal::of(RefusalReason::Lifetime, &found));
        }
        Ok(end)
    }
}

/// Returns the error of a token whose key may be published since the last fetch.
fn unknown_key(kid: &str, retry_after: Duration) -> IdentityError {
    let refusal = TokenRefusal::of(RefusalReason::Kid, "not published yet");
    IdentityError::KeyUnknown {
        refusal: refusal.with_key(None, Some(kid)),
        retry_after,
    }
}

impl Fetching {
    fn rests(&self) -> bool {
        self.rests_until.is_some_and(|until| Instant::now() < until)
    }

    fn rest_for(&mut self, pause: Duration) {
        self.rests_until = Some(Instant::now() + pause);
    }

    /// Returns the time until an unknown key may cause a fetch.
    fn unknown_keys_wait(&self) -> Option<Duration> {
        let wait = self
            .unknown_keys_wait_until?
            .saturating_duration_since(Instant::now());
        (!wait.is_zero()).then_some(wait)
    }
}

/// Returns the pause after `failures` failures and one more.
fn rest_after(failures: u32, (first, longest): (Duration, Duration)) -> Duration {
    first.saturating_mul(1 << failures.min(10)).min(longest)
}

impl Keys {
    fn new(published: PublishedKeys) -> Self {
        Self {
            published,
            fetched_at: Instant::now(),
            verified: Mutex::default(),
        }
    }
}

#[async_trait]
impl IdentityBackend for Jwks {
    async fn identify(&self, token: &str) -> Result<Person, IdentityError> {
        let digest = digest(token);
        let now = wall_clock::since_epoch().as_secs_f64();
        if let Some(keys) = self.fresh_keys()
            && let Some(person) = keys.verified.lock().get(&digest, now)
        {
            return Ok((**person).clone());
        }
        let (keys, claims, end) = self.verify(token, now).await?;
        // A JWT that verifies is active: the claim belongs to introspection.
        let person = BackendAnswer::of_verified_token(claims).person(&self.claims)?;
        keys.verified
            .lock()
            .keep(digest, Arc::new(person.clone()), end);
        Ok(person)
    }

    async fn probe(&self) -> Vec<(&'static str, String)> {
        let fetched = self.source.fetch().await.err();
        let problem =
            |error: FetchError| format!("no keys, so no token can be verified: {}", chain(&error));
        fetched
            .map(|error| ("jwks", problem(error)))
            .into_iter()
            .collect()
    }

    /// Keys are fetched seldom, however many tokens arrive.
    fn verifies_offline(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
