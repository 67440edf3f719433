//! Parameters of requests, in the form encoding.

use std::collections::HashMap;
use std::fmt;

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use url::form_urlencoded;

use crate::frontends::oidc::oauth_error::OauthError;

/// A form's parameters, each there at most once (RFC 6749 §3.2).
pub(in crate::frontends::oidc) struct Form(HashMap<String, String>);

impl fmt::Debug for Form {
    /// Names only: among the values are secrets and codes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Form {
    /// Reads a body or a query.
    ///
    /// # Errors
    /// Returns an error if a parameter is there twice.
    pub(in crate::frontends::oidc) fn parse(body: &[u8]) -> Result<Self, OauthError> {
        let mut form = HashMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            if form.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(OauthError::InvalidRequest("a parameter is there twice"));
            }
        }
        Ok(Self(form))
    }

    /// Returns true if these headers announce a form as the body.
    pub(in crate::frontends::oidc) fn is_in(headers: &HeaderMap) -> bool {
        headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|media_type| media_type.starts_with("application/x-www-form-urlencoded"))
    }

    /// Returns the value of a parameter. An empty one counts as left out (RFC 6749 §3.1).
    pub(in crate::frontends::oidc) fn value(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Returns the value of a parameter.
    ///
    /// # Errors
    /// Returns an error with this description if the parameter is left out.
    pub(in crate::frontends::oidc) fn required(
        &self,
        name: &str,
        missing: &'static str,
    ) -> Result<&str, OauthError> {
        self.value(name).ok_or(OauthError::InvalidRequest(missing))
    }

    /// Returns the form with these parameters only, of those that it has.
    pub(in crate::frontends::oidc) fn only(&self, names: &[&str]) -> Self {
        let kept = self
            .0
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()));
        Self(
            kept.map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    }

    /// Returns the form with this value of a parameter.
    pub(in crate::frontends::oidc) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Returns the form as text.
    pub(in crate::frontends::oidc) fn encoded(&self) -> String {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(&self.0).finish()
    }

    /// Returns the form as text, with this value of a parameter.
    pub(in crate::frontends::oidc) fn encoded_with(&self, name: &str, value: &str) -> String {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(self.0.iter().filter(|(other, _)| *other != name));
        text.append_pair(name, value).finish()
    }
}
