//! The relying parties that may log browsers in.

use std::collections::{HashMap, HashSet};

use saoma_protocol::Digest;
use url::Url;

use crate::settings::{AgreeSetting, ClientSettings};

/// A registered relying party.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    /// Its id.
    pub id: String,
    /// Its name, as people read it on their phones.
    pub name: String,
    secret: Option<Digest>,
    redirect_uris: Vec<String>,
    origins: Vec<String>,
    agree: AgreeSetting,
}

impl Client {
    /// Returns true if its browsers may be sent to this URI: it must equal a registered one, character by character
    /// (RFC 9700 §2.1, threat T26).
    pub(crate) fn admits_redirect(&self, uri: &str) -> bool {
        self.redirect_uris
            .iter()
            .any(|registered| registered == uri)
    }

    /// Returns true if a page of this origin may open a login for it.
    pub(crate) fn admits_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|registered| registered == origin)
    }

    /// Returns true if its browsers are asked to agree to persons who are new to them (threat T34).
    pub(crate) fn asks_browsers(&self) -> bool {
        self.agree == AgreeSetting::New
    }

    /// Returns true if it has no secret.
    pub(crate) const fn is_public(&self) -> bool {
        self.secret.is_none()
    }

    /// Returns true if this is its secret, compared in constant time.
    pub(crate) fn admits_secret(&self, secret: &str) -> bool {
        self.secret == Some(Digest::of(secret.as_bytes()))
    }
}

impl From<ClientSettings> for Client {
    fn from(settings: ClientSettings) -> Self {
        Self {
            id: settings.client_id,
            name: settings.name,
            secret: settings
                .secret
                .map(|secret| Digest::of(secret.expose().as_bytes())),
            redirect_uris: settings.redirect_uris,
            origins: settings.origins,
            agree: settings.agree,
        }
    }
}

/// All relying parties of a gateway.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    by_id: HashMap<String, Client>,
    origins: HashSet<String>,
}

impl Clients {
    /// Creates the set of these relying parties.
    pub(crate) fn new(clients: Vec<ClientSettings>) -> Self {
        let by_id: HashMap<_, _> = clients
            .into_iter()
            .map(Client::from)
            .map(|client| (client.id.clone(), client))
            .collect();
        let origins = by_id
            .values()
            .flat_map(|client| client.origins.iter().cloned())
            .collect();
        Self { by_id, origins }
    }

    /// Returns the relying party of this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Client> {
        self.by_id.get(id)
    }

    /// Returns true if pages of this origin may open logins for any client.
    pub(crate) fn admits_origin_of_any(&self, origin: &str) -> bool {
        self.origins.contains(origin)
    }

    /// Returns the origin where a browser lands, which a person should see before confirming.
    pub(crate) fn landing_origin(redirect_uri: &str) -> String {
        Url::parse(redirect_uri).map_or_else(
            |_| redirect_uri.to_owned(),
            |uri| uri.origin().ascii_serialization(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        Client::from(ClientSettings {
            client_id: "hall".into(),
            name: "Hall".into(),
            secret: Some("s3cret".into()),
            redirect_uris: vec!["https://hall.example/callback".into()],
            origins: vec!["https://hall.example".into()],
            ..ClientSettings::default()
        })
    }

    #[test]
    fn only_the_very_redirect_uri_is_admitted() {
        assert!(client().admits_redirect("https://hall.example/callback"));
        for other in [
            "https://hall.example/callback/",
            "https://hall.example/callback?x=1",
            "https://hall.example/callback/../evil",
            "https://HALL.example/callback",
            "http://hall.example/callback",
            "https://hall.example.evil.example/callback",
            "",
        ] {
            assert!(!client().admits_redirect(other), "{other}");
        }
    }

    #[test]
    fn a_secret_is_compared_whole() {
        assert!(client().admits_secret("s3cret"));
        assert!(!client().admits_secret("s3cre"));
        assert!(!client().admits_secret(""));
    }
}
