//! Conditions under which a token is meant for this gateway. A token that is good for another service of the same backend
//! must not log anyone in (RFC 9700 §2.3, RFC 8725 §3.9).

use serde_json::{Map, Value};

use crate::jose::{LEEWAY, RefusalReason, TokenRefusal, member, time};
use crate::settings::{IntrospectionSettings, JwksSettings};

/// Members that name the app that a token was issued to: RFC 7662 and RFC 9068; OpenID Connect; Entra ID; Okta.
const CLIENT_MEMBERS: [&str; 4] = ["client_id", "azp", "appid", "cid"];

/// Members that name the kind of a token, in answers and claims of several servers.
const KIND_MEMBERS: [&str; 3] = ["token_type", "typ", "token_use"];

/// Members of tokens that are not access tokens: logout tokens and security events (RFC 8417); ID tokens of OpenID Connect
/// Core §2, §3.3.2.11 and §7.4, of FAPI 1.0 and of CIBA.
const FOREIGN_MEMBERS: [&str; 8] = [
    "events",
    "nonce",
    "at_hash",
    "c_hash",
    "s_hash",
    "sub_jwk",
    "urn:openid:params:jwt:claim:rt_hash",
    "urn:openid:params:jwt:claim:auth_req_id",
];

/// Conditions on the claims of a token, or on the answer about it.
#[derive(Debug, Clone)]
pub(super) struct Conditions {
    audience: Option<String>,
    scopes: Vec<String>,
    clients: Vec<String>,
}

impl From<&IntrospectionSettings> for Conditions {
    fn from(settings: &IntrospectionSettings) -> Self {
        Self {
            audience: settings.audience.clone(),
            scopes: words(settings.scope.as_deref()),
            clients: settings.client.clone(),
        }
    }
}

impl From<&JwksSettings> for Conditions {
    fn from(settings: &JwksSettings) -> Self {
        Self {
            audience: Some(settings.audience.clone()),
            scopes: words(settings.scope.as_deref()),
            clients: settings.client.clone(),
        }
    }
}

fn words(text: Option<&str>) -> Vec<String> {
    let words = text.unwrap_or_default().split_whitespace();
    words.map(str::to_owned).collect()
}

impl Conditions {
    /// Checks that a token is an access token for this gateway, at `now` in Unix seconds.
    ///
    /// # Errors
    /// Returns the check that failed.
    pub(super) fn check(&self, claims: &Map<String, Value>, now: f64) -> Result<(), TokenRefusal> {
        check_kind(claims)?;
        check_times(claims, now)?;
        self.check_audience(claims)?;
        self.check_scope(claims)?;
        self.check_client(claims)
    }

    fn check_audience(&self, claims: &Map<String, Value>) -> Result<(), TokenRefusal> {
        let Some(audience) = &self.audience else {
            return Ok(());
        };
        let found = texts(member(claims, "aud"));
        if found.contains(&audience.as_str()) {
            return Ok(());
        }
        Err(TokenRefusal::of(RefusalReason::Aud, &found.join(" ")))
    }

    fn check_scope(&self, claims: &Map<String, Value>) -> Result<(), TokenRefusal> {
        let found: Vec<&str> = ["scope", "scp"]
            .into_iter()
            .flat_map(|name| texts(member(claims, name)))
            .flat_map(|text| text.split(' '))
            .collect();
        let has = |scope: &String| found.contains(&scope.as_str());
        if self.scopes.iter().all(has) {
            return Ok(());
        }
        Err(TokenRefusal::of(RefusalReason::Scope, &found.join(" ")))
    }

    /// Each member that names a client must name one of the list: one that is foreign spoils the token.
    fn check_client(&self, claims: &Map<String, Value>) -> Result<(), TokenRefusal> {
        if self.clients.is_empty() {
            return Ok(());
        }
        let mut named = CLIENT_MEMBERS
            .into_iter()
            .filter_map(|name| member(claims, name))
            .peekable();
        if named.peek().is_none() {
            return Err(TokenRefusal::new(RefusalReason::Client));
        }
        for value in named {
            let client = value.as_str().unwrap_or_default();
            if !self.clients.iter().any(|known| known == client) {
                return Err(TokenRefusal::of(RefusalReason::Client, client));
            }
        }
        Ok(())
    }
}

/// Returns a text, or the texts of an array.
fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(elements)) => elements.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Checks that a token is an access token, and one that needs no proof of its sender.
fn check_kind(claims: &Map<String, Value>) -> Result<(), TokenRefusal> {
    if member(claims, "cnf").is_some() {
        return Err(TokenRefusal::new(RefusalReason::Bound));
    }
    for name in FOREIGN_MEMBERS {
        if member(claims, name).is_some() {
            return Err(TokenRefusal::of(RefusalReason::Kind, name));
        }
    }
    for name in KIND_MEMBERS {
        let Some(value) = member(claims, name) else {
            continue;
        };
        let kind = value.as_str().unwrap_or_default();
        match kind.to_ascii_lowercase().as_str() {
            "bearer" | "access_token" | "urn:ietf:params:oauth:token-type:access_token" => {}
            "access" if name == "token_use" => {}
            "dpop" => return Err(TokenRefusal::of(RefusalReason::Bound, kind)),
            _ => return Err(TokenRefusal::of(RefusalReason::Kind, kind)),
        }
    }
    Ok(())
}

fn check_times(claims: &Map<String, Value>, now: f64) -> Result<(), TokenRefusal> {
    if time(claims, "exp", RefusalReason::Exp)?.is_some_and(|end| end + LEEWAY <= now) {
        return Err(TokenRefusal::new(RefusalReason::Exp));
    }
    if time(claims, "nbf", RefusalReason::Nbf)?.is_some_and(|begin| now + LEEWAY < begin) {
        return Err(TokenRefusal::new(RefusalReason::Nbf));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
