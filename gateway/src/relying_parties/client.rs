//! One registered relying party.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use saoma_protocol::{Digest, PersonId, RefreshToken};
use url::Url;

use super::redirect_uris::RedirectUris;
use super::secrets::ClientSecret;
use super::sessions::{RefreshTokenPolicy, SessionPolicy};
use crate::jose::PublishedKeys;
use crate::settings::{
    AgreeSetting, ClientSettings, PkceSetting, SOURCE_SEPARATOR, SigningAlgorithm, SubjectSetting,
    SubjectTypeSetting,
};
use crate::store::SessionTerms;

/// A registered relying party.
#[derive(Debug)]
pub(crate) struct Client {
    /// Its id.
    pub id: String,
    /// Its name, as people read it on their phones.
    pub name: String,
    secret: Option<ClientSecret>,
    keys: Option<PublishedKeys>,
    redirect_uris: RedirectUris,
    origins: Vec<String>,
    apps: Option<Vec<String>>,
    agree: AgreeSetting,
    pkce: PkceSetting,
    /// True once a request without challenge and nonce was logged.
    has_opened_bare: AtomicBool,
    device: bool,
    require_par: bool,
    id_token_algorithm: SigningAlgorithm,
    /// Digest of its settings, by which a change is noticed.
    fingerprint: Digest,
    sessions: SessionPolicy,
    source: Option<String>,
    /// True if the claims of its scope stand in the ID token too.
    pub id_token_claims: bool,
    /// What its subjects stand for.
    pub subject: SubjectSetting,
    /// Who is told the same subjects.
    pub subject_type: SubjectTypeSetting,
    /// The sector of its pairwise subjects.
    pub sector: String,
}

impl Client {
    /// Returns true if its browsers may be sent to this URI (RFC 9700 §2.1, threat T26).
    pub(crate) fn admits_redirect(&self, uri: &str) -> bool {
        self.redirect_uris.admit(uri)
    }

    /// Returns true if a page of this origin may open a login for it.
    pub(crate) fn admits_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|registered| registered == origin)
    }

    /// Returns the names of the apps that its login page may offer, if not all are.
    pub(crate) fn offered_apps(&self) -> Option<&[String]> {
        self.apps.as_deref()
    }

    /// Returns true if the two have the same settings.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }

    /// Returns the origins of its pages.
    pub(super) fn origins(&self) -> &[String] {
        &self.origins
    }

    /// Returns true if its browsers are asked to agree to persons who are new to them (threat T34).
    pub(crate) fn asks_browsers(&self) -> bool {
        self.agree == AgreeSetting::New
    }

    /// Returns true if its browsers bring requests only by reference (RFC 9126 §6).
    pub(crate) const fn must_push(&self) -> bool {
        self.require_par
    }

    /// Returns true if its devices may open logins (RFC 8628).
    pub(crate) const fn has_devices(&self) -> bool {
        self.device
    }

    /// Returns the algorithm that signs its ID tokens.
    pub(crate) const fn id_token_algorithm(&self) -> SigningAlgorithm {
        self.id_token_algorithm
    }

    /// Returns the time of single sign-on, if the client has it.
    pub(crate) const fn sso(&self) -> Option<Duration> {
        self.sessions.sso()
    }

    /// Returns its refresh tokens' lifetimes, if it has refresh tokens.
    pub(crate) const fn refresh_tokens(&self) -> Option<RefreshTokenPolicy> {
        self.sessions.refresh_tokens()
    }

    /// Returns the terms on which it is in a session, if it has anything that needs one. `refresh_token` is the first token
    /// of a new family.
    pub(crate) fn session_terms(
        &self,
        refresh_token: Option<&RefreshToken>,
    ) -> Option<SessionTerms> {
        self.sessions.terms(refresh_token)
    }

    /// Returns true if its browsers may be sent to this URI after a logout (RP-Initiated Logout 1.0 §3, threat T26).
    pub(crate) fn admits_post_logout_redirect(&self, uri: &str) -> bool {
        self.sessions.admits_post_logout_redirect(uri)
    }

    /// Returns the address that gets logout tokens.
    pub(crate) fn backchannel_logout_uri(&self) -> Option<&str> {
        self.sessions.backchannel_logout_uri()
    }

    /// Returns true if it is for the persons of one source only.
    pub(crate) const fn has_source(&self) -> bool {
        self.source.is_some()
    }

    /// Returns true if persons of this source may log in to it.
    pub(crate) fn admits_source(&self, source: Option<&str>) -> bool {
        self.source.is_none() || self.source.as_deref() == source
    }

    /// Returns true if this person of an earlier login may log in to it: the id of a person of a source begins with its name.
    pub(crate) fn admits_person(&self, person: &PersonId) -> bool {
        self.source.as_deref().is_none_or(|source| {
            let rest = person.as_str().strip_prefix(source);
            rest.is_some_and(|rest| rest.starts_with(SOURCE_SEPARATOR))
        })
    }

    /// Returns true if it cannot prove itself: it has neither a secret nor keys.
    pub(crate) const fn is_public(&self) -> bool {
        self.secret.is_none() && self.keys.is_none()
    }

    /// Returns the keys that verify its assertions, if it proves itself by them.
    pub(crate) const fn keys(&self) -> Option<&PublishedKeys> {
        self.keys.as_ref()
    }

    /// Returns true if its requests must hold a PKCE challenge. Public clients have no other proof.
    pub(crate) fn needs_pkce(&self) -> bool {
        self.pkce == PkceSetting::Required || self.is_public()
    }

    /// Notes a request without challenge and nonce. Returns true for the first one, which is logged.
    pub(crate) fn opens_bare(&self) -> bool {
        !self.has_opened_bare.swap(true, Ordering::Relaxed)
    }

    /// Returns true if one of these is its secret. Each is compared in constant time, also after a right one.
    ///
    /// # Errors
    /// Returns the error of `may_hash`, which is asked before each slow comparison.
    pub(crate) async fn admits_secret(
        &self,
        readings: &[&str],
        may_hash: impl Fn() -> Result<(), Duration>,
    ) -> Result<bool, Duration> {
        match &self.secret {
            Some(secret) => secret.is_among(readings, may_hash).await,
            None => Ok(false),
        }
    }
}

/// Returns the sector of a client's pairwise subjects (OIDC Core §8.1): that of the settings, else the host of its redirect
/// URIs, of which the settings admit one only.
fn sector(settings: &ClientSettings) -> String {
    let host = || {
        let uri = Url::parse(settings.redirect_uris.first()?).ok()?;
        uri.host_str().map(str::to_owned)
    };
    settings
        .sector_identifier
        .clone()
        .or_else(host)
        .unwrap_or_default()
}

impl From<ClientSettings> for Client {
    fn from(settings: ClientSettings) -> Self {
        let has_keys = settings.jwks_file.is_some();
        // The settings were checked with the same file. One that has become unreadable since verifies nothing.
        let keys = settings.keys().ok().flatten();
        Self {
            fingerprint: fingerprint(&settings),
            sector: sector(&settings),
            secret: ClientSecret::of(&settings),
            keys: has_keys.then(|| keys.unwrap_or_default()),
            sessions: SessionPolicy::of(&settings),
            source: settings.source,
            subject: settings.subject,
            subject_type: settings.subject_type,
            id: settings.client_id,
            name: settings.name,
            redirect_uris: RedirectUris::new(settings.redirect_uris, settings.native),
            origins: settings.origins,
            apps: settings.apps,
            agree: settings.agree,
            pkce: settings.pkce,
            has_opened_bare: AtomicBool::default(),
            device: settings.device,
            require_par: settings.require_par,
            id_token_algorithm: settings.id_token_signed_response_alg,
            id_token_claims: settings.id_token_claims,
        }
    }
}

fn fingerprint(settings: &ClientSettings) -> Digest {
    // Settings always have a JSON form; without one a change would go unnoticed in a log line, and nowhere else.
    let mut text = serde_json::to_vec(settings).unwrap_or_default();
    let keys = settings.jwks_file.as_ref();
    text.extend(
        keys.and_then(|file| std::fs::read(file).ok())
            .unwrap_or_default(),
    );
    Digest::of(&text)
}
