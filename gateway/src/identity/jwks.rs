//! Signed tokens: JWTs (RFC 7519) of the app's backend, verified by its published keys.
//!
//! The gateway does not ask the backend, so a person's standing is as old as the token: a deployment with signed tokens
//! keeps their lifetime short.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use parking_lot::{Mutex, RwLock};
use serde::Deserialize;
use tokio::time::Instant;
use url::Url;

use super::answer::BackendAnswer;
use super::verified::Verified;
use super::{IdentityBackend, IdentityError, Person};
use crate::error_chain::chain;
use crate::settings::JwksSettings;
use crate::wall_clock;

/// Minimum time between a fetch and the next one that an unknown key causes. Without it a flood of made-up keys would
/// become a flood of fetches.
const REFETCH_PAUSE: Duration = Duration::from_secs(60);

/// Pause after a failed fetch: the first, and the longest, because each further failure doubles it.
const REST: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));

/// Time beyond `refresh` during which old keys are accepted while new ones cannot be fetched.
const KEPT_IN_OUTAGE: Duration = Duration::from_secs(3600);

const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// Asymmetric ones only: a public key must never pass as an HMAC's secret (RFC 8725 §3.1).
const ALGORITHMS: [Algorithm; 3] = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

/// The published keys of an app's backend.
#[derive(Debug)]
pub(crate) struct Jwks {
    source: Source,
    validations: [Validation; ALGORITHMS.len()],
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
}

#[derive(Debug)]
enum Source {
    Http {
        client: reqwest::Client,
        url: String,
    },
    File(PathBuf),
}

/// Reasons for the keys not to be fetched.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("the keys cannot be fetched")]
    Http(#[source] reqwest::Error),
    #[error("{}: the file of keys cannot be read", .path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}: invalid JWK set", .path.display())]
    Invalid {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("the last fetch of the keys failed a moment ago")]
    Paused,
}

/// Keys of one fetch.
struct Keys {
    /// Keys by their ids. A key of an unknown type is kept as its error.
    by_id: HashMap<String, Result<DecodingKey, String>>,
    fetched_at: Instant,
    /// Tokens that these keys have verified. They are dropped together, so that a withdrawn key verifies no token.
    verified: Mutex<Verified>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("ids", &self.by_id.keys())
            .finish_non_exhaustive()
    }
}

/// Claims of a token. `exp` is its end in Unix seconds.
#[derive(Debug, Deserialize)]
struct Claims {
    exp: f64,
    #[serde(flatten)]
    person: BackendAnswer,
}

impl Jwks {
    /// Creates a backend from its settings.
    ///
    /// # Errors
    /// Returns an error if no HTTP client can be made on this machine.
    pub(crate) fn new(settings: JwksSettings) -> Result<Self, reqwest::Error> {
        let file = Url::parse(&settings.url)
            .ok()
            .filter(|url| url.scheme() == "file")
            .and_then(|url| url.to_file_path().ok());
        let source = match file {
            Some(path) => Source::File(path),
            None => Source::Http {
                client: reqwest::Client::builder().timeout(FETCH_TIMEOUT).build()?,
                url: settings.url,
            },
        };
        let validations =
            ALGORITHMS.map(|algorithm| validation(algorithm, &settings.issuer, &settings.audience));
        let (keys, fetching) = (RwLock::default(), tokio::sync::Mutex::default());
        let pace = Pace {
            refetch_pause: REFETCH_PAUSE,
            rest: REST,
            kept_in_outage: KEPT_IN_OUTAGE,
        };
        Ok(Self {
            source,
            validations,
            refresh: settings.refresh,
            keys,
            pace,
            fetching,
        })
    }

    /// Creates a backend whose keys are fetched already.
    #[cfg(any(test, fuzzing))]
    pub(super) fn with_keys(settings: JwksSettings, keys: JwkSet) -> Result<Self, reqwest::Error> {
        Ok(Self {
            keys: RwLock::new(Some(Arc::new(Keys::new(keys)))),
            ..Self::new(settings)?
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
        (keys.by_id.contains_key(kid) && keys.fetched_at.elapsed() < believed).then_some(keys)
    }

    /// Returns the keys, fetched again if this id is unknown or they are due. Fetches run one at a time: other callers
    /// wait for the running fetch, unless old keys include the id.
    async fn keys_with(&self, kid: &str) -> Result<Arc<Keys>, IdentityError> {
        if let Some(keys) = self
            .fresh_keys()
            .filter(|keys| keys.by_id.contains_key(kid))
        {
            return Ok(keys);
        }
        let mut fetching = match (self.fetching.try_lock(), self.old_keys_with(kid)) {
            (Ok(fetching), _) => fetching,
            (Err(_), Some(keys)) => return Ok(keys),
            (Err(_), None) => self.fetching.lock().await,
        };
        let known = self.keys.read().clone();
        if let Some(keys) = known {
            let (age, known) = (keys.fetched_at.elapsed(), keys.by_id.contains_key(kid));
            if if known {
                age < self.refresh
            } else {
                age < self.pace.refetch_pause
            } {
                return Ok(keys);
            }
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
                (*fetching, *self.keys.write()) = (Fetching::default(), Some(Arc::clone(&keys)));
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

    /// Returns the claims of a token that one of the keys has signed.
    async fn verify(&self, token: &str) -> Result<(Arc<Keys>, Claims), IdentityError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| IdentityError::InvalidToken)?;
        let validation = self
            .validations
            .iter()
            .find(|validation| validation.algorithms.contains(&header.alg));
        let validation = validation.ok_or(IdentityError::InvalidToken)?;
        let kid = header.kid.ok_or(IdentityError::InvalidToken)?;
        let keys = self.keys_with(&kid).await?;
        let key = keys.by_id.get(&kid).ok_or(IdentityError::InvalidToken)?;
        let key = key
            .as_ref()
            .map_err(|problem| IdentityError::unavailable(problem.as_str()))?;
        let verified = jsonwebtoken::decode::<Claims>(token, key, validation);
        let claims = verified.map_err(|_| IdentityError::InvalidToken)?.claims;
        Ok((keys, claims))
    }
}

impl Fetching {
    fn rests(&self) -> bool {
        self.rests_until.is_some_and(|until| Instant::now() < until)
    }

    fn rest_for(&mut self, pause: Duration) {
        self.rests_until = Some(Instant::now() + pause);
    }
}

/// Returns the pause after `failures` failures and one more.
fn rest_after(failures: u32, (first, longest): (Duration, Duration)) -> Duration {
    first.saturating_mul(1 << failures.min(10)).min(longest)
}

fn validation(algorithm: Algorithm, issuer: &str, audience: &str) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    validation.validate_nbf = true;
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation
}

impl Keys {
    fn new(keys: JwkSet) -> Self {
        let mut by_id = HashMap::new();
        for key in keys.keys {
            let read = DecodingKey::from_jwk(&key).map_err(|error| error.to_string());
            if let Some(id) = key.common.key_id {
                // The first of two keys with one id counts.
                by_id.entry(id).or_insert(read);
            }
        }
        Self {
            by_id,
            fetched_at: Instant::now(),
            verified: Mutex::default(),
        }
    }
}

impl Source {
    async fn fetch(&self) -> Result<JwkSet, FetchError> {
        match self {
            Self::Http { client, url } => {
                let answered = async {
                    client
                        .get(url)
                        .send()
                        .await?
                        .error_for_status()?
                        .json()
                        .await
                };
                answered.await.map_err(FetchError::Http)
            }
            Self::File(path) => {
                let text = tokio::fs::read(path).await;
                let text = text.map_err(|source| FetchError::Unreadable {
                    path: path.clone(),
                    source,
                })?;
                serde_json::from_slice(&text).map_err(|source| FetchError::Invalid {
                    path: path.clone(),
                    source,
                })
            }
        }
    }
}

#[async_trait]
impl IdentityBackend for Jwks {
    async fn identify(&self, token: &str) -> Result<Person, IdentityError> {
        let digest = Verified::digest(token);
        let now = wall_clock::since_epoch().as_secs_f64();
        if let Some(keys) = self.fresh_keys()
            && let Some(person) = keys.verified.lock().get(&digest, now)
        {
            return Ok((*person).clone());
        }
        let (keys, claims) = self.verify(token).await?;
        // A JWT that verifies is active: the claim belongs to introspection.
        let person = claims.person.of_verified_token().person()?;
        keys.verified
            .lock()
            .keep(digest, Arc::new(person.clone()), claims.exp);
        Ok(person)
    }

    /// Keys are fetched seldom, however many tokens arrive.
    fn verifies_offline(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
