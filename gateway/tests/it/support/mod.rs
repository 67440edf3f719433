//! Real parts for tests: a gateway on a free port, a Redis server, persons with tokens.

mod authority;
mod binary;
mod endpoint;
mod fault_proxy;
mod introspection;
mod logs;
mod node_process;
mod persons;
mod polling_browser;
mod process;
mod readiness;
mod redis_cluster;
mod redis_process;
mod redis_sentinel;
mod redis_server;
mod redis_tls;
mod redis_unix;
mod relying_party;
mod tls_client;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use authority::{Authority, Issued};
pub(crate) use binary::{Binary, plain_url};
pub(crate) use endpoint::Endpoint;
pub(crate) use fault_proxy::{FaultProxy, Towards};
pub(crate) use introspection::{INTROSPECTION_SECRET, IntrospectionStub};
pub(crate) use logs::CapturedLogs;
pub(crate) use node_process::NodeProcess;
pub(crate) use persons::{Persons, with_unit};
pub(crate) use polling_browser::{LONG, PollingBrowser};
pub(crate) use process::signal;
pub(crate) use redis_cluster::RedisCluster;
pub(crate) use redis_sentinel::{RedisSentinel, TiltWatch};
pub(crate) use redis_server::RedisServer;
pub(crate) use redis_tls::RedisTls;
pub(crate) use redis_unix::RedisUnix;
pub(crate) use relying_party::{Exchanged, TokenRequest};
use saoma_client::{Browser, OpenedLogin, Phone, RelyingParty};
use saoma_gateway::{Gateway, Settings};
use tempfile::TempDir;
pub(crate) use tls_client::{https, tls_tunnel};
use url::Url;

pub(crate) const ORIGIN: &str = "https://hall.example";
pub(crate) const REDIRECT_URI: &str = "https://hall.example/callback";
pub(crate) const PUBLIC_URL: &str = "https://login.example";

/// Returns an RSA key of the tests' own, made once for all of them: making one takes a third of a second, and each world
/// has two.
pub(crate) fn rsa_key(name: &str) -> String {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = directory.join(format!("{name}.pem"));
    std::fs::read_to_string(&path).unwrap_or_else(|_| {
        let key = saoma_gateway::generate_pem().unwrap();
        let mut file = tempfile::NamedTempFile::new_in(directory).unwrap();
        file.write_all(key.as_bytes()).unwrap();
        // Of several tests that make it at once, the first one's counts for all.
        match file.persist_noclobber(&path) {
            Ok(_) => key,
            Err(_) => std::fs::read_to_string(&path).unwrap(),
        }
    })
}

/// A node, with everything that it needs.
pub(crate) struct Node {
    pub(crate) gateway: Gateway,
    pub(crate) url: Url,
}

/// Environment that nodes share: persons, keys, relying parties, a store.
pub(crate) struct World {
    pub(crate) persons: Persons,
    directory: TempDir,
    store_url: String,
    drain: (&'static str, &'static str),
    identity: String,
    agree: &'static str,
    public_url: &'static str,
    extra: String,
    more_clients: String,
}

impl World {
    /// One node on memory.
    pub(crate) fn in_memory() -> Self {
        Self::new("memory:".into())
    }

    /// Nodes on a Redis.
    pub(crate) fn on(redis: &RedisServer) -> Self {
        Self::new(redis.url())
    }

    /// Nodes on the store at this URL.
    pub(crate) fn on_url(store_url: impl Into<String>) -> Self {
        Self::new(store_url.into())
    }

    fn new(store_url: String) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let persons = Persons::new(directory.path());
        let identity = persons.settings();
        std::fs::write(directory.path().join("signing.pem"), rsa_key("signing")).unwrap();
        let secret = directory.path().join("cluster.secret");
        std::fs::write(secret, saoma_gateway::generate_secret()).unwrap();
        Self {
            persons,
            directory,
            store_url,
            drain: ("0s", "2s"),
            identity,
            agree: "off",
            public_url: PUBLIC_URL,
            extra: String::new(),
            more_clients: String::new(),
        }
    }

    /// The same with this delay and window for a node that stops.
    pub(crate) fn with_drain(self, delay: &'static str, window: &'static str) -> Self {
        Self {
            drain: (delay, window),
            ..self
        }
    }

    /// The same with persons whom this endpoint knows.
    pub(crate) fn with_introspection(self, backend: &IntrospectionStub) -> Self {
        Self {
            identity: backend.settings(),
            ..self
        }
    }

    /// The same with two sources of persons: `staff` signs its tokens, `city` is asked about all others.
    pub(crate) fn with_sources(self, city: &IntrospectionStub) -> Self {
        self.with_sources_and(city, "")
    }

    /// The same with more members of each source, each after a comma.
    pub(crate) fn with_sources_and(self, city: &IntrospectionStub, more: &str) -> Self {
        let staff = self.persons.settings().replacen("identity.", "", 1);
        let city = city.settings().replacen("identity.", "", 1);
        let identity = format!(
            "identity.sources = [{{ name = 'staff', {staff}{more} }}, {{ name = 'city', {city}{more} }}]"
        );
        Self { identity, ..self }
    }

    /// The same with more members of `identity.jwks`, each after a comma.
    pub(crate) fn with_jwks(self, more: &str) -> Self {
        Self {
            identity: self.persons.settings_with(more),
            ..self
        }
    }

    /// The same with browsers that are asked to agree to persons who are new to them, as is the default.
    pub(crate) fn asking(self) -> Self {
        Self {
            agree: "new",
            ..self
        }
    }

    /// Gives its nodes another public address.
    pub(crate) fn set_public_url(&mut self, public_url: &'static str) {
        self.public_url = public_url;
    }

    /// The same with more settings, as TOML.
    pub(crate) fn with(mut self, extra: &str) -> Self {
        self.extra.push_str(extra);
        self.extra.push('\n');
        self
    }

    /// The same with another client, by the members of its table.
    pub(crate) fn with_client(mut self, members: &str) -> Self {
        self.more_clients.push_str("[[clients]]\n");
        self.more_clients.push_str(members);
        self.more_clients.push('\n');
        self
    }

    /// Starts a node on a free port.
    pub(crate) async fn start(&self) -> Node {
        self.start_on(&self.store_url).await
    }

    /// Starts a node that reaches the store by another URL.
    pub(crate) async fn start_on(&self, store_url: &str) -> Node {
        let mut settings = self.settings();
        settings.store.url = store_url.to_owned();
        let gateway = Gateway::start(settings).await.unwrap();
        let url = Url::parse(&format!("http://{}", gateway.address())).unwrap();
        Node { gateway, url }
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings::from_toml(&self.toml()).unwrap()
    }

    /// The settings in a file, for a node in a process of its own.
    pub(crate) fn settings_file(&self) -> PathBuf {
        let file = self.path("saoma.toml");
        std::fs::write(&file, self.toml()).unwrap();
        file
    }

    fn toml(&self) -> String {
        let (store_url, identity, extra) = (&self.store_url, &self.identity, &self.extra);
        let signing_key = self.path("signing.pem");
        let secret = self.path("cluster.secret");
        let agree = self.agree;
        let (drain_delay, drain_window) = self.drain;
        let public_url = self.public_url;
        let more_clients = &self.more_clients;
        format!(
            r#"
            {extra}
            oidc.signing_keys = ['{}']
            cluster.secret_files = ['{}']
            server.listen = "127.0.0.1:0"
            # Secrets of tests are short, and their files can be read by all.
            server.allow_insecure = true
            server.public_url = "{public_url}"
            server.drain_delay = "{drain_delay}"
            server.drain_window = "{drain_window}"
            operations.listen = "127.0.0.1:0"
            store.url = "{store_url}"
            {identity}
            [[clients]]
            client_id = "hall"
            name = "Service hall"
            secret = "hall-secret"
            redirect_uris = ["{REDIRECT_URI}"]
            origins = ["{ORIGIN}"]
            agree = "{agree}"
            [[clients]]
            client_id = "other"
            name = "Another site"
            redirect_uris = ["https://other.example/callback"]
            origins = ["https://other.example"]
            agree = "{agree}"
            {more_clients}
            "#,
            signing_key.display(),
            secret.display()
        )
    }

    /// A phone of the person of this number.
    pub(crate) fn phone(&self, node: &Node, person: u32) -> Phone {
        Phone::new(node.url.clone(), self.persons.token(person)).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// Returns an answer's text without the id of its request, of which each has its own.
pub(crate) fn without_request_id(answer: &str) -> String {
    match answer.split_once(",\"request_id\":\"") {
        Some((before, after)) => {
            before.to_owned() + after.split_once('"').map_or("", |(_, rest)| rest)
        }
        None => answer.to_owned(),
    }
}

/// The portal.
pub(crate) fn hall() -> RelyingParty {
    RelyingParty {
        client_id: "hall".into(),
        redirect_uri: REDIRECT_URI.into(),
        origin: ORIGIN.into(),
        client_secret: Some("hall-secret".into()),
    }
}

impl Node {
    /// A browser on the portal's page, showing a code.
    pub(crate) async fn browser(&self) -> (Browser, OpenedLogin) {
        Browser::open(&self.url, &hall()).await.unwrap()
    }

    pub(crate) fn operations(&self, path: &str) -> Url {
        Url::parse(&format!(
            "http://{}{path}",
            self.gateway.operations_address().unwrap()
        ))
        .unwrap()
    }

    pub(crate) fn at(&self, path: &str) -> Url {
        self.url.join(path).unwrap()
    }
}

/// Waits until the condition holds.
pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting)
        .await
        .expect("it comes about");
}
