//! Answers of a running node are as the OpenAPI document describes them: it leaves no member out, and requires none that is
//! missing.

use saoma_gateway::{Gateway, KeyKind};
use saoma_protocol::paths;
use serde_json::{Value, json};

use crate::documents::root;
use crate::openid::{BearerIn, ResponseMode, Scene};
use crate::support::{Node, World};

/// The OpenAPI document.
struct Document(Value);

impl Document {
    fn read() -> Self {
        let text = std::fs::read_to_string(root().join("docs/openapi.json")).unwrap();
        Self(serde_json::from_str(&text).unwrap())
    }

    /// Compares an answer with the schema of this name.
    fn describes(&self, name: &str, answer: &Value) {
        let schema = &self.0["components"]["schemas"][name];
        assert!(schema.is_object(), "there is no schema {name}");
        if let Err(problem) = self.fits(schema, answer) {
            panic!("{name}{problem}\n{answer:#}");
        }
    }

    /// Returns the place and the problem if a value is not as a schema has it. A member that the schema leaves out is one.
    fn fits(&self, schema: &Value, value: &Value) -> Result<(), String> {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.strip_prefix('#').unwrap();
            return self.fits(self.0.pointer(pointer).unwrap(), value);
        }
        for choice in ["anyOf", "oneOf"] {
            if let Some(schemas) = schema[choice].as_array() {
                let problems: Vec<_> = schemas
                    .iter()
                    .filter_map(|schema| self.fits(schema, value).err())
                    .collect();
                if problems.len() < schemas.len() {
                    return Ok(());
                }
                return Err(format!(" is of none of its kinds: {problems:?}"));
            }
        }
        for fixed in [&json!([schema["const"]]), &schema["enum"]] {
            let values = fixed.as_array().filter(|values| !values[0].is_null());
            if values.is_some_and(|values| !values.contains(value)) {
                return Err(format!(" is {value} instead of {fixed}"));
            }
        }
        let is_of_type = match schema["type"].as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_u64() || value.is_i64(),
            Some("number") => value.is_number(),
            Some(other) => panic!("a type {other}"),
            None => true,
        };
        if !is_of_type {
            return Err(format!(" is not of the type {}", schema["type"]));
        }
        for element in value.as_array().into_iter().flatten() {
            self.fits(&schema["items"], element)
                .map_err(|problem| format!("[]{problem}"))?;
        }
        let Some(members) = value.as_object().filter(|_| schema["type"] == "object") else {
            return Ok(());
        };
        let required = schema["required"].as_array().into_iter().flatten();
        for name in required {
            if !members.contains_key(name.as_str().unwrap()) {
                return Err(format!(" lacks {name}"));
            }
        }
        for (name, member) in members {
            let Some(schema) = schema["properties"].get(name) else {
                return Err(format!(".{name} is not described"));
            };
            self.fits(schema, member)
                .map_err(|problem| format!(".{name}{problem}"))?;
        }
        Ok(())
    }
}

async fn get(node: &Node, path: &str) -> Value {
    let answer = reqwest::get(node.at(path)).await.unwrap();
    answer.json().await.unwrap()
}

/// A node with a key of each kind.
#[tokio::test]
async fn the_openapi_document_describes_discovery_and_all_kinds_of_keys() {
    let world = World::in_memory();
    for (name, kind) in [
        ("es256.pem", KeyKind::P256),
        ("eddsa.pem", KeyKind::Ed25519),
    ] {
        std::fs::write(world.path(name), kind.generate_pem().unwrap()).unwrap();
    }
    let mut settings = world.settings();
    settings.oidc.signing_keys = ["signing.pem", "es256.pem", "eddsa.pem"]
        .map(|name| world.path(name))
        .to_vec();
    let gateway = Gateway::start(settings).await.unwrap();
    let url = format!("http://{}", gateway.address()).parse().unwrap();
    let node = Node { gateway, url };
    let document = Document::read();
    document.describes("ProviderMetadata", &get(&node, paths::DISCOVERY).await);
    let keys = get(&node, paths::JWKS).await;
    document.describes("JwkSet", &keys);
    let keys = keys["keys"].as_array().unwrap();
    let kinds: Vec<_> = keys.iter().map(|key| &key["kty"]).collect();
    assert_eq!(kinds, ["RSA", "EC", "OKP"]);
    // The comparison sees what is left out, and what is missing.
    for (change, problem) in [
        (json!({ "made_up": 1 }), ".made_up is not described"),
        (json!({ "issuer": 1 }), ".issuer is not of the type"),
    ] {
        let mut changed = get(&node, paths::DISCOVERY).await;
        let members = changed.as_object_mut().unwrap();
        members.extend(change.as_object().unwrap().clone());
        let schema = &document.0["components"]["schemas"]["ProviderMetadata"];
        let found = document.fits(schema, &changed).unwrap_err();
        assert!(found.contains(problem), "{found}");
    }
    let schema = &document.0["components"]["schemas"]["JwkSet"];
    let incomplete = json!({ "keys": [{ "kty": "EC", "use": "sig", "alg": "ES256", "kid": "k", "crv": "P-256", "x": "x" }] });
    assert!(document.fits(schema, &incomplete).is_err());
}

#[tokio::test]
async fn the_openapi_document_describes_tokens_and_claims() {
    let scene = Scene::start(ResponseMode::Query).await;
    let document = Document::read();
    let told = scene.tokens("openid profile").await;
    document.describes("TokenResponse", &told.body);
    let userinfo = scene
        .party
        .userinfo(told.text("access_token"), BearerIn::GetHeader)
        .await;
    document.describes("UserInfo", &userinfo.body);
}
