//! Registers elsewhere, over HTTP with JSON and a bearer token.
//!
//! Everything is asked by POST, so that no ID number stands in a log on the way:
//!
//! | path | request | answer |
//! |---|---|---|
//! | `/v1/persons/match` | `id_number`, `name` | the name as registered, `true` or `false` |
//! | `/v1/cards/find` | `id_number` | [`Card`] or `null` |
//! | `/v1/cards/check-password` | `id_number`, `password` | [`PasswordCheck`] |
//! | `/v1/cards/act` | `id_number`, `action` | `{"Ok": Card}` or `{"Err": CardRefusesAction}` |
//! | `/v1/cards/making` | `id_number` | [`Making`] or `null` |
//! | `/v1/units/posts` | `id_number` | list of [`Post`] |
//! | `/v1/units/find` | `unit_id` | [`UnitRecord`] or `null` |
//! | `/v1/messages` | `phone`, `text` | `null` |

//!
//! `name` is folded ([`saoma_protocol::typed::name`]): NFKC, U+00B7 between the parts, no spaces beside Han characters. A
//! register compares Latin letters without regard to case. It answers with the name in its own form, which people are then
//! shown, or with `true` if that is the form that it was asked with.

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use http::StatusCode;
use saoma_protocol::{typed, without_steering};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::{
    Card, CardAction, CardRefusesAction, CardRegister, Making, PasswordCheck, PopulationRegister,
    Post, RegisterError, Result, SmsCarrier, TIMEOUT, UnitRecord, UnitRegister,
};
use crate::accounts::id_number::IdNumber;
use crate::secret::Secret;

/// The registers of an authority, at one origin.
#[derive(Debug, Clone)]
pub(crate) struct HttpRegisters {
    http: reqwest::Client,
    origin: Url,
    token: Secret,
}

impl HttpRegisters {
    /// The registers at this origin, asked with this token.
    pub(crate) fn new(origin: Url, token: Secret) -> Result<Self, reqwest::Error> {
        // A redirect would carry the token and ID numbers to wherever it leads.
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            http,
            origin,
            token,
        })
    }

    async fn ask<T: DeserializeOwned>(&self, path: &str, question: Value) -> Result<T> {
        let mut url = self.origin.clone();
        url.set_path(path);
        let request = self.http.post(url).bearer_auth(self.token.expose());
        let answer = request.json(&question).send().await;
        let answer = answer.map_err(|error| RegisterError::Unreachable(error.without_url()))?;
        match answer.status() {
            StatusCode::OK => {
                let body = answer.bytes().await;
                let body = body.map_err(|error| RegisterError::Unreachable(error.without_url()))?;
                Ok(read(&body)?)
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(RegisterError::TokenRefused),
            status => Err(RegisterError::Failed(status)),
        }
    }
}

/// Reads an answer. People read its names: characters that steer a screen are taken out of all its texts (threat T17).
fn read<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<T> {
    let mut answer: Value = serde_json::from_slice(body)?;
    clean(&mut answer);
    serde_json::from_value(answer)
}

fn clean(value: &mut Value) {
    match value {
        Value::String(text) => *text = without_steering(text),
        Value::Array(values) => values.iter_mut().for_each(clean),
        Value::Object(members) => members.values_mut().for_each(clean),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The answer of a population register.
#[derive(Deserialize)]
#[serde(untagged)]
enum PersonMatch {
    /// The name in the register's own form.
    Name(String),
    /// True if the register has the name as it was asked for.
    Same(bool),
}

#[async_trait]
impl PopulationRegister for HttpRegisters {
    async fn registered_name(&self, id_number: &IdNumber, name: &str) -> Result<Option<String>> {
        let name = typed::name(name);
        let question = json!({ "id_number": id_number, "name": name });
        Ok(match self.ask("/v1/persons/match", question).await? {
            PersonMatch::Name(registered) => Some(registered),
            PersonMatch::Same(is_same) => is_same.then_some(name),
        })
    }
}

#[async_trait]
impl CardRegister for HttpRegisters {
    async fn card(&self, id_number: &IdNumber) -> Result<Option<Card>> {
        let question = json!({ "id_number": id_number });
        self.ask("/v1/cards/find", question).await
    }

    async fn check_password(&self, id_number: &IdNumber, password: &str) -> Result<PasswordCheck> {
        let question = json!({ "id_number": id_number, "password": password });
        self.ask("/v1/cards/check-password", question).await
    }

    async fn act(
        &self,
        id_number: &IdNumber,
        action: CardAction,
    ) -> Result<Result<Card, CardRefusesAction>> {
        let question = json!({ "id_number": id_number, "action": action });
        self.ask("/v1/cards/act", question).await
    }

    async fn making(&self, id_number: &IdNumber) -> Result<Option<Making>> {
        let question = json!({ "id_number": id_number });
        self.ask("/v1/cards/making", question).await
    }
}

#[async_trait]
impl UnitRegister for HttpRegisters {
    async fn posts(&self, id_number: &IdNumber) -> Result<Vec<Post>> {
        let question = json!({ "id_number": id_number });
        self.ask("/v1/units/posts", question).await
    }

    async fn unit(&self, unit_id: &str) -> Result<Option<UnitRecord>> {
        let question = json!({ "unit_id": unit_id });
        self.ask("/v1/units/find", question).await
    }
}

#[async_trait]
impl SmsCarrier for HttpRegisters {
    async fn send(&self, phone: &str, text: &str) -> Result<()> {
        let question = json!({ "phone": phone, "text": text });
        self.ask("/v1/messages", question).await
    }
}
