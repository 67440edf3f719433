//! Tokens that carry their own proof: JWTs (RFC 7519) of the app's backend, verified by its published keys.
//!
//! Nobody is asked, so a person's standing is as old as the token: a deployment that chooses this keeps tokens short.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use saoma_protocol::IntrospectionResponse;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::{IdentityBackend, IdentityError, Person, person};
use crate::settings::JwksSettings;

/// How long after a fetch an unknown key makes the gateway fetch again: a flood of made-up keys must not become a
/// flood of fetches.
const REFETCH_PAUSE: Duration = Duration::from_secs(60);

const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// Asymmetric ones only: a public key must never pass as an HMAC's secret (RFC 8725 §3.1).
const ALGORITHMS: [Algorithm; 3] = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

/// The published keys of an app's backend.
#[derive(Debug)]
pub struct Jwks {
    source: Source,
    issuer: String,
    audience: String,
    refresh: Duration,
    cache: Mutex<Option<Cached>>,
}

#[derive(Debug)]
enum Source {
    Http { client: reqwest::Client, url: String },
    File(PathBuf),
}

#[derive(Debug)]
struct Cached {
    keys: JwkSet,
    fetched_at: Instant,
}

impl Jwks {
    /// Verifies as these settings say.
    ///
    /// # Errors
    /// No HTTP client can be made on this machine.
    pub fn new(settings: JwksSettings) -> Result<Self, reqwest::Error> {
        let file =
            Url::parse(&settings.url).ok().filter(|url| url.scheme() == "file").and_then(|url| url.to_file_path().ok());
        let source = match file {
            Some(path) => Source::File(path),
            None => {
                Source::Http { client: reqwest::Client::builder().timeout(FETCH_TIMEOUT).build()?, url: settings.url }
            }
        };
        let (issuer, audience, refresh) = (settings.issuer, settings.audience, settings.refresh);
        Ok(Self { source, issuer, audience, refresh, cache: Mutex::new(None) })
    }

    /// Verifies by keys that need not be fetched.
    #[cfg(any(test, fuzzing))]
    pub(super) fn with_keys(settings: JwksSettings, keys: JwkSet) -> Result<Self, reqwest::Error> {
        let cache = Mutex::new(Some(Cached { keys, fetched_at: Instant::now() }));
        Ok(Self { cache, ..Self::new(settings)? })
    }

    /// The key of this id. One fetch at a time: whoever comes meanwhile waits for it.
    async fn key(&self, kid: &str) -> Result<Jwk, IdentityError> {
        let mut cache = self.cache.lock().await;
        if let Some(cached) = cache.as_ref() {
            let age = cached.fetched_at.elapsed();
            match cached.keys.find(kid) {
                Some(key) if age < self.refresh => return Ok(key.clone()),
                None if age < REFETCH_PAUSE => return Err(IdentityError::InvalidToken),
                _ => {}
            }
        }
        let keys = self.source.fetch().await.map_err(IdentityError::Unavailable)?;
        let key = keys.find(kid).cloned();
        *cache = Some(Cached { keys, fetched_at: Instant::now() });
        key.ok_or(IdentityError::InvalidToken)
    }

    fn verify(&self, token: &str, algorithm: Algorithm, key: &Jwk) -> Result<IntrospectionResponse, IdentityError> {
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let key = DecodingKey::from_jwk(key).map_err(|error| IdentityError::Unavailable(error.to_string()))?;
        let verified = jsonwebtoken::decode::<IntrospectionResponse>(token, &key, &validation);
        verified.map(|data| data.claims).map_err(|_| IdentityError::InvalidToken)
    }
}

impl Source {
    async fn fetch(&self) -> Result<JwkSet, String> {
        match self {
            Self::Http { client, url } => {
                let answered = async { client.get(url).send().await?.error_for_status()?.json().await };
                answered.await.map_err(|error: reqwest::Error| error.to_string())
            }
            Self::File(path) => {
                let text = tokio::fs::read(path).await.map_err(|error| format!("{}: {error}", path.display()))?;
                serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))
            }
        }
    }
}

#[async_trait]
impl IdentityBackend for Jwks {
    async fn identify(&self, token: &str) -> Result<Person, IdentityError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| IdentityError::InvalidToken)?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(IdentityError::InvalidToken);
        }
        let kid = header.kid.ok_or(IdentityError::InvalidToken)?;
        let key = self.key(&kid).await?;
        let claims = self.verify(token, header.alg, &key)?;
        // A JWT that verifies is active: the claim belongs to introspection.
        person(IntrospectionResponse { active: true, ..claims })
    }
}
