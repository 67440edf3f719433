//! Sources that issue the same ids, and tokens of no source.

use serde_json::json;

use super::super::Standing;
use super::super::standing::StandingRefusal;
use super::*;
use crate::claims::Claims;

/// A backend that takes every token for one of `c-1`, and remembers nothing.
#[derive(Debug)]
struct Everyone(&'static str);

#[async_trait]
impl IdentityBackend for Everyone {
    async fn identify(&self, token: &str) -> Result<Person, IdentityError> {
        let sub = token.split('#').nth(1).unwrap_or("c-1");
        Ok(Person {
            id: PersonId::new(sub),
            source: None,
            name: self.0.into(),
            identities: Vec::new(),
            ineligible_reason: None,
            phone_address: None,
            claims: Claims::default(),
        })
    }

    async fn standing(
        &self,
        person: &PersonId,
        _identity_id: &str,
    ) -> Result<Standing, IdentityError> {
        let told = format!("{} of {}", person.as_str(), self.0);
        Ok(Standing::Refused(StandingRefusal::Ineligible(told)))
    }
}

fn source(name: Option<&'static str>, issuer: Option<&str>) -> NamedSource {
    NamedSource {
        name: name.map(Arc::from),
        issuer: issuer.map(str::to_owned),
        backend: Arc::new(Everyone(name.unwrap_or("unnamed"))),
    }
}

fn sources() -> NamedSources {
    NamedSources::new(vec![
        source(None, None),
        source(Some("staff"), Some("https://staff.example")),
        source(Some("city"), Some("https://city.example")),
    ])
}

/// A token of this issuer, signed by nobody.
fn token(issuer: &str) -> String {
    let claims = BASE64URL_NOPAD.encode(json!({ "iss": issuer }).to_string().as_bytes());
    format!("e30.{claims}.x")
}

#[tokio::test]
async fn a_token_goes_to_the_source_of_its_issuer_and_persons_are_kept_apart() {
    let sources = sources();
    let mut ids = Vec::new();
    for (token, name, id) in [
        (token("https://staff.example"), "staff", "staff:c-1"),
        (token("https://city.example"), "city", "city:c-1"),
        (token("https://another.example"), "unnamed", "c-1"),
        ("opaque".to_owned(), "unnamed", "c-1"),
        ("a.b.c".to_owned(), "unnamed", "c-1"),
    ] {
        let person = sources.identify(&token).await.expect("a person");
        assert_eq!(
            (person.name.as_str(), person.id.as_str()),
            (name, id),
            "{token}"
        );
        assert_eq!(person.source.as_deref().unwrap_or("unnamed"), name);
        ids.push((person.id, name));
    }
    for (id, name) in ids {
        let standing = sources.standing(&id, "personal").await.expect("an answer");
        let asked = StandingRefusal::Ineligible(format!("c-1 of {name}"));
        assert_eq!(standing, Standing::Refused(asked));
    }
}

#[tokio::test]
async fn an_id_that_reads_like_one_of_another_source_is_refused() {
    let sources = sources();
    for (sub, is_taken) in [
        ("staff:c-1", false),
        ("city:", false),
        ("other:c-1", true),
        ("c:1", true),
    ] {
        let person = sources.identify(&format!("opaque#{sub}")).await;
        assert_eq!(person.is_ok(), is_taken, "{sub}");
    }
}

#[tokio::test]
async fn a_token_of_no_source_is_refused() {
    let sources = NamedSources::new(vec![source(Some("staff"), Some("https://staff.example"))]);
    for token in [token("https://city.example"), "opaque".to_owned()] {
        let refused = sources.identify(&token).await;
        let Err(IdentityError::Refused(refusal)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(refusal.reason, RefusalReason::Iss);
    }
    let stranger = sources.standing(&PersonId::new("c-1"), "personal").await;
    assert!(matches!(stranger, Err(IdentityError::Unavailable(_))));
}
