//! Sessions at the provider: a portal with single sign-on, the app's backend that answers about standing, and the portal's
//! endpoint for logout tokens.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Form;
use axum::routing::{any, post};
use http::header::{CONTENT_TYPE, LOCATION};
use parking_lot::Mutex;
use reqwest::{Response, redirect};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use url::Url;

use super::{Answer, Authorized, RelyingParty, Request, ResponseMode, Scene, Told};
use crate::support::{Endpoint, PUBLIC_URL, World};

pub(crate) const PORTAL: &str = "portal";
pub(crate) const AFTER_LOGOUT: &str = "https://portal.example/bye";

/// Longest time until a logout token comes.
const TOLD_WITHIN: Duration = Duration::from_secs(30);

/// In place of a status: the endpoint takes the token and does not answer.
pub(crate) const NO_ANSWER: u16 = 0;

/// The app's backend, asked about standing.
pub(crate) struct Backend {
    endpoint: Endpoint,
    refused: Arc<Mutex<HashSet<String>>>,
    is_down: Arc<AtomicBool>,
}

impl Backend {
    pub(crate) async fn start() -> Self {
        let refused = Arc::<Mutex<HashSet<String>>>::default();
        let known = Arc::clone(&refused);
        let is_down = Arc::<AtomicBool>::default();
        let down = Arc::clone(&is_down);
        let answer = move |Form(question): Form<HashMap<String, String>>| {
            let sub = question["sub"].clone();
            let refusal = known.lock().contains(&sub).then_some("card_reported_lost");
            let answer = json!({
                "active": true, "sub": sub, "name": "示例", "refusal": refusal,
                "identities": [{ "id": "personal", "kind": "personal", "name": "示例" }],
            });
            let status = if down.load(Ordering::Relaxed) {
                http::StatusCode::INTERNAL_SERVER_ERROR
            } else {
                http::StatusCode::OK
            };
            let headers = [(CONTENT_TYPE, "application/json")];
            async move { (status, headers, answer.to_string()) }
        };
        let app = Router::new().route("/standing", post(answer));
        let endpoint = Endpoint::start(app).await;
        Self {
            endpoint,
            refused,
            is_down,
        }
    }

    /// Lets a person log in no more.
    pub(crate) fn refuse(&self, sub: &str) {
        self.refused.lock().insert(sub.to_owned());
    }

    /// Gives no good answer any more, or again.
    pub(crate) fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::Relaxed);
    }

    pub(crate) fn settings(&self) -> String {
        format!(
            "identity.standing = {{ url = '{}', client_id = 'saoma', client_secret = 'standing-secret-51c2' }}",
            self.endpoint.at("/standing")
        )
    }
}

/// A portal's endpoint for logout tokens.
pub(crate) struct LogoutEndpoint {
    endpoint: Endpoint,
    tokens: mpsc::UnboundedReceiver<String>,
    status: Arc<Mutex<u16>>,
}

impl LogoutEndpoint {
    pub(crate) async fn start() -> Self {
        let (sender, tokens) = mpsc::unbounded_channel();
        let followed = sender.clone();
        let status = Arc::new(Mutex::new(200));
        let answered = Arc::clone(&status);
        let take = move |Form(form): Form<Vec<(String, String)>>| {
            let (sender, answered) = (sender.clone(), Arc::clone(&answered));
            async move {
                let [(name, token)] = form.as_slice() else {
                    panic!("one parameter, and no more: {form:?}")
                };
                assert_eq!(name, "logout_token");
                sender.send(token.clone()).unwrap();
                let status = *answered.lock();
                match status {
                    NO_ANSWER => std::future::pending().await,
                    status => {
                        let status = http::StatusCode::from_u16(status).unwrap();
                        (status, [(LOCATION, "/elsewhere")])
                    }
                }
            }
        };
        let elsewhere = move || {
            let followed = followed.clone();
            async move { followed.send("followed".into()).unwrap() }
        };
        let app = Router::new()
            .route("/logout", post(take))
            .route("/elsewhere", any(elsewhere));
        let endpoint = Endpoint::start(app).await;
        Self {
            endpoint,
            tokens,
            status,
        }
    }

    pub(crate) fn url(&self) -> Url {
        self.endpoint.at("/logout")
    }

    /// Answers with this status from now on.
    pub(crate) fn answer(&self, status: u16) {
        *self.status.lock() = status;
    }

    /// Waits for the next logout token.
    pub(crate) async fn next(&mut self) -> String {
        let next = tokio::time::timeout(TOLD_WITHIN, self.tokens.recv()).await;
        next.expect("a logout token").expect("a logout token")
    }
}

/// The settings of a portal with single sign-on for an hour, which may be told of logouts.
pub(crate) fn portal(id: &str, logouts: Option<&LogoutEndpoint>) -> String {
    let told = logouts.map(|logouts| format!("backchannel_logout_uri = '{}'", logouts.url()));
    format!(
        "client_id = '{id}'\nname = 'Portal {id}'\nsecret = '{id}-secret'\nagree = 'off'\nsso = '1h'\nrefresh_tokens = '1h'\n\
         redirect_uris = ['https://{id}.example/callback']\n\
         post_logout_redirect_uris = ['https://{id}.example/bye']\n{}\n",
        told.unwrap_or_default()
    )
}

/// A relying party with a session at the provider, and the browser that holds it.
pub(crate) struct SessionScene {
    pub(crate) scene: Scene,
    pub(crate) backend: Backend,
    pub(crate) logouts: LogoutEndpoint,
}

impl SessionScene {
    pub(crate) async fn start(mode: ResponseMode) -> Self {
        Self::in_world(World::in_memory(), mode).await
    }

    pub(crate) async fn in_world(world: World, mode: ResponseMode) -> Self {
        let (backend, logouts) = (Backend::start().await, LogoutEndpoint::start().await);
        let world = world.with(&backend.settings());
        let world = world.with_client(&portal(PORTAL, Some(&logouts)));
        let world = world.with_client(&portal("second", None));
        let mut scene = Scene::in_world(world, mode).await;
        scene.party = scene.party.of_client(PORTAL);
        Self {
            scene,
            backend,
            logouts,
        }
    }

    /// Another client, in the same browser.
    pub(crate) fn second(&self) -> RelyingParty {
        self.scene.party.of_client("second")
    }

    /// Lets person 1 log in with the phone, and returns the claims of the ID token and the token itself.
    pub(crate) async fn log_in(&self) -> (Value, String) {
        let told = self.scene.tokens("openid").await;
        self.claims(&told).await
    }

    /// Sends a request that the session answers at once, and returns the same.
    pub(crate) async fn log_in_silently(&self, request: &Request) -> (Value, String) {
        let party = &self.scene.party;
        let answer = party.authorize(request).await.answer();
        let answer: Answer = answer.checked(party, request);
        let told = party.redeem(&answer).await;
        assert_eq!(told.status, 200, "{}", told.body);
        self.claims(&told).await
    }

    async fn claims(&self, told: &Told) -> (Value, String) {
        let id_token = told.text("id_token").to_owned();
        (self.scene.party.verify(&id_token).await, id_token)
    }

    pub(crate) fn request(&self) -> Request {
        self.scene.party.request("openid")
    }

    /// The error of a request that may show no page.
    pub(crate) async fn silent_refusal(&self) -> String {
        self.scene
            .refusal(&self.request().with("prompt", "none"))
            .await
    }

    /// Asserts that a request leads to the login page.
    pub(crate) async fn shows_page(&self, request: &Request) {
        let answer = self.scene.party.authorize(request).await;
        assert!(matches!(answer, Authorized::Page(_)), "{answer:?}");
    }

    /// Sends the browser to the end session endpoint.
    pub(crate) async fn log_out(&self, query: &[(&str, &str)]) -> LogoutAnswer {
        let party = &self.scene.party;
        let mut url = party.endpoint("end_session_endpoint");
        url.query_pairs_mut().extend_pairs(query);
        let http = reqwest::Client::builder().redirect(redirect::Policy::none());
        let response = party.send(http.build().unwrap().get(url)).await;
        LogoutAnswer::read(response).await
    }

    /// Presses the button of a logout page. The form is answered by a redirect, and the page that is seen then can be loaded
    /// again.
    pub(crate) async fn press(&self, page: &LogoutAnswer) -> LogoutAnswer {
        let party = &self.scene.party;
        let url = party.endpoint("end_session_endpoint");
        let http = reqwest::Client::builder().redirect(redirect::Policy::none());
        let request = http.build().unwrap().post(url).form(&page.fields);
        let sent = LogoutAnswer::read(party.send(request).await).await;
        assert_eq!(sent.status, 303, "{sent:?}");
        let next = sent.location.unwrap();
        let (path, query) = next.split_once('?').unwrap();
        assert_eq!(path, "/oauth2/logout");
        assert!(
            !query.contains("confirm=") && !query.contains("id_token_hint="),
            "{query}"
        );
        let query: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
        let query: Vec<_> = query
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        let seen = self.log_out(&query).await;
        assert_eq!(self.log_out(&query).await.status, seen.status);
        seen
    }
}

/// The answer of the end session endpoint.
#[derive(Debug)]
pub(crate) struct LogoutAnswer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) html: String,
    /// The fields of its form.
    pub(crate) fields: Vec<(String, String)>,
}

impl LogoutAnswer {
    /// Returns true if the page has a link with this query as its page in another language.
    pub(crate) fn leads_to(&self, query: &str, name: &str) -> bool {
        let html = self.html.replace("&#38;", "&amp;");
        html.contains(&format!("href=\"{query}\"")) && html.contains(&format!(">{name}</a>"))
    }

    async fn read(response: Response) -> Self {
        let location = response.headers().get("location");
        let location = location.map(|location| location.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let html = response.text().await.unwrap();
        let value = |input: &str, name: &str| {
            let (_, rest) = input.split_once(&format!("{name}=\""))?;
            Some(rest.split_once('"')?.0.to_owned())
        };
        let inputs = html.split("<input").skip(1);
        let fields =
            inputs.filter_map(|input| Some((value(input, "name")?, value(input, "value")?)));
        Self {
            status,
            location,
            fields: fields.collect(),
            html,
        }
    }

    /// True if it asks the person, and sends the browser nowhere.
    pub(crate) fn asks(&self) -> bool {
        self.location.is_none() && self.fields.iter().any(|(name, _)| name == "confirm")
    }
}

/// The claims of a logout token, verified as a client does (Back-Channel Logout 1.0 §2.6).
pub(crate) async fn verified(party: &RelyingParty, token: &str) -> Value {
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("logout+jwt"));
    let claims = party.verify(token).await;
    let events = claims["events"].as_object().unwrap();
    let event = &events["http://schemas.openid.net/event/backchannel-logout"];
    assert!(event.as_object().is_some_and(serde_json::Map::is_empty));
    assert_eq!(claims["iss"], PUBLIC_URL);
    assert!(claims["jti"].is_string() && claims["iat"].is_u64());
    let lifetime = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert!(lifetime <= 120, "{claims}");
    assert!(claims.get("nonce").is_none(), "{claims}");
    claims
}
