//! Secrets of logins that show by themselves that this deployment has made them.
//!
//! A receive key, an authorization code, a device code, an access token, a refresh token and a session's secret are 24 random
//! bytes and a tag of 8 bytes: a MAC under the cluster's secret of the kind, the login and the random bytes. A node refuses a
//! made-up secret by its tag alone, so that guesses never reach the store, and never use up a limit that holders of real
//! secrets need (rows A4 and A8). The tag is no proof of anything else: the store still compares the whole secret. A guessed
//! tag, one in 2^64, costs it one command.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use saoma_protocol::{
    AccessToken, AuthorizationCode, DeviceCode, LoginId, ReceiveKey, RefreshToken,
    RequestReference, SessionSecret,
};

use crate::cluster_secrets::ClusterSecrets;
use crate::random;

/// Length of a secret; length of its random part.
const SECRET: usize = 32;
const RANDOM: usize = 24;

/// Usage of the cluster's secret.
const USAGE: &str = "secrets of logins";

/// Kinds of secrets: a secret of one kind is not accepted as another.
const RECEIVE_KEY: &[u8] = b"saoma receive key";
const AUTHORIZATION_CODE: &[u8] = b"saoma authorization code";
const DEVICE_CODE: &[u8] = b"saoma device code";
const REQUEST_REFERENCE: &[u8] = b"saoma pushed request";
const ACCESS_TOKEN: &[u8] = b"saoma access token";
const REFRESH_TOKEN: &[u8] = b"saoma refresh token";
const SESSION_CODE: &[u8] = b"saoma session code";
const SESSION_SECRET: &[u8] = b"saoma session secret";

/// Input of the MAC that is the fresh part of a refresh token's successor.
const SUCCESSOR: &[u8] = b"saoma successor of a refresh token";

/// Makes and recognises the secrets of logins.
pub(crate) struct LoginSecrets {
    /// Key that makes secrets, and recognises them.
    current: hmac::Key,
    /// Keys that recognise secrets while the cluster's secret is changed.
    others: Vec<hmac::Key>,
}

impl LoginSecrets {
    /// Creates the maker of a cluster with these secrets.
    pub(crate) fn new(cluster: &ClusterSecrets) -> Self {
        let hmac_key = |key: [u8; 32]| hmac::Key::new(hmac::HMAC_SHA256, &key);
        Self {
            current: hmac_key(cluster.current_key(USAGE)),
            others: cluster.other_keys(USAGE).map(hmac_key).collect(),
        }
    }

    /// Makes the receive key of a login.
    pub(crate) fn receive_key(&self, id: LoginId) -> ReceiveKey {
        ReceiveKey::from_random(self.make(RECEIVE_KEY, id))
    }

    /// Makes an authorization code of a login.
    pub(crate) fn authorization_code(&self, id: LoginId) -> AuthorizationCode {
        AuthorizationCode::from_random(id, self.make(AUTHORIZATION_CODE, id))
    }

    /// Makes the device code of a login.
    pub(crate) fn device_code(&self, id: LoginId) -> DeviceCode {
        DeviceCode::from_random(id, self.make(DEVICE_CODE, id))
    }

    /// Makes the reference of a pushed request.
    pub(crate) fn request_reference(&self) -> RequestReference {
        let id = LoginId::from_random(random::bytes());
        RequestReference::from_random(id, self.make(REQUEST_REFERENCE, id))
    }

    /// Makes an access token of a login.
    pub(crate) fn access_token(&self, id: LoginId) -> AccessToken {
        AccessToken::from_random(id, self.make(ACCESS_TOKEN, id))
    }

    /// Makes an authorization code of single sign-on within the session that a login began.
    pub(crate) fn session_code(&self, id: LoginId) -> AuthorizationCode {
        AuthorizationCode::from_random(id, self.make(SESSION_CODE, id))
    }

    /// Returns true if this deployment has made the code, for single sign-on.
    pub(crate) fn knows_session_code(&self, code: &AuthorizationCode) -> bool {
        self.knows(SESSION_CODE, code.login_id(), code.expose())
    }

    /// Makes the first refresh token of a new family, in the session that a login began.
    pub(crate) fn refresh_token(&self, id: LoginId) -> RefreshToken {
        RefreshToken::from_random(id, self.make(REFRESH_TOKEN, id))
    }

    /// Makes the successor of a refresh token: the same one each time, as long as the cluster's secret is the same. A client
    /// that asks twice because an answer was lost holds one successor, and not two of which one is good.
    pub(crate) fn successor(&self, token: &RefreshToken) -> RefreshToken {
        let id = token.login_id();
        let mut secret = [0; SECRET];
        let (random_part, tag_part) = secret.split_at_mut(RANDOM);
        let (family, fresh) = random_part.split_at_mut(RefreshToken::FAMILY_BYTES);
        family.copy_from_slice(&token.family());
        let mut mac = hmac::Context::with_key(&self.current);
        for part in [SUCCESSOR, id.as_bytes(), token.expose()] {
            mac.update(part);
        }
        fresh.copy_from_slice(&mac.sign().as_ref()[..RANDOM - RefreshToken::FAMILY_BYTES]);
        tag_part.copy_from_slice(&tag(&self.current, REFRESH_TOKEN, id, random_part));
        RefreshToken::from_random(id, secret)
    }

    /// Returns true if this deployment has made the refresh token.
    pub(crate) fn knows_refresh_token(&self, token: &RefreshToken) -> bool {
        self.knows(REFRESH_TOKEN, token.login_id(), token.expose())
    }

    /// Makes the secret by which a browser proves the session that its login began.
    pub(crate) fn session_secret(&self, id: LoginId) -> SessionSecret {
        SessionSecret::from_random(id, self.make(SESSION_SECRET, id))
    }

    /// Returns true if this deployment has made the session's secret.
    pub(crate) fn knows_session_secret(&self, secret: &SessionSecret) -> bool {
        self.knows(SESSION_SECRET, secret.login_id(), secret.expose())
    }

    /// Returns true if this deployment has made the receive key, for this login.
    pub(crate) fn knows_receive_key(&self, id: LoginId, key: &ReceiveKey) -> bool {
        self.knows(RECEIVE_KEY, id, key.expose())
    }

    /// Returns true if this deployment has made the authorization code.
    pub(crate) fn knows_authorization_code(&self, code: &AuthorizationCode) -> bool {
        self.knows(AUTHORIZATION_CODE, code.login_id(), code.expose())
    }

    /// Returns true if this deployment has made the device code.
    pub(crate) fn knows_device_code(&self, code: &DeviceCode) -> bool {
        self.knows(DEVICE_CODE, code.login_id(), code.expose())
    }

    /// Returns true if this deployment has made the reference.
    pub(crate) fn knows_request_reference(&self, reference: &RequestReference) -> bool {
        self.knows(REQUEST_REFERENCE, reference.login_id(), reference.expose())
    }

    /// Returns true if this deployment has made the access token.
    pub(crate) fn knows_access_token(&self, token: &AccessToken) -> bool {
        self.knows(ACCESS_TOKEN, token.login_id(), token.expose())
    }

    fn make(&self, kind: &[u8], id: LoginId) -> [u8; SECRET] {
        let mut secret = [0; SECRET];
        let (random_part, tag_part) = secret.split_at_mut(RANDOM);
        random_part.copy_from_slice(&random::bytes::<RANDOM>());
        tag_part.copy_from_slice(&tag(&self.current, kind, id, random_part));
        secret
    }

    fn knows(&self, kind: &[u8], id: LoginId, secret: &[u8; SECRET]) -> bool {
        let (random_part, tag_part) = secret.split_at(RANDOM);
        let made_by = |key| verify_slices_are_equal(&tag(key, kind, id, random_part), tag_part);
        let mut keys = std::iter::once(&self.current).chain(&self.others);
        keys.any(|key| made_by(key).is_ok())
    }
}

fn tag(key: &hmac::Key, kind: &[u8], id: LoginId, random_part: &[u8]) -> [u8; SECRET - RANDOM] {
    let mut mac = hmac::Context::with_key(key);
    for part in [kind, id.as_bytes(), random_part] {
        // All parts but the first have one length, so that their concatenation is unambiguous.
        mac.update(part);
    }
    let mut tag = [0; SECRET - RANDOM];
    tag.copy_from_slice(&mac.sign().as_ref()[..SECRET - RANDOM]);
    tag
}

impl fmt::Debug for LoginSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoginSecrets({} keys)", 1 + self.others.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster_secrets::generate_secret;

    const ID: [u8; LoginId::BYTES] = [1; LoginId::BYTES];

    #[test]
    fn a_secret_is_recognised_for_its_login_and_kind_only() {
        let secrets = LoginSecrets::new(&ClusterSecrets::random());
        let (id, other) = (
            LoginId::from_random(ID),
            LoginId::from_random([2; LoginId::BYTES]),
        );
        let code = secrets.authorization_code(id);
        assert!(secrets.knows_authorization_code(&code));
        let key = secrets.receive_key(id);
        assert!(secrets.knows_receive_key(id, &key));
        assert!(!secrets.knows_receive_key(other, &key));
        let of_other = AuthorizationCode::from_random(other, *code.expose());
        assert!(!secrets.knows_authorization_code(&of_other));
        let as_token = AccessToken::from_random(id, *code.expose());
        assert!(!secrets.knows_access_token(&as_token));
        let device = secrets.device_code(id);
        assert!(secrets.knows_device_code(&device));
        let as_code = AuthorizationCode::from_random(id, *device.expose());
        assert!(!secrets.knows_authorization_code(&as_code));
        let as_key = ReceiveKey::from_random(*device.expose());
        assert!(!secrets.knows_receive_key(id, &as_key));
        assert!(secrets.knows_access_token(&secrets.access_token(id)));
        let cookie = secrets.session_secret(id);
        assert!(secrets.knows_session_secret(&cookie));
        let as_code = AuthorizationCode::from_random(id, *cookie.expose());
        assert!(!secrets.knows_session_code(&as_code));
    }

    #[test]
    fn a_code_of_single_sign_on_is_a_kind_of_its_own() {
        let secrets = LoginSecrets::new(&ClusterSecrets::random());
        let id = LoginId::from_random(ID);
        let of_session = secrets.session_code(id);
        assert!(secrets.knows_session_code(&of_session));
        assert!(!secrets.knows_authorization_code(&of_session));
        assert!(!secrets.knows_session_code(&secrets.authorization_code(id)));
    }

    #[test]
    fn a_refresh_token_has_one_successor_in_its_family() {
        let secrets = LoginSecrets::new(&ClusterSecrets::random());
        let id = LoginId::from_random(ID);
        let first = secrets.refresh_token(id);
        let second = secrets.successor(&first);
        assert_eq!(second, secrets.successor(&first));
        let mut tokens = vec![first, second.clone(), secrets.successor(&second)];
        for token in &tokens {
            assert!(secrets.knows_refresh_token(token));
            assert_eq!(token.family(), tokens[0].family());
            let as_access = AccessToken::from_random(id, *token.expose());
            assert!(!secrets.knows_access_token(&as_access));
        }
        tokens.push(secrets.refresh_token(id));
        let different: std::collections::HashSet<_> =
            tokens.iter().map(RefreshToken::digest).collect();
        assert_eq!(different.len(), 4);
        let foreign = LoginSecrets::new(&ClusterSecrets::random());
        assert_ne!(
            foreign.successor(&tokens[0]),
            second,
            "no one else can make it"
        );
        assert!(!foreign.knows_refresh_token(&second));
    }

    #[test]
    fn any_changed_byte_makes_a_secret_unknown() {
        let secrets = LoginSecrets::new(&ClusterSecrets::random());
        let id = LoginId::from_random(ID);
        let made = *secrets.access_token(id).expose();
        for at in 0..SECRET {
            let mut changed = made;
            changed[at] ^= 1;
            let changed = AccessToken::from_random(id, changed);
            assert!(!secrets.knows_access_token(&changed));
        }
    }

    #[test]
    fn two_secrets_of_the_cluster_are_known_while_it_changes() {
        let (old, new) = (generate_secret(), generate_secret());
        let of = |texts: &[&str]| {
            let texts = texts.iter().copied();
            LoginSecrets::new(&ClusterSecrets::parse(texts).expect("secrets"))
        };
        let id = LoginId::from_random(ID);
        let of_old = of(&[&old]).access_token(id);
        let changing = of(&[&new, &old]);
        assert!(changing.knows_access_token(&of_old));
        let of_new = changing.access_token(id);
        assert!(of(&[&new]).knows_access_token(&of_new));
        assert!(!of(&[&old]).knows_access_token(&of_new));
    }
}
