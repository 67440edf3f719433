//! Persons whose tokens the gateway verifies by published keys.

use std::path::{Path, PathBuf};

use jsonwebtoken::EncodingKey;
use saoma_load::deployment::{made_up, mint, public_keys};
use saoma_protocol::{
    Identity, IdentityKind, IdentityRole, IntrospectionResponse, OfferedIdentity,
};

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
        let key =
            EncodingKey::from_rsa_pem(saoma_gateway::generate_pem().unwrap().as_bytes()).unwrap();
        let keys_file = directory.join("jwks.json");
        std::fs::write(
            &keys_file,
            serde_json::to_vec(&public_keys(&key).unwrap()).unwrap(),
        )
        .unwrap();
        Self { key, keys_file }
    }

    pub(crate) fn settings(&self) -> String {
        let file = self.keys_file.display();
        format!(
            "identity.jwks = {{ url = 'file://{file}', issuer = '{ISSUER}', audience = '{AUDIENCE}' }}"
        )
    }

    pub(crate) fn token(&self, number: u32) -> String {
        self.token_of(&made_up(number))
    }

    /// A token with these identities, which need not be readable.
    pub(crate) fn token_with(&self, sub: &str, identities: &serde_json::Value) -> String {
        let header = jsonwebtoken::Header {
            kid: Some(KEY_ID.into()),
            ..jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256)
        };
        let claims = serde_json::json!({
            "iss": ISSUER, "aud": AUDIENCE, "exp": 9_999_999_999_u64,
            "sub": sub, "identities": identities,
        });
        jsonwebtoken::encode(&header, &claims, &self.key).unwrap()
    }

    pub(crate) fn token_of(&self, person: &IntrospectionResponse) -> String {
        mint(&self.key, ISSUER, AUDIENCE, person).unwrap()
    }
}

/// A person who is also an operator of a unit.
pub(crate) fn with_unit(number: u32) -> IntrospectionResponse {
    let mut person = made_up(number);
    person.identities.push(OfferedIdentity::from(Identity {
        id: "unit:90001".into(),
        kind: IdentityKind::UNIT,
        name: "示例单位".into(),
        role: Some(IdentityRole::from_static("operator")),
    }));
    person
}
