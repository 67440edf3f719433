//! The hosted login page as a browser runs it.

use std::collections::HashMap;

use saoma_client::{Browser, BrowserError, NewLogin, OpenedLogin};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{CodeChallengeMethod, OpenRequest, ServerMessage};
use url::Url;

use super::relying_party::{Answer, RelyingParty, ResponseMode};
use crate::support::{Node, PUBLIC_URL, World};

/// A login page with the attributes that its scripts read.
#[derive(Debug)]
pub(crate) struct HostedPage {
    pub(crate) html: String,
    node: Url,
    /// The browser that shows it.
    browser: RelyingParty,
    element: HashMap<String, String>,
    /// The form that takes the answer back.
    form: HashMap<String, String>,
}

impl HostedPage {
    pub(super) fn read(html: &str, node: &Url, browser: RelyingParty) -> Self {
        Self {
            element: attributes(html, "qr-login").expect("a <qr-login>"),
            form: attributes(html, "form").expect("a <form>"),
            html: html.to_owned(),
            node: node.clone(),
            browser,
        }
    }

    /// Opens the login, as `<qr-login>` does.
    pub(crate) async fn open(&self) -> (Browser, OpenedLogin) {
        self.try_open().await.unwrap()
    }

    /// The same page with other `claims`.
    pub(crate) fn with_claims(mut self, claims: Option<&str>) -> Self {
        self.element.remove("claims");
        if let Some(claims) = claims {
            self.element.insert("claims".into(), claims.into());
        }
        self
    }

    /// The page's `claims`.
    pub(crate) fn claims(&self) -> Option<&str> {
        self.element.get("claims").map(String::as_str)
    }

    /// Opens the login, if the gateway takes it.
    pub(crate) async fn try_open(&self) -> Result<(Browser, OpenedLogin), BrowserError> {
        assert!(
            !self.element.contains_key("state"),
            "the page alone knows it"
        );
        let attribute = |name: &str| self.element.get(name).cloned();
        let required = |name: &str| attribute(name).expect(name);
        let request = OpenRequest {
            client_id: required("client-id"),
            redirect_uri: required("redirect-uri"),
            state: None,
            nonce: attribute("oidc-nonce"),
            claims: attribute("claims"),
            scope: required("scope"),
            code_challenge: attribute("code-challenge").map(|text| text.parse().unwrap()),
            code_challenge_method: CodeChallengeMethod::S256,
            locale: attribute("locale"),
            known: Vec::new(),
        };
        let login = NewLogin {
            request,
            origin: PUBLIC_URL.into(),
            code_verifier: String::new(),
            state: String::new(),
        };
        Browser::open_new(&self.node, login).await
    }

    /// Lets a person scan and confirm, and returns the answer that the page takes to the redirect URI.
    pub(crate) async fn log_in(&self, world: &World, node: &Node, person: u32) -> Answer {
        let (login, redirect_to) = self.confirmed(world, node, person).await;
        if let Some(sessions) = self.form.get("data-sessions") {
            let url = node.at(&format!("{sessions}{}", login.login_id));
            let request = reqwest::Client::new().post(url);
            let request = request.header("origin", PUBLIC_URL);
            let request = request.header("saoma-receive-key", login.receive_key.to_string());
            let begun = self.browser.send(request).await;
            assert_eq!(begun.status(), 204);
        }
        self.answer(&redirect_to)
    }

    /// Lets a person scan and confirm, and returns the login with the address that `<qr-login>` is told.
    pub(crate) async fn confirmed(
        &self,
        world: &World,
        node: &Node,
        person: u32,
    ) -> (OpenedLogin, String) {
        let (mut browser, login) = self.open().await;
        let phone = world.phone(node, person);
        phone.scan(&login.qr).await.unwrap();
        phone.confirm(login.login_id, PERSONAL).await.unwrap();
        browser.next().await.unwrap();
        let ServerMessage::Confirmed { redirect_to, .. } = browser.next().await.unwrap() else {
            panic!("not confirmed")
        };
        (login, redirect_to)
    }

    /// The answer that the page's script makes of a `confirmed`: the code from the login, the rest from the page.
    fn answer(&self, redirect_to: &str) -> Answer {
        let mode = match self.form["data-mode"].as_str() {
            "query" => ResponseMode::Query,
            "form_post" => ResponseMode::FormPost,
            other => panic!("{other}"),
        };
        let confirmed = Answer::of_location(redirect_to);
        let mut parameters = HashMap::from([
            ("code".to_owned(), confirmed.value("code").to_owned()),
            ("iss".to_owned(), self.form["data-issuer"].clone()),
        ]);
        let state = self.form.get("data-state").cloned();
        parameters.extend(state.map(|state| ("state".to_owned(), state)));
        Answer {
            mode,
            redirect_uri: self.form["action"].clone(),
            parameters,
        }
    }
}

/// The answer of a page that holds nothing but a form to post.
pub(super) fn posted_answer(html: &str) -> Answer {
    let form = attributes(html, "form").expect("a <form>");
    assert_eq!(form["method"], "post");
    let inputs = html.split("<input").skip(1).map(|rest| {
        let input = attributes(&format!("<input{rest}"), "input").unwrap();
        assert_eq!(input["type"], "hidden");
        (input["name"].clone(), input["value"].clone())
    });
    Answer {
        mode: ResponseMode::FormPost,
        redirect_uri: form["action"].clone(),
        parameters: inputs.collect(),
    }
}

/// The attributes of the first element with this tag.
fn attributes(html: &str, tag: &str) -> Option<HashMap<String, String>> {
    let (_, rest) = html.split_once(&format!("<{tag}"))?;
    let (inside, _) = rest.split_once('>')?;
    let mut parts = inside.split('"');
    let mut found = HashMap::new();
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        let name = name.trim().trim_end_matches('=');
        let name = name.rsplit(char::is_whitespace).next()?;
        found.insert(name.to_owned(), unescaped(value));
    }
    Some(found)
}

/// The text of an attribute. Templates escape five characters, as numbers.
fn unescaped(value: &str) -> String {
    ["&#34;", "&#39;", "&#60;", "&#62;", "&#38;"]
        .into_iter()
        .zip(["\"", "'", "<", ">", "&"])
        .fold(value.to_owned(), |text, (escaped, plain)| {
            text.replace(escaped, plain)
        })
}
