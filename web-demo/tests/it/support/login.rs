//! A login by scanning, as the login page's script and the phone do it.

use std::time::Duration;

use http::header::ORIGIN;
use saoma_client::{Browser, OpenedLogin, RelyingParty};
use saoma_protocol::SessionList;
use serde_json::{Value, json};

use super::{Page, Site, TestBrowser, access_token, check};

/// Repeats a question until it is answered with a yes, for as long as a busy machine may take.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let asked = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let answered = tokio::time::timeout(Duration::from_secs(30), asked).await;
    answered.unwrap_or_else(|_| panic!("not in time: {what}"));
}

/// A browser that waits at the gateway as at the portal's login page, and its codes.
pub(crate) async fn open_login(site: &Site) -> (Browser, OpenedLogin) {
    let origin = site.portal.trim_end_matches('/').to_owned();
    let party = RelyingParty {
        client_id: "service-hall".into(),
        redirect_uri: format!("{origin}/callback"),
        origin,
        client_secret: None,
    };
    let gateway = site.gateway.parse().unwrap();
    Browser::open(&gateway, &party).await.unwrap()
}

impl Site {
    /// A computer that a phone's person has logged in on by scanning, as this identity.
    pub(crate) async fn portal_by_scan(
        &self,
        phone: &mut TestBrowser,
        identity: &str,
    ) -> TestBrowser {
        let mut browser = self.portal();
        let page = browser.get("/login").await;
        let redirect_to = self.confirmed(&page, phone, identity).await;
        let callback = browser.path_of(&redirect_to).to_owned();
        browser.get(&callback).await.check("the callback", "@/");
        browser
    }

    /// The person's sessions at the gateway, as their phone lists them.
    pub(crate) async fn sessions(&self, phone: &TestBrowser) -> SessionList {
        let gateway = self.gateway.parse().unwrap();
        let phone = saoma_client::Phone::new(gateway, access_token(phone)).unwrap();
        phone.sessions().await.unwrap()
    }

    /// Opens the login of a login page at the gateway, as the page's script does, and has a phone confirm it. Returns the
    /// address that the browser is sent to.
    pub(crate) async fn confirmed(
        &self,
        page: &Page,
        phone: &mut TestBrowser,
        identity: &str,
    ) -> String {
        let said = |attribute: &str| page.between(&format!(" {attribute}=\""), "\"").to_owned();
        let redirect_uri = said("redirect-uri");
        let origin = redirect_uri.strip_suffix("/callback").unwrap();
        let open = json!({
            "client_id": said("client-id"), "redirect_uri": redirect_uri, "scope": said("scope"),
            "state": said("state"), "nonce": said("oidc-nonce"),
            "code_challenge": said("code-challenge"),
            "code_challenge_method": "S256", "locale": "zh-CN",
        });
        let http = reqwest::Client::new();
        let answer = async |request: reqwest::RequestBuilder| -> Value {
            let answer = request.header(ORIGIN, origin).send().await;
            answer.unwrap().json().await.unwrap()
        };
        let logins = format!("{}/v1/logins", self.gateway);
        let opened = answer(http.post(&logins).json(&open)).await;
        let opened = |field: &str| opened[field].as_str().unwrap();
        let scan = format!("/scan <- user_code={}", opened("user_code"));
        let asked = phone.check(&scan).await.path;
        // A person who is new to the browser is asked for there first.
        let agree = format!("{logins}/{}/agree", opened("login_id"));
        let agree = http
            .post(agree)
            .header(ORIGIN, origin)
            .header("Saoma-Receive-Key", opened("receive_key"));
        assert_eq!(agree.send().await.unwrap().status(), 204);
        check!(phone; "{asked}/confirm <- identity={identity}");
        let events = format!("{logins}/{}/events?after=1&wait=10", opened("login_id"));
        let events = http
            .get(events)
            .header("Saoma-Receive-Key", opened("receive_key"));
        let events = answer(events).await;
        let mut messages = events["messages"].as_array().unwrap().iter();
        let confirmed = messages.find(|message| message["type"] == "confirmed");
        let redirect_to = &confirmed.expect("the login to be confirmed")["redirect_to"];
        redirect_to.as_str().unwrap().to_owned()
    }
}
