//! Clients that prove themselves by a key: `private_key_jwt` (RFC 7523 §2.2 and §3, OpenID Connect Core §9).

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use saoma_gateway::KeyKind;
use saoma_protocol::paths;
use serde_json::{Value, json};

use crate::support::{Node, RedisServer, World};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const ISSUER: &str = "https://login.example";

/// A client's key.
struct ClientKey(EncodingKey);

impl ClientKey {
    /// Makes a key, and publishes it in a file.
    fn publish(world: &World, name: &str) -> Self {
        let pem = KeyKind::P256.generate_pem().unwrap();
        let key = EncodingKey::from_ec_pem(pem.as_bytes()).unwrap();
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap();
        jwk.common.key_id = Some("k1".into());
        let set = json!({ "keys": [jwk] }).to_string();
        std::fs::write(world.path(name), set).unwrap();
        Self(key)
    }

    fn sign(&self, claims: &Value) -> String {
        let header = Header {
            kid: Some("k1".into()),
            ..Header::new(Algorithm::ES256)
        };
        jsonwebtoken::encode(&header, claims, &self.0).unwrap()
    }

    /// A good assertion with this id.
    fn assertion(&self, id: &str) -> String {
        self.sign(&claims(id))
    }
}

fn claims(id: &str) -> Value {
    let now = jsonwebtoken::get_current_timestamp();
    json!({ "iss": "keyed", "sub": "keyed", "aud": ISSUER, "iat": now, "exp": now + 60, "jti": id })
}

/// Adds a client with a key to a world.
fn with_key(world: World) -> (World, ClientKey) {
    let key = ClientKey::publish(&world, "keyed.json");
    let file = world.path("keyed.json");
    let members = format!(
        "client_id = 'keyed'\nname = 'Keyed'\njwks_file = '{}'\nredirect_uris = []\ndevice = true",
        file.display()
    );
    (world.with_client(&members), key)
}

/// Sends a device authorization, which needs nothing but a client. Returns status and error code.
async fn ask(node: &Node, form: &[(&str, &str)]) -> (u16, String) {
    let mut form = form.to_vec();
    form.push(("scope", "openid"));
    let request = reqwest::Client::new().post(node.at(paths::DEVICE_AUTHORIZATION));
    let answer = request.form(&form).send().await.unwrap();
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    (
        status,
        body["error"].as_str().unwrap_or_default().to_owned(),
    )
}

fn proof(assertion: &str) -> [(&str, &str); 2] {
    [
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", assertion),
    ]
}

async fn ask_with(node: &Node, assertion: &str) -> (u16, String) {
    ask(node, &proof(assertion)).await
}

fn refused() -> (u16, String) {
    (401, "invalid_client".to_owned())
}

fn taken() -> (u16, String) {
    (200, String::new())
}

#[tokio::test]
async fn a_client_proves_itself_by_its_key() {
    let (world, key) = with_key(World::in_memory());
    let node = world.start().await;
    assert_eq!(ask_with(&node, &key.assertion("1")).await, taken());
    let endpoint = format!("{ISSUER}{}", paths::DEVICE_AUTHORIZATION);
    let token_endpoint = format!("{ISSUER}{}", paths::TOKEN);
    for (number, audience) in [&endpoint, &token_endpoint].into_iter().enumerate() {
        let mut claims = claims(&format!("audience {number}"));
        claims["aud"] = audience.as_str().into();
        let answer = ask_with(&node, &key.sign(&claims)).await;
        assert_eq!(answer, taken(), "{audience}");
    }
    let assertion = key.assertion("2");
    let mut form = proof(&assertion).to_vec();
    form.push(("client_id", "keyed"));
    assert_eq!(ask(&node, &form).await, taken());
    let assertion = key.assertion("3");
    let mut poll = proof(&assertion).to_vec();
    poll.extend([
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", "unknown"),
    ]);
    let request = reqwest::Client::new()
        .post(node.at(paths::TOKEN))
        .form(&poll);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["error"], "invalid_grant", "the client was taken");
}

/// RFC 7523 §3: the id shows that an assertion was used before, whichever node it comes to.
#[tokio::test]
async fn an_assertion_counts_once_on_all_nodes() {
    let redis = RedisServer::start();
    let (world, key) = with_key(World::on(&redis));
    let (first, second) = (world.start().await, world.start().await);
    let assertion = key.assertion("1");
    assert_eq!(ask_with(&first, &assertion).await, taken());
    for node in [&first, &second] {
        assert_eq!(ask_with(node, &assertion).await, refused());
    }
    // The same id in another assertion is the same assertion.
    assert_eq!(ask_with(&second, &key.assertion("1")).await, refused());
    assert_eq!(ask_with(&second, &key.assertion("2")).await, taken());
    assert_eq!(redis.keys_without_end(), Vec::<String>::new());
}

#[tokio::test]
async fn no_other_key_audience_or_time_is_taken() {
    let (world, key) = with_key(World::in_memory());
    let stranger = ClientKey::publish(&world, "stranger.json");
    let node = world.start().await;
    assert_eq!(ask_with(&node, &stranger.assertion("1")).await, refused());
    let now = jsonwebtoken::get_current_timestamp();
    for (name, value) in [
        ("aud", json!("https://other.example")),
        ("iss", json!("hall")),
        ("sub", json!("hall")),
        ("exp", json!(now - 120)),
        ("exp", json!(now + 2 * 3600)),
        ("jti", json!(null)),
    ] {
        let mut claims = claims("2");
        claims[name] = value.clone();
        let answer = ask_with(&node, &key.sign(&claims)).await;
        assert_eq!(answer, refused(), "{name} {value}");
    }
    assert_eq!(ask_with(&node, &key.assertion("2")).await, taken());
}

#[tokio::test]
async fn a_client_with_a_key_has_no_other_proof() {
    let (world, key) = with_key(World::in_memory());
    let node = world.start().await;
    assert_eq!(ask(&node, &[("client_id", "keyed")]).await, refused());
    let secret = [("client_id", "keyed"), ("client_secret", "guessed")];
    assert_eq!(ask(&node, &secret).await, refused());
    // A client with a secret has no keys.
    let mut claims = claims("1");
    (claims["iss"], claims["sub"]) = ("hall".into(), "hall".into());
    assert_eq!(ask_with(&node, &key.sign(&claims)).await, refused());
}

/// RFC 6749 §2.3: one way of authentication a request.
#[tokio::test]
async fn two_proofs_at_once_are_refused() {
    let (world, key) = with_key(World::in_memory());
    let node = world.start().await;
    let assertion = key.assertion("1");
    let mut form = proof(&assertion).to_vec();
    form.push(("client_secret", "x"));
    assert_eq!(ask(&node, &form).await, (400, "invalid_request".into()));
    let basic = reqwest::Client::new()
        .post(node.at(paths::DEVICE_AUTHORIZATION))
        .basic_auth("keyed", Some("x"))
        .form(&proof(&assertion));
    assert_eq!(basic.send().await.unwrap().status(), 400);
    let mut form = proof(&assertion).to_vec();
    form.push(("client_id", "hall"));
    assert_eq!(ask(&node, &form).await, refused());
    let unknown = [
        ("client_assertion_type", "urn:made-up"),
        ("client_assertion", &*assertion),
    ];
    assert_eq!(ask(&node, &unknown).await, (400, "invalid_request".into()));
    assert_eq!(
        ask_with(&node, &assertion).await,
        taken(),
        "none has used it"
    );
}

/// Row A8: forged assertions are bounded like wrong secrets.
#[tokio::test]
async fn after_ten_forged_assertions_none_is_verified_for_a_while() {
    let (world, _key) = with_key(World::in_memory());
    let stranger = ClientKey::publish(&world, "stranger.json");
    let node = world.start().await;
    for number in 0..10 {
        let forged = stranger.assertion(&number.to_string());
        assert_eq!(ask_with(&node, &forged).await, refused());
    }
    let (status, _) = ask_with(&node, &stranger.assertion("11")).await;
    assert_eq!(status, 429);
}

#[tokio::test]
async fn discovery_names_the_method_and_its_algorithms() {
    let (world, _key) = with_key(World::in_memory());
    let node = world.start().await;
    let answer = reqwest::get(node.at(paths::DISCOVERY)).await.unwrap();
    let document: Value = answer.json().await.unwrap();
    let methods = document["token_endpoint_auth_methods_supported"].as_array();
    assert!(methods.unwrap().contains(&"private_key_jwt".into()));
    assert_eq!(
        document["token_endpoint_auth_signing_alg_values_supported"],
        json!(["RS256", "PS256", "ES256", "EdDSA"])
    );
}

/// A node that cannot tell whether an assertion is new takes none.
#[tokio::test]
async fn without_the_store_no_assertion_is_taken() {
    let mut redis = RedisServer::start();
    let (world, key) = with_key(World::on(&redis));
    let node = world.start().await;
    redis.kill();
    let (status, error) = ask_with(&node, &key.assertion("1")).await;
    assert_eq!((status, &*error), (503, "temporarily_unavailable"));
}
