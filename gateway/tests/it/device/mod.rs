//! Logins of devices (RFC 8628). The tests are named by what the document says.

mod authorization;
mod limits;
mod nodes;
mod person;
mod polling;

use saoma_protocol::{DeviceCode, LoginId, paths};
use serde_json::Value;

use crate::support::{Node, World};

/// Grant type of a poll (RFC 8628 §3.4).
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A client that proves itself by a secret, and one that cannot.
const TELEVISION: &str = "client_id = 'tv'\nname = 'Television'\nsecret = 'tv-secret'\nredirect_uris = []\ndevice = true";
const TERMINAL: &str = "client_id = 'cli'\nname = 'Terminal'\nredirect_uris = []\ndevice = true";

/// Adds the two clients to a world.
fn with_devices(world: World) -> World {
    world.with_client(TELEVISION).with_client(TERMINAL)
}

/// An answer of the gateway.
#[derive(Debug)]
struct Answer {
    status: u16,
    retry_after: Option<u64>,
    cache_control: Option<String>,
    body: Value,
}

impl Answer {
    /// Returns the error code, empty for a success.
    fn error(&self) -> &str {
        self.body["error"].as_str().unwrap_or_default()
    }
}

/// Sends a form.
async fn post(node: &Node, path: &str, form: &[(&str, &str)]) -> Answer {
    let answer = reqwest::Client::new().post(node.at(path)).form(form);
    let answer = answer.send().await.unwrap();
    let text = |name| Some(answer.headers().get(name)?.to_str().unwrap().to_owned());
    Answer {
        status: answer.status().as_u16(),
        retry_after: text("retry-after").map(|seconds| seconds.parse().unwrap()),
        cache_control: text("cache-control"),
        body: answer.json().await.unwrap(),
    }
}

/// Credentials of a client, as a form has them.
type Credentials = &'static [(&'static str, &'static str)];

const TV: Credentials = &[("client_id", "tv"), ("client_secret", "tv-secret")];
const CLI: Credentials = &[("client_id", "cli")];

/// A device that has opened a login.
#[derive(Debug, Clone)]
struct Device {
    credentials: Credentials,
    device_code: String,
    user_code: String,
    qr: String,
    expires_in: u64,
}

impl Device {
    /// Opens a login.
    async fn open(node: &Node, credentials: Credentials) -> Self {
        let answer = request(node, credentials, "openid profile").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let text = |name: &str| answer.body[name].as_str().unwrap().to_owned();
        Self {
            credentials,
            device_code: text("device_code"),
            user_code: text("user_code"),
            qr: text("verification_uri_complete"),
            expires_in: answer.body["expires_in"].as_u64().unwrap(),
        }
    }

    fn login_id(&self) -> LoginId {
        let code: DeviceCode = self.device_code.parse().unwrap();
        code.login_id()
    }

    /// Polls for the tokens.
    async fn poll(&self, node: &Node) -> Answer {
        self.poll_as(node, self.credentials).await
    }

    /// Polls with credentials of another client.
    async fn poll_as(&self, node: &Node, credentials: &[(&str, &str)]) -> Answer {
        let mut form = credentials.to_vec();
        form.extend([
            ("grant_type", GRANT_TYPE),
            ("device_code", &self.device_code),
        ]);
        post(node, paths::TOKEN, &form).await
    }

    /// Polls, and returns the error code.
    async fn error(&self, node: &Node) -> String {
        let answer = self.poll(node).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        answer.error().to_owned()
    }
}

/// Asks for a login.
async fn request(node: &Node, credentials: &[(&str, &str)], scope: &str) -> Answer {
    let mut form = credentials.to_vec();
    form.push(("scope", scope));
    post(node, paths::DEVICE_AUTHORIZATION, &form).await
}

/// A person scans the device's code and confirms.
async fn confirm(world: &World, node: &Node, device: &Device) {
    let phone = world.phone(node, 1);
    phone.scan(&device.qr).await.unwrap();
    phone
        .confirm_device(device.login_id(), saoma_load::deployment::PERSONAL)
        .await
        .unwrap();
}

/// Returns the status of the userinfo endpoint for an access token.
async fn userinfo(node: &Node, tokens: &Answer) -> u16 {
    let token = tokens.body["access_token"].as_str().unwrap();
    let request = reqwest::Client::new().get(node.at(paths::USERINFO));
    request
        .bearer_auth(token)
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
}
