//! Signing keys (row K2): their change over two nodes, algorithms by client, and keys that fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use saoma_gateway::{Gateway, KeyKind, KeyRing, SignError, Signer, generate_pem};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ServerMessage, paths};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{CapturedLogs, Node, RedisServer, TokenRequest, World};

/// Time for which a relying party may keep the published keys, as their answer states it.
const KEPT_FOR: Duration = Duration::from_secs(600);

/// A confirmed login: the request by which its portal may redeem the code.
async fn confirmed(world: &World, node: &Node) -> TokenRequest {
    let (mut browser, login) = node.browser().await;
    let phone = world.phone(node, 1);
    phone.scan(&login.qr).await.unwrap();
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    loop {
        if let ServerMessage::Confirmed { redirect_to, .. } = browser.next().await.unwrap() {
            return TokenRequest::of(&login, &redirect_to);
        }
    }
}

async fn id_token(world: &World, node: &Node) -> String {
    let answer = confirmed(world, node).await.send(node).await;
    answer.id_token.expect("an ID token")
}

/// Relying parties that keep the keys they have fetched until these are too old, also where a token has a key that they
/// do not know. One of them fetches from each node after each restart.
#[derive(Default)]
struct RelyingParties(Vec<JwkSet>);

impl RelyingParties {
    async fn fetch(&mut self, node: &Node) {
        let answer = reqwest::get(node.at(paths::JWKS)).await.unwrap();
        let kept = answer.headers()["cache-control"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            kept.ends_with(&format!("max-age={}", KEPT_FOR.as_secs())),
            "{kept}"
        );
        self.0.push(answer.json().await.unwrap());
    }

    /// The wait between two rounds: nobody keeps what was fetched before it.
    fn wait(&mut self) {
        self.0.clear();
    }

    fn verify(&self, token: &str) {
        let header = decode_header(token).unwrap();
        let kid = header.kid.unwrap();
        let mut validation = Validation::new(header.alg);
        validation.set_audience(&["hall"]);
        for published in &self.0 {
            let key = published.find(&kid).expect("the kid is published");
            let key = DecodingKey::from_jwk(key).unwrap();
            decode::<Value>(token, &key, &validation).unwrap();
        }
    }
}

/// Both nodes, the keys that each was started with, and the relying parties that log in through both.
struct Deployment<'a> {
    world: &'a World,
    nodes: [Node; 2],
    parties: RelyingParties,
}

impl Deployment<'_> {
    async fn everyone_logs_in(&mut self) {
        for node in &self.nodes {
            self.parties.fetch(node).await;
        }
        for node in &self.nodes {
            let token = id_token(self.world, node).await;
            self.parties.verify(&token);
        }
    }

    /// One round of the runbook: a rolling restart with these keys.
    async fn restart(&mut self, keys: &[&str]) {
        for index in 0..2 {
            let next = start(self.world, keys).await;
            let old = std::mem::replace(&mut self.nodes[index], next);
            old.gateway.shutdown().await;
            self.everyone_logs_in().await;
        }
    }
}

async fn start(world: &World, keys: &[&str]) -> Node {
    let mut settings = world.settings();
    settings.oidc.signing_keys = keys.iter().map(|key| world.path(key)).collect();
    let gateway = Gateway::start(settings).await.unwrap();
    let url = format!("http://{}", gateway.address()).parse().unwrap();
    Node { gateway, url }
}

/// The steps of "Change of a signing key" in docs/operations.md: no relying party meets a token whose key it could not
/// have fetched, and no alarm is raised.
#[tokio::test]
async fn k2_no_token_lacks_its_key_while_the_keys_change_over_two_nodes() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let logs = CapturedLogs::start("saoma_gateway=info");
    for name in ["old.pem", "new.pem"] {
        std::fs::write(world.path(name), generate_pem().unwrap()).unwrap();
    }
    let mut deployment = Deployment {
        world: &world,
        nodes: [
            start(&world, &["old.pem"]).await,
            start(&world, &["old.pem"]).await,
        ],
        parties: RelyingParties::default(),
    };
    deployment.everyone_logs_in().await;
    let before = decode_header(id_token(&world, &deployment.nodes[0]).await).unwrap();
    deployment.restart(&["old.pem", "new.pem"]).await;
    deployment.parties.wait();
    deployment.everyone_logs_in().await;
    deployment.restart(&["new.pem", "old.pem"]).await;
    deployment.parties.wait();
    deployment.everyone_logs_in().await;
    deployment.restart(&["new.pem"]).await;
    let after = decode_header(id_token(&world, &deployment.nodes[0]).await).unwrap();
    assert_ne!(before.kid, after.kid, "the key has changed");
    let text = logs.text();
    assert!(!text.contains("do not share"), "{text}");
}

#[tokio::test]
async fn k2_a_client_gets_its_tokens_by_its_own_algorithm() {
    let world = World::in_memory();
    for (name, kind) in [
        ("es256.pem", KeyKind::P256),
        ("eddsa.pem", KeyKind::Ed25519),
    ] {
        std::fs::write(world.path(name), kind.generate_pem().unwrap()).unwrap();
    }
    let keys = ["es256.pem", "signing.pem", "eddsa.pem"].map(|name| world.path(name));
    for (algorithm, expected) in [
        (None, Algorithm::RS256),
        (Some("ES256"), Algorithm::ES256),
        (Some("EdDSA"), Algorithm::EdDSA),
    ] {
        let mut settings = world.settings();
        settings.oidc.signing_keys = keys.to_vec();
        if let Some(algorithm) = algorithm {
            let algorithm = serde_json::from_value(json!(algorithm)).unwrap();
            settings.clients[0].id_token_signed_response_alg = algorithm;
        }
        let gateway = Gateway::start(settings).await.unwrap();
        let url = format!("http://{}", gateway.address()).parse().unwrap();
        let node = Node { gateway, url };
        let mut parties = RelyingParties::default();
        parties.fetch(&node).await;
        let token = id_token(&world, &node).await;
        parties.verify(&token);
        assert_eq!(decode_header(&token).unwrap().alg, expected);
        let discovery = reqwest::get(node.at(paths::DISCOVERY)).await.unwrap();
        let discovery: Value = discovery.json().await.unwrap();
        assert_eq!(
            discovery["id_token_signing_alg_values_supported"],
            json!(["ES256", "RS256", "EdDSA"])
        );
    }
}

#[tokio::test]
async fn k2_a_node_without_a_key_that_it_needs_does_not_start() {
    let world = World::in_memory();
    let es256 = world.path("es256.pem");
    std::fs::write(&es256, KeyKind::P256.generate_pem().unwrap()).unwrap();
    let refused = async |keys: &[&str], algorithm: &str| {
        let mut settings = world.settings();
        settings.oidc.signing_keys = keys.iter().map(|key| world.path(key)).collect();
        let algorithm = serde_json::from_value(json!(algorithm)).unwrap();
        settings.clients[0].id_token_signed_response_alg = algorithm;
        Gateway::start(settings)
            .await
            .expect_err("a refusal")
            .to_string()
    };
    let no_rsa = refused(&["es256.pem"], "RS256").await;
    assert!(
        no_rsa.starts_with("oidc.signing_keys: no RSA key"),
        "{no_rsa}"
    );
    let no_es256 = refused(&["signing.pem"], "ES256").await;
    assert!(
        no_es256.starts_with("clients.id_token_signed_response_alg: \"hall\""),
        "{no_es256}"
    );
}

/// A key in a module that can be out of reach.
#[derive(Debug)]
struct Module {
    fails: Arc<AtomicBool>,
    public: Value,
}

#[async_trait]
impl Signer for Module {
    fn algorithm(&self) -> &str {
        "RS256"
    }

    fn key_id(&self) -> &str {
        "module-1"
    }

    fn public_key(&self) -> &Value {
        &self.public
    }

    async fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignError> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(SignError::new("the module is out of reach"));
        }
        Ok(b"signature".to_vec())
    }
}

/// A fault of the key costs the client no code: it redeems it again once the key signs.
#[tokio::test]
async fn k2_a_signature_that_fails_gives_the_code_back() {
    let redis = RedisServer::start();
    for world in [World::in_memory(), World::on(&redis)] {
        let fails = Arc::new(AtomicBool::new(true));
        let module = Module {
            fails: Arc::clone(&fails),
            public: json!({ "kty": "RSA", "kid": "module-1", "alg": "RS256", "use": "sig" }),
        };
        let keys = KeyRing::new(vec![Arc::new(module)]).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = Gateway::start_with_keys(listener, world.settings(), keys)
            .await
            .unwrap();
        let url = format!("http://{}", gateway.address()).parse().unwrap();
        let node = Node { gateway, url };
        let request = confirmed(&world, &node).await;
        for _ in 0..2 {
            let failed = request.send(&node).await;
            assert_eq!(
                (failed.status, failed.error.as_deref()),
                (500, Some("server_error"))
            );
            assert!(failed.access_token.is_none());
        }
        fails.store(false, Ordering::SeqCst);
        let redeemed = request.send(&node).await;
        assert_eq!(redeemed.status, 200, "{redeemed:?}");
        let token = redeemed.id_token.unwrap();
        assert_eq!(
            decode_header(&token).unwrap().kid.as_deref(),
            Some("module-1")
        );
        let again = request.send(&node).await;
        assert_eq!(
            again.error.as_deref(),
            Some("invalid_grant"),
            "it is redeemed once"
        );
    }
}
