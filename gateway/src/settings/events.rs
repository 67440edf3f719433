//! Credentials by which the apps' backends end sessions.

use saoma_protocol::{Digest, PersonId};
use serde::{Deserialize, Serialize};

use super::{IdentitySettings, SOURCE_SEPARATOR, Secret};

/// `[identity.events]`: the credentials by which the app's backend ends sessions at the gateway; see
/// `docs/protocol.md` §5. Without them it cannot. Each of `[[identity.sources]]` has its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EventsSettings {
    /// The backend's client id at the gateway.
    pub client_id: String,
    /// The backend's client secret at the gateway: one of its own.
    pub client_secret: Secret,
}

impl EventsSettings {
    /// Returns true if these are the backend's credentials. Both are compared, in constant time.
    fn admits(&self, client_id: &str, secret: &str) -> bool {
        let digest = |text: &str| Digest::of(text.as_bytes());
        let is_id = digest(client_id) == digest(&self.client_id);
        let is_secret = digest(secret) == digest(self.client_secret.expose());
        is_id & is_secret
    }
}

/// The credentials of the backends of all sources.
#[derive(Debug, Clone)]
pub(crate) struct BackendCredentials {
    /// Each with the name of its source; `None` for the source without a name.
    of_sources: Vec<(Option<String>, EventsSettings)>,
    /// The names of all sources.
    names: Vec<String>,
}

/// A source whose backend has proved itself. It ends sessions of the source's own persons alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProvedSource<'a> {
    name: Option<&'a str>,
    names: &'a [String],
}

impl BackendCredentials {
    /// Returns the credentials in these settings, or `None` if there are none.
    pub(crate) fn of(settings: &IdentitySettings) -> Option<Self> {
        let sources = settings.all_sources().into_iter();
        let of_sources: Vec<_> = sources
            .filter_map(|source| Some((source.name.map(str::to_owned), source.events?.clone())))
            .collect();
        let names = settings.sources.iter().map(|source| source.name.clone());
        (!of_sources.is_empty()).then(|| Self {
            of_sources,
            names: names.collect(),
        })
    }

    /// Returns the source whose backend proves itself by these credentials. The time tells nothing of them.
    pub(crate) fn source_of(&self, client_id: &str, secret: &str) -> Option<ProvedSource<'_>> {
        let mut proved = None;
        for (name, events) in &self.of_sources {
            if events.admits(client_id, secret) {
                proved = Some(ProvedSource {
                    name: name.as_deref(),
                    names: &self.names,
                });
            }
        }
        proved
    }
}

impl ProvedSource<'_> {
    /// Returns the person whom the source knows by this `sub`, or `None` if the gateway knows a person of another source by
    /// it.
    pub(crate) fn person(&self, sub: &str) -> Option<PersonId> {
        if let Some(name) = self.name {
            return Some(PersonId::new(format!("{name}{SOURCE_SEPARATOR}{sub}")));
        }
        let is_of_another = sub
            .split_once(SOURCE_SEPARATOR)
            .is_some_and(|(name, _)| self.names.iter().any(|known| known == name));
        (!is_of_another).then(|| PersonId::new(sub))
    }
}

#[cfg(test)]
mod tests {
    use super::super::IdentitySourceSettings;
    use super::*;

    fn events(name: &str) -> EventsSettings {
        EventsSettings {
            client_id: format!("{name}-app"),
            client_secret: Secret::from(format!("{name}-secret").as_str()),
        }
    }

    #[test]
    fn a_backend_names_persons_of_its_own_source_alone() {
        let source = |name: &str| IdentitySourceSettings {
            name: name.into(),
            events: Some(events(name)),
            ..IdentitySourceSettings::default()
        };
        let settings = IdentitySettings {
            events: Some(events("own")),
            sources: vec![source("staff"), source("city")],
            ..IdentitySettings::default()
        };
        let credentials = BackendCredentials::of(&settings).expect("credentials");
        let person = |id: &str, secret: &str, sub: &str| {
            let source = credentials.source_of(id, secret)?;
            source.person(sub).map(|person| person.as_str().to_owned())
        };
        for (id, secret, sub, expected) in [
            ("staff-app", "staff-secret", "1", Some("staff:1")),
            ("city-app", "city-secret", "1", Some("city:1")),
            ("city-app", "city-secret", "staff:1", Some("city:staff:1")),
            ("own-app", "own-secret", "1", Some("1")),
            ("own-app", "own-secret", "other:1", Some("other:1")),
            ("own-app", "own-secret", "staff:1", None),
            ("city-app", "staff-secret", "1", None),
            ("", "", "1", None),
        ] {
            assert_eq!(person(id, secret, sub).as_deref(), expected, "{id} {sub}");
        }
        assert!(BackendCredentials::of(&IdentitySettings::default()).is_none());
    }
}
