//! Checks of the settings of subjects, and of the persons who may log in to a client.

use std::collections::BTreeSet;

use url::Url;

use super::check;
use crate::settings::{ClientSettings, Settings, SettingsError, SubjectTypeSetting};

impl Settings {
    pub(super) fn validate_subjects(&self) -> Result<(), SettingsError> {
        let is_pairwise =
            |client: &&ClientSettings| client.subject_type == SubjectTypeSetting::Pairwise;
        let pairwise = self.clients.iter().filter(is_pairwise);
        let secret = check(
            pairwise.clone().next().is_none() || self.oidc.pairwise_secret_file.is_some(),
            "oidc.pairwise_secret_file",
            "a client has pairwise subjects: make a secret by `saoma generate-secret FILE` and give its path",
        );
        let sectors = pairwise.map(|client| {
            let id = &client.client_id;
            check(
                client.sector_identifier.is_some() || (!client.native && hosts(client).len() == 1),
                "clients.sector_identifier",
                format!(
                    "give {id:?} one, such as its main host: its redirect URIs have no host, several, or one that every app \
                     has, so they do not say which sites may compare its subjects"
                ),
            )
        });
        let named = self.clients.iter().map(|client| {
            let id = &client.client_id;
            check(
                client
                    .sector_identifier
                    .as_ref()
                    .is_none_or(|sector| !sector.trim().is_empty()),
                "clients.sector_identifier",
                format!("that of {id:?} is empty: give a host, or leave it out"),
            )
        });
        let unused = self.clients.iter().map(|client| {
            check(
                client.sector_identifier.is_none() || is_pairwise(&client),
                "clients.sector_identifier",
                format!(
                    "{:?} does not use it: set subject_type = \"pairwise\" too",
                    client.client_id
                ),
            )
        });
        let sources = self.clients.iter().map(|client| {
            let sources = &self.identity.sources;
            let is_known = |name: &String| sources.iter().any(|source| source.name == *name);
            check(
                client.source.as_ref().is_none_or(is_known),
                "clients.source",
                format!(
                    "that of {:?} is not the name of one of [[identity.sources]]",
                    client.client_id
                ),
            )
        });
        SettingsError::of_all(
            std::iter::once(secret)
                .chain(sectors)
                .chain(named)
                .chain(unused)
                .chain(sources),
        )
    }
}

/// Returns the hosts of a client's redirect URIs.
fn hosts(client: &ClientSettings) -> BTreeSet<String> {
    let uris = client.redirect_uris.iter();
    let uris = uris.filter_map(|uri| Url::parse(uri).ok());
    uris.filter_map(|uri| uri.host_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sector_without_pairwise_subjects_is_refused_because_it_does_nothing() {
        let toml = "clients = [{ client_id = 'a', name = 'A', redirect_uris = ['https://a.example/'], sector_identifier = 'b' }]";
        let error = Settings::from_toml(toml).expect_err("refused").to_string();
        assert!(error.contains("subject_type"), "{error}");
    }

    fn problem(members: &str, oidc: &str) -> Option<String> {
        let client = "client_id = 'a', name = 'A', redirect_uris = ['https://a.example/', 'https://b.example/']";
        let toml =
            format!("clients = [{{ {client}, subject_type = 'pairwise'{members} }}]\n{oidc}");
        Settings::from_toml(&toml)
            .err()
            .map(|error| error.to_string())
    }

    #[test]
    fn pairwise_subjects_need_a_secret_and_one_sector() {
        let secret = "oidc.pairwise_secret_file = 'pairwise.secret'";
        assert_eq!(problem(", sector_identifier = 'a.example'", secret), None);
        for (members, oidc, named) in [
            ("", secret, "clients.sector_identifier: "),
            (
                ", sector_identifier = ' '",
                secret,
                "clients.sector_identifier: ",
            ),
            (
                ", sector_identifier = 'a.example'",
                "",
                "oidc.pairwise_secret_file: ",
            ),
        ] {
            let problem = problem(members, oidc).expect("it is refused");
            assert!(problem.starts_with(named), "{problem}");
        }
    }
}
