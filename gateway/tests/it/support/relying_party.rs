//! The portal's back end, in so far as it redeems codes.

use saoma_client::OpenedLogin;
use saoma_protocol::paths;
use serde::Deserialize;
use url::Url;

use super::{Node, REDIRECT_URI};

/// A request to the token endpoint: right unless a test makes it wrong.
#[derive(Debug, Clone)]
pub(crate) struct TokenRequest {
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<String>,
    pub(crate) code: String,
    pub(crate) redirect_uri: String,
    pub(crate) code_verifier: String,
}

/// Answer of the token endpoint.
#[derive(Debug, Deserialize)]
pub(crate) struct Exchanged {
    #[serde(skip)]
    pub(crate) status: u16,
    pub(crate) error: Option<String>,
    pub(crate) access_token: Option<String>,
    pub(crate) id_token: Option<String>,
}

impl TokenRequest {
    pub(crate) fn of(login: &OpenedLogin, redirect_to: &str) -> Self {
        Self {
            client_id: "hall".into(),
            client_secret: Some("hall-secret".into()),
            code: code_of(redirect_to),
            redirect_uri: REDIRECT_URI.into(),
            code_verifier: login.code_verifier.clone(),
        }
    }

    pub(crate) async fn send(&self, node: &Node) -> Exchanged {
        self.send_by(&reqwest::Client::new(), node.at(paths::TOKEN))
            .await
            .unwrap()
    }

    /// The same where an answer may not come.
    pub(crate) async fn send_by(
        &self,
        http: &reqwest::Client,
        endpoint: Url,
    ) -> reqwest::Result<Exchanged> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("client_id", &self.client_id),
            ("code", &self.code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", &self.code_verifier),
        ];
        form.extend(
            self.client_secret
                .as_deref()
                .map(|secret| ("client_secret", secret)),
        );
        let response = http.post(endpoint).form(&form).send().await?;
        let status = response.status().as_u16();
        Ok(Exchanged {
            status,
            ..response.json().await?
        })
    }
}

/// The code in the address that a browser is sent to.
fn code_of(redirect_to: &str) -> String {
    let url = Url::parse(redirect_to).unwrap();
    url.query_pairs()
        .find(|(name, _)| name == "code")
        .unwrap()
        .1
        .into_owned()
}
