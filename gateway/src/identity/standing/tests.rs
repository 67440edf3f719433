//! Questions to a standing endpoint, and its answers.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::Form;
use axum::response::{IntoResponse, Redirect};
use axum::routing::post;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;
use crate::identity::TokenRefusal;
use crate::jose::RefusalReason;
use crate::metrics::BackendMetrics;

/// A backend that knows no token.
#[derive(Debug)]
struct NoTokens;

#[async_trait]
impl IdentityBackend for NoTokens {
    async fn identify(&self, _token: &str) -> Result<Person, IdentityError> {
        Err(TokenRefusal::new(RefusalReason::Inactive).into())
    }
}

async fn serve(app: Router) -> WithStanding {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(app.clone());
            let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(async { drop(serving.await) });
        }
    });
    let settings = StandingSettings {
        client_id: "saoma".into(),
        client_secret: "standing-secret".into(),
        ..StandingSettings::at(format!("http://{address}/standing"))
    };
    WithStanding::new(
        Arc::new(NoTokens),
        settings,
        ClaimMap::default(),
        &BackendMetrics::default(),
    )
    .expect("an HTTP client")
}

async fn asked(answer: Value, identity: &str) -> Result<Standing, IdentityError> {
    let answer = answer.to_string();
    let app = Router::new().route("/standing", post(|| async move { answer }));
    let backend = serve(app).await;
    backend.standing(&PersonId::new("c-1"), identity).await
}

fn person() -> Value {
    json!({ "active": true, "sub": "c-1", "name": "示例甲", "identities": [
        { "id": "personal", "kind": "personal", "name": "示例甲" },
        { "id": "unit:1", "kind": "unit", "name": "示例单位", "refusal": "delegation_ended" },
    ] })
}

#[tokio::test]
async fn a_person_in_good_standing_is_described_as_of_now() {
    let standing = asked(person(), "personal").await.expect("an answer");
    let Standing::Good(good) = standing else {
        panic!("{standing:?}")
    };
    assert_eq!(good.name, "示例甲");
    assert_eq!(good.identity.id, "personal");
}

#[tokio::test]
async fn the_backend_refuses_the_person_or_the_identity() {
    let mut lost = person();
    lost["refusal"] = "card_reported_lost".into();
    let ineligible = |reason: &str| StandingRefusal::Ineligible(reason.into());
    for (answer, identity, expected) in [
        (person(), "unit:1", ineligible("delegation_ended")),
        (person(), "unit:2", StandingRefusal::IdentityGone),
        (lost.clone(), "personal", ineligible("card_reported_lost")),
        (lost, "unit:2", ineligible("card_reported_lost")),
        (
            json!({ "active": false }),
            "personal",
            StandingRefusal::UnknownPerson,
        ),
        (json!({}), "personal", StandingRefusal::UnknownPerson),
    ] {
        let standing = asked(answer, identity).await.expect("an answer");
        assert_eq!(standing, Standing::Refused(expected), "{identity}");
    }
}

/// A session must neither go on nor end because an answer cannot be used.
#[tokio::test]
async fn an_answer_that_cannot_be_used_is_no_refusal() {
    let mut of_another = person();
    of_another["sub"] = "c-2".into();
    let mut unreadable = person();
    unreadable["refusal"] = 7.into();
    for answer in [
        of_another,
        unreadable,
        json!("good"),
        json!({ "active": 1 }),
    ] {
        let standing = asked(answer.clone(), "personal").await;
        assert!(
            matches!(standing, Err(IdentityError::Unavailable(_))),
            "{answer} {standing:?}"
        );
    }
    let large = json!({ "active": true, "sub": "c-1", "name": "x".repeat(300 * 1024) });
    assert!(asked(large, "personal").await.is_err());
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let app = Router::new()
        .route(
            "/standing",
            post(|| async { Redirect::temporary("/elsewhere") }),
        )
        .route("/elsewhere", post(|| async { person().to_string() }));
    let backend = serve(app).await;
    let standing = backend.standing(&PersonId::new("c-1"), "personal").await;
    assert!(
        matches!(standing, Err(IdentityError::Unavailable(_))),
        "{standing:?}"
    );
}

#[tokio::test]
async fn the_question_names_person_and_identity_and_proves_the_gateway() {
    let question = Arc::new(Mutex::new(None));
    let kept = Arc::clone(&question);
    let answering = move |headers: HeaderMap, Form(form): Form<HashMap<String, String>>| async move {
        let proof = headers[AUTHORIZATION].to_str().map(str::to_owned);
        *kept.lock() = Some((proof.unwrap_or_default(), form));
        person().to_string().into_response()
    };
    let backend = serve(Router::new().route("/standing", post(answering))).await;
    let standing = backend.standing(&PersonId::new("c-1"), "personal").await;
    assert!(matches!(standing, Ok(Standing::Good(_))), "{standing:?}");
    let (proof, form) = question.lock().take().expect("a question");
    assert_eq!(proof, "Basic c2FvbWE6c3RhbmRpbmctc2VjcmV0");
    let sent = |name: &str| form.get(name).map(String::as_str);
    assert_eq!(
        (sent("sub"), sent("identity")),
        (Some("c-1"), Some("personal"))
    );
    assert_eq!(form.len(), 2);
}

/// Without the endpoint nobody is taken to be in good standing.
#[tokio::test]
async fn a_backend_without_the_endpoint_has_no_answer() {
    let standing = NoTokens.standing(&PersonId::new("c-1"), "personal").await;
    assert!(
        matches!(standing, Err(IdentityError::Unavailable(_))),
        "{standing:?}"
    );
}
