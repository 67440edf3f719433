//! A relying party as a library makes one: it knows OpenID Connect, its own registration and the issuer.

use std::collections::HashMap;
use std::sync::Arc;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use parking_lot::Mutex;
use reqwest::{Client, RequestBuilder, Response, redirect};
use saoma_protocol::CodeChallenge;
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::hosted_page::{HostedPage, posted_answer};
use crate::support::{Node, PUBLIC_URL, REDIRECT_URI};

/// The verifier of all requests. RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// The way of the authorization response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResponseMode {
    /// OAuth 2.0 Multiple Response Types §2.1.
    Query,
    /// OAuth 2.0 Form Post Response Mode.
    FormPost,
}

/// The way in which the client proves itself at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientAuth {
    Basic,
    Post,
    /// A public client's: its id alone.
    None,
}

/// The way in which an access token is shown (RFC 6750 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BearerIn {
    GetHeader,
    PostHeader,
    PostBody,
}

/// A registered client, with what it has read of the provider.
#[derive(Debug)]
pub(crate) struct RelyingParty {
    pub(crate) client_id: String,
    pub(crate) secret: String,
    pub(crate) redirect_uri: String,
    pub(crate) mode: ResponseMode,
    pub(crate) auth: ClientAuth,
    /// The provider's metadata.
    pub(crate) provider: Value,
    node: Url,
    http: Client,
    /// The browser's cookie for the gateway, shared by the clients that it uses.
    cookie: Arc<Mutex<Option<String>>>,
}

/// An authentication request, whose parameters a test may change.
#[derive(Debug, Clone)]
pub(crate) struct Request(Vec<(String, String)>);

/// The provider's first answer to an authentication request.
#[derive(Debug)]
pub(crate) enum Authorized {
    /// The login page.
    Page(Box<HostedPage>),
    /// An answer to the client, at once.
    Answer(Answer),
    /// A page for the browser alone, with this status.
    Stopped(u16),
}

/// The parameters that come to the redirect URI.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) mode: ResponseMode,
    pub(crate) redirect_uri: String,
    pub(crate) parameters: HashMap<String, String>,
}

/// An answer of the token endpoint or the userinfo endpoint.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl RelyingParty {
    /// The client `hall`, after discovery.
    pub(crate) async fn discover(node: &Node, mode: ResponseMode) -> Self {
        let http = Client::builder().redirect(redirect::Policy::none());
        let url = node.at("/.well-known/openid-configuration");
        let provider: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        assert_eq!(provider["issuer"], PUBLIC_URL);
        Self {
            client_id: "hall".into(),
            secret: "hall-secret".into(),
            redirect_uri: REDIRECT_URI.into(),
            mode,
            auth: ClientAuth::Basic,
            provider,
            node: node.url.clone(),
            http: http.build().unwrap(),
            cookie: Arc::default(),
        }
    }

    /// The same as another registered client.
    pub(crate) fn registered_as(self, client_id: &str, secret: &str, redirect_uri: &str) -> Self {
        Self {
            client_id: client_id.into(),
            secret: secret.into(),
            redirect_uri: redirect_uri.into(),
            ..self
        }
    }

    /// Another confidential client, in the same browser.
    pub(crate) fn of_client(&self, id: &str) -> Self {
        Self {
            client_id: id.into(),
            secret: format!("{id}-secret"),
            redirect_uri: format!("https://{id}.example/callback"),
            mode: self.mode,
            auth: self.auth,
            provider: self.provider.clone(),
            node: self.node.clone(),
            http: self.http.clone(),
            cookie: Arc::clone(&self.cookie),
        }
    }

    /// Sends a request of the browser, with its cookie, and keeps a new one.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Response {
        let cookie = self.cookie();
        let request = match &cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        };
        let response = request.send().await.unwrap();
        if let Some(set) = response.headers().get("set-cookie") {
            let set = set.to_str().unwrap();
            let pair = set.split(';').next().unwrap().to_owned();
            *self.cookie.lock() = (!set.contains("Max-Age=0")).then_some(pair);
        }
        response
    }

    /// The browser's cookie for the gateway.
    pub(crate) fn cookie(&self) -> Option<String> {
        self.cookie.lock().clone()
    }

    /// Makes it another browser.
    pub(crate) fn forget_cookie(&self) {
        *self.cookie.lock() = None;
    }

    /// An authentication request for this scope, with `state`, `nonce` and PKCE.
    pub(crate) fn request(&self, scope: &str) -> Request {
        let challenge = CodeChallenge::of(VERIFIER).to_string();
        let request = Request(Vec::new())
            .with("response_type", "code")
            .with("client_id", &self.client_id)
            .with("redirect_uri", &self.redirect_uri)
            .with("scope", scope)
            .with("state", "a state with a space & an ampersand")
            .with("nonce", "n-0S6_WzA2Mj")
            .with("code_challenge", &challenge)
            .with("code_challenge_method", "S256");
        match self.mode {
            ResponseMode::Query => request,
            ResponseMode::FormPost => request.with("response_mode", "form_post"),
        }
    }

    /// Sends the browser to the authorization endpoint by GET.
    pub(crate) async fn authorize(&self, request: &Request) -> Authorized {
        let mut url = self.endpoint("authorization_endpoint");
        url.query_pairs_mut().extend_pairs(&request.0);
        let response = self.send(self.http.get(url)).await;
        self.authorized(response).await
    }

    /// Sends the browser to the authorization endpoint by POST.
    pub(crate) async fn authorize_by_post(&self, request: &Request) -> Authorized {
        let url = self.endpoint("authorization_endpoint");
        let response = self.send(self.http.post(url).form(&request.0)).await;
        self.authorized(response).await
    }

    /// Sends the browser to the authorization endpoint by another site's form. Browsers leave the gateway's cookie out of it,
    /// and send it with the redirect that follows.
    pub(crate) async fn authorize_by_foreign_form(&self, request: &Request) -> Authorized {
        let url = self.endpoint("authorization_endpoint");
        let request = self.http.post(url).form(&request.0);
        let response = request.send().await.unwrap();
        let location = response.headers().get("location").cloned();
        let own = location.filter(|to| to.as_bytes().starts_with(b"/oauth2/authorize?"));
        let response = match own {
            Some(location) => {
                assert_eq!(response.status(), 303);
                let url = self.node.join(location.to_str().unwrap()).unwrap();
                self.send(self.http.get(url)).await
            }
            None => response,
        };
        self.authorized(response).await
    }

    /// Pushes a request (RFC 9126), and returns the one that refers to it.
    pub(crate) async fn push(&self, request: &Request) -> Request {
        let mut form = request.0.clone();
        form.push(("client_secret".into(), self.secret.clone()));
        let url = self.endpoint("pushed_authorization_request_endpoint");
        let pushed = self.http.post(url).form(&form).send().await.unwrap();
        let pushed = Told::read(pushed).await;
        assert_eq!(pushed.status, 201, "{}", pushed.body);
        Request(Vec::new())
            .with("client_id", &self.client_id)
            .with("request_uri", pushed.text("request_uri"))
    }

    async fn authorized(&self, response: Response) -> Authorized {
        if let Some(location) = response.headers().get("location") {
            let location = location.to_str().unwrap();
            return Authorized::Answer(Answer::of_location(location));
        }
        let status = response.status().as_u16();
        if status != 200 {
            return Authorized::Stopped(status);
        }
        let policy = response.headers()["content-security-policy"].clone();
        let html = response.text().await.unwrap();
        if !html.contains("<qr-login") {
            return Authorized::Answer(posted_answer(&html));
        }
        // The page may post to the redirect URI, if it has to, and nowhere else.
        let origin = Url::parse(&self.redirect_uri).unwrap().origin();
        let allowed = match self.mode {
            ResponseMode::Query => "'none'".to_owned(),
            ResponseMode::FormPost => origin.ascii_serialization(),
        };
        let policy = policy.to_str().unwrap();
        assert!(
            policy.contains(&format!("form-action {allowed};")),
            "{policy}"
        );
        Authorized::Page(Box::new(HostedPage::read(
            &html,
            &self.node,
            self.of_client(&self.client_id),
        )))
    }

    /// Redeems the code of an answer, with the verifier.
    pub(crate) async fn redeem(&self, answer: &Answer) -> Told {
        let verifier = [("code_verifier", VERIFIER)];
        self.redeem_with(answer.value("code"), &verifier).await
    }

    /// Redeems a code with these parameters beside those that every request has.
    pub(crate) async fn redeem_with(&self, code: &str, more: &[(&str, &str)]) -> Told {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
        ];
        form.extend(more);
        self.ask_token(form).await
    }

    /// Sends a form to the token endpoint, with the client's proof.
    pub(crate) async fn ask_token<'a>(&'a self, mut form: Vec<(&'a str, &'a str)>) -> Told {
        let request = self.http.post(self.endpoint("token_endpoint"));
        let request = match self.auth {
            ClientAuth::Basic => {
                // RFC 6749 §2.3.1: both are form-encoded first.
                let encoded = |text: &str| -> String {
                    form_urlencoded::byte_serialize(text.as_bytes()).collect()
                };
                request.basic_auth(encoded(&self.client_id), Some(encoded(&self.secret)))
            }
            ClientAuth::Post => {
                form.push(("client_id", &self.client_id));
                form.push(("client_secret", &self.secret));
                request
            }
            ClientAuth::None => {
                form.push(("client_id", &self.client_id));
                request
            }
        };
        let response = request.form(&form).send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
        Told::read(response).await
    }

    /// Returns the claims of an ID token, whose signature, issuer, audience and times are verified.
    pub(crate) async fn verify(&self, id_token: &str) -> Value {
        let keys = self.http.get(self.endpoint("jwks_uri")).send().await;
        let keys: JwkSet = keys.unwrap().json().await.unwrap();
        let header = jsonwebtoken::decode_header(id_token).unwrap();
        assert_eq!(header.alg, Algorithm::RS256);
        let key = keys.find(&header.kid.expect("a kid")).expect("the key");
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&[&self.client_id]);
        validation.set_issuer(&[PUBLIC_URL]);
        validation.set_required_spec_claims(&["iss", "sub", "aud", "exp", "iat"]);
        let key = DecodingKey::from_jwk(key).unwrap();
        jsonwebtoken::decode::<Value>(id_token, &key, &validation)
            .unwrap()
            .claims
    }

    /// Asks the userinfo endpoint.
    pub(crate) async fn userinfo(&self, token: &str, way: BearerIn) -> Told {
        let url = self.endpoint("userinfo_endpoint");
        let request = match way {
            BearerIn::GetHeader => self.http.get(url).bearer_auth(token),
            BearerIn::PostHeader => self.http.post(url).bearer_auth(token),
            BearerIn::PostBody => self.http.post(url).form(&[("access_token", token)]),
        };
        Told::read(request.send().await.unwrap()).await
    }

    /// An endpoint by its name in the metadata. It names the public address; the node listens on another one.
    pub(crate) fn endpoint(&self, name: &str) -> Url {
        let named = self.provider[name].as_str().expect(name);
        let path = named.strip_prefix(PUBLIC_URL).expect("the public address");
        self.node.join(path).unwrap()
    }
}

impl Request {
    /// The same with a parameter set.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(other, _)| other != name);
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same without a parameter.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(other, _)| other != name);
        self
    }

    /// The value of a parameter.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl Authorized {
    /// The login page.
    pub(crate) fn page(self) -> HostedPage {
        match self {
            Self::Page(page) => *page,
            other => panic!("no login page: {other:?}"),
        }
    }

    /// The answer that comes at once.
    pub(crate) fn answer(self) -> Answer {
        match self {
            Self::Answer(answer) => answer,
            other => panic!("no answer: {other:?}"),
        }
    }
}

impl Answer {
    /// Reads the parameters from the address to which a browser is sent.
    pub(crate) fn of_location(location: &str) -> Self {
        let mut uri = Url::parse(location).unwrap();
        assert_eq!(uri.fragment(), None, "{location}");
        let parameters = uri.query_pairs().into_owned().collect();
        uri.set_query(None);
        Self {
            mode: ResponseMode::Query,
            redirect_uri: uri.into(),
            parameters,
        }
    }

    /// A parameter that must be there.
    pub(crate) fn value(&self, name: &str) -> &str {
        let value = self.parameters.get(name);
        value.unwrap_or_else(|| panic!("no {name} in {:?}", self.parameters))
    }

    /// The error, if the answer is one.
    pub(crate) fn error(&self) -> Option<&str> {
        self.parameters.get("error").map(String::as_str)
    }

    /// Compares the answer with its request as a client does: mode, redirect URI, state and issuer.
    pub(crate) fn checked(self, party: &RelyingParty, request: &Request) -> Self {
        assert_eq!(self.mode, party.mode);
        assert_eq!(self.redirect_uri, party.redirect_uri);
        let state = self.parameters.get("state").map(String::as_str);
        assert_eq!(state, request.value("state"));
        assert_eq!(self.value("iss"), party.provider["issuer"]);
        assert!(self.parameters.contains_key("code") != self.parameters.contains_key("error"));
        self
    }
}

impl Told {
    async fn read(response: Response) -> Self {
        let status = response.status().as_u16();
        // Errors of the userinfo endpoint stand in a header, and have no body.
        let body = response.json().await.unwrap_or_default();
        Self { status, body }
    }

    /// A text member that must be there.
    pub(crate) fn text(&self, name: &str) -> &str {
        let value = self.body[name].as_str();
        value.unwrap_or_else(|| panic!("no {name} in {}", self.body))
    }
}
