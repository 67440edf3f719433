//! Persons whose tokens the gateway verifies by published keys.

use std::path::{Path, PathBuf};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use saoma_load::deployment::{made_up, mint, public_keys};
use saoma_protocol::{
    Identity, IdentityKind, IdentityRole, IntrospectionResponse, OfferedIdentity,
};
use serde_json::{Value, json};

const ISSUER: &str = "https://app.example";
const AUDIENCE: &str = "saoma";
const KEY_ID: &str = "saoma-load";

/// The app's backend, which signs tokens for a test's persons.
pub(crate) struct Persons {
    key: EncodingKey,
    keys_file: PathBuf,
}

impl Persons {
    pub(crate) fn new(directory: &Path) -> Self {
        Self::with_key(directory, &super::rsa_key("persons"))
    }

    /// Those of another app's backend, which has another key.
    pub(crate) fn of_another_backend(directory: &Path) -> Self {
        Self::with_key(directory, &super::rsa_key("other-persons"))
    }

    fn with_key(directory: &Path, pem: &str) -> Self {
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
        let keys_file = directory.join("jwks.json");
        std::fs::write(
            &keys_file,
            serde_json::to_vec(&public_keys(&key).unwrap()).unwrap(),
        )
        .unwrap();
        Self { key, keys_file }
    }

    /// The setting that makes a gateway verify these tokens.
    pub(crate) fn settings(&self) -> String {
        self.settings_with("")
    }

    /// The same with more members, each after a comma.
    pub(crate) fn settings_with(&self, more: &str) -> String {
        let file = self.keys_file.display();
        format!(
            "identity.jwks = {{ url = 'file://{file}', issuer = '{ISSUER}', audience = '{AUDIENCE}', max_lifetime = '1d'{more} }}"
        )
    }

    pub(crate) fn token(&self, number: u32) -> String {
        self.token_of(&made_up(number))
    }

    /// A token with these identities, which need not be readable.
    pub(crate) fn token_with(&self, sub: &str, identities: &Value) -> String {
        let mut claims = Self::claims();
        claims["sub"] = sub.into();
        claims["identities"] = identities.clone();
        self.sign(&Self::header(), &claims)
    }

    /// The header of a good token.
    pub(crate) fn header() -> Header {
        Header {
            kid: Some(KEY_ID.into()),
            typ: Some("at+jwt".into()),
            ..Header::new(Algorithm::RS256)
        }
    }

    /// The claims of a good token.
    pub(crate) fn claims() -> Value {
        let now = jsonwebtoken::get_current_timestamp();
        json!({
            "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 600, "sub": "c-1",
            "identities": [{ "id": "personal", "kind": "personal", "name": "示例甲" }],
        })
    }

    /// Signs any header and any claims.
    pub(crate) fn sign(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.key).unwrap()
    }

    /// Publishes the key under these ids, each with more members.
    pub(crate) fn publish(&self, ids: &[&str], members: &Value) {
        let keys = serde_json::to_value(public_keys(&self.key).unwrap()).unwrap();
        let published = ids.iter().map(|id| {
            let mut key = keys["keys"][0].clone();
            key["kid"] = (*id).into();
            for (name, value) in members.as_object().unwrap() {
                key[name] = value.clone();
            }
            key
        });
        let set = json!({ "keys": published.collect::<Vec<_>>() });
        std::fs::write(&self.keys_file, set.to_string()).unwrap();
    }

    pub(crate) fn token_of(&self, person: &IntrospectionResponse) -> String {
        mint(&self.key, ISSUER, AUDIENCE, person).unwrap()
    }
}

/// A person who is also an operator of a unit.
pub(crate) fn with_unit(number: u32) -> IntrospectionResponse {
    let mut person = made_up(number);
    let unit = OfferedIdentity::from(Identity {
        id: "unit:90001".into(),
        kind: IdentityKind::UNIT,
        name: "示例单位".into(),
        role: Some(IdentityRole::from_static("operator")),
    });
    person.identities.get_or_insert_default().push(unit);
    person
}
