//! The HTTP registers against the embedded ones, which these tests serve over HTTP.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::Value;
use sqlx::SqlitePool;
use tokio::net::TcpListener;

use super::*;
use crate::registers::{CardState, DemoRegisters, MakingStep, Registers, UnitRole, messages};

const TOKEN: &str = "a token of the authority";

/// One authority, and the hall's view of it from afar.
struct Authority {
    near: Registers,
    far: Registers,
    db: SqlitePool,
    origin: Url,
    _directory: tempfile::TempDir,
}

impl Authority {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let db = crate::db::open(&directory.path().join("authority.sqlite"))
            .await
            .unwrap();
        DemoRegisters::load().unwrap().seed(&db).await.unwrap();
        let near = Registers::embedded(&db);
        let origin = serve(
            Router::new()
                .route("/v1/{kind}", post(answer))
                .route("/v1/{kind}/{verb}", post(answer))
                .with_state(Arc::new(near.clone())),
        )
        .await;
        Self {
            near,
            far: asked(&origin, TOKEN),
            db,
            origin,
            _directory: directory,
        }
    }
}

async fn serve(router: Router) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let servers = crate::serving::Servers::default();
    servers.start(listener, None, router);
    origin.parse().unwrap()
}

fn asked(origin: &Url, token: &str) -> Registers {
    Registers::elsewhere(HttpRegisters::new(origin.clone(), Secret::received(token)).unwrap())
}

async fn answer(
    State(registers): State<Arc<Registers>>,
    uri: http::Uri,
    headers: HeaderMap,
    Json(question): Json<Value>,
) -> Response {
    if headers[AUTHORIZATION] != format!("Bearer {TOKEN}") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let text = |name: &str| question[name].as_str().unwrap_or_default().to_owned();
    let id_number = || IdNumber::try_from(text("id_number")).unwrap();
    let Registers {
        population,
        cards,
        units,
        sms,
    } = &*registers;
    let answer = match uri.path() {
        "/v1/persons/match" => json!(
            population
                .matches(&id_number(), &text("name"))
                .await
                .unwrap()
        ),
        "/v1/cards/find" => json!(cards.card(&id_number()).await.unwrap()),
        "/v1/cards/check-password" => {
            json!(
                cards
                    .check_password(&id_number(), &text("password"))
                    .await
                    .unwrap()
            )
        }
        "/v1/cards/act" => {
            let action = serde_json::from_value(question["action"].clone()).unwrap();
            json!(cards.act(&id_number(), action).await.unwrap())
        }
        "/v1/cards/making" => json!(cards.making(&id_number()).await.unwrap()),
        "/v1/units/posts" => json!(units.posts(&id_number()).await.unwrap()),
        "/v1/units/find" => json!(units.unit(&text("unit_id")).await.unwrap()),
        "/v1/messages" => json!(sms.send(&text("phone"), &text("text")).await.unwrap()),
        path => panic!("nobody answers {path}"),
    };
    Json(answer).into_response()
}

fn person(name: &str) -> IdNumber {
    let registers = DemoRegisters::load().unwrap();
    registers
        .persons()
        .find(|(_, known)| *known == name)
        .unwrap()
        .0
        .clone()
}

#[tokio::test]
async fn people_and_cards_and_units_are_the_same_from_afar() {
    let authority = Authority::start().await;
    let Authority { near, far, .. } = &authority;
    let yi = person("示例乙");
    assert!(far.population.matches(&yi, "示例乙").await.unwrap());
    assert!(!far.population.matches(&yi, "示例甲").await.unwrap());
    for name in ["示例甲", "示例丙", "示例丑", "示例酉"] {
        let id_number = person(name);
        let card = near.cards.card(&id_number).await.unwrap();
        assert_eq!(far.cards.card(&id_number).await.unwrap(), card, "{name}");
    }
    let posts = far.units.posts(&yi).await.unwrap();
    assert_eq!(posts, near.units.posts(&yi).await.unwrap());
    assert_eq!(
        posts.iter().map(|post| post.role).collect::<Vec<_>>(),
        [UnitRole::LegalRepresentative, UnitRole::Operator]
    );
    assert_eq!(
        far.units.unit("90002").await.unwrap(),
        near.units.unit("90002").await.unwrap()
    );
    assert_eq!(
        far.units
            .unit("90002")
            .await
            .unwrap()
            .unwrap()
            .members
            .len(),
        2
    );
    assert_eq!(far.units.unit("0").await.unwrap(), None);
}

#[tokio::test]
async fn a_card_is_lost_found_lost_again_replaced_and_taken_into_use() {
    let authority = Authority::start().await;
    let Authority { far, db, .. } = &authority;
    let (cards, jia) = (&far.cards, person("示例甲"));
    let act = async |action| cards.act(&jia, action).await.unwrap();
    let state = |card: Result<Card, _>| card.map(|card| card.state);
    assert_eq!(
        state(act(CardAction::Activate).await),
        Err(CardRefusesAction::State(CardState::Active))
    );
    assert_eq!(
        state(act(CardAction::ReportLoss).await),
        Ok(CardState::ReportedLost)
    );
    assert_eq!(
        state(act(CardAction::UndoLoss).await),
        Ok(CardState::Active)
    );
    let lost = act(CardAction::ReportLoss).await.unwrap();
    assert_eq!(cards.making(&jia).await.unwrap(), None);
    assert_eq!(
        state(act(CardAction::Replace).await),
        Ok(CardState::Cancelled)
    );
    assert_eq!(
        act(CardAction::Replace).await,
        Err(CardRefusesAction::BeingMade)
    );
    let making = cards.making(&jia).await.unwrap().unwrap();
    assert_eq!(making.step, MakingStep::Accepted);
    sqlx::query("UPDATE register_makings SET ordered_at = ordered_at - 130")
        .execute(db)
        .await
        .unwrap();
    assert_eq!(
        cards.making(&jia).await.unwrap().unwrap().step,
        MakingStep::Delivering
    );
    sqlx::query("UPDATE register_makings SET ordered_at = ordered_at - 60")
        .execute(db)
        .await
        .unwrap();
    assert_eq!(cards.making(&jia).await.unwrap(), None);
    let new = cards.card(&jia).await.unwrap().unwrap();
    assert_eq!(
        (&new.number, new.state, &new.phone),
        (&making.number, CardState::NotActivated, &lost.phone)
    );
    assert_ne!(new.number, lost.number);
    assert_eq!(
        state(act(CardAction::Activate).await),
        Ok(CardState::Active)
    );
}

#[tokio::test]
async fn a_card_password_is_checked_until_five_were_wrong() {
    let authority = Authority::start().await;
    let Authority {
        far: Registers { cards, .. },
        ..
    } = &authority;
    let right = DemoRegisters::load().unwrap().card_password().to_owned();
    let check = async |name: &str, password: &str| {
        cards.check_password(&person(name), password).await.unwrap()
    };
    assert_eq!(check("示例甲", "000000").await, PasswordCheck::Wrong(4));
    assert_eq!(check("示例甲", &right).await, PasswordCheck::Right);
    for left in (1..5).rev() {
        assert_eq!(check("示例甲", "000000").await, PasswordCheck::Wrong(left));
    }
    assert_eq!(check("示例甲", "000000").await, PasswordCheck::Locked);
    assert_eq!(check("示例甲", &right).await, PasswordCheck::Locked);
    assert_eq!(check("示例卯", &right).await, PasswordCheck::NotChecked);
    assert_eq!(check("示例丑", &right).await, PasswordCheck::NoCard);
}

#[tokio::test]
async fn a_message_reaches_the_carrier() {
    let authority = Authority::start().await;
    let Authority { far, db, .. } = &authority;
    far.sms.send("13009700001", "示例").await.unwrap();
    let sent = messages(db).await.unwrap();
    assert_eq!(
        sent.iter()
            .map(|message| (&*message.phone, &*message.text))
            .collect::<Vec<_>>(),
        [("13009700001", "示例")]
    );
}

#[tokio::test]
async fn what_goes_wrong_on_the_way_is_told_apart() {
    let authority = Authority::start().await;
    let Authority { origin, .. } = &authority;
    let ask =
        async |registers: Registers| registers.cards.card(&person("示例甲")).await.unwrap_err();
    assert!(matches!(
        ask(asked(origin, "another")).await,
        RegisterError::TokenRefused
    ));
    let broken = serve(Router::new().fallback(async || StatusCode::BAD_GATEWAY)).await;
    assert!(matches!(
        ask(asked(&broken, TOKEN)).await,
        RegisterError::Failed(StatusCode::BAD_GATEWAY)
    ));
    let strange = serve(Router::new().fallback(async || "<html>")).await;
    assert!(matches!(
        ask(asked(&strange, TOKEN)).await,
        RegisterError::Garbled(_)
    ));
    // Bound and dropped: nobody listens there.
    let nowhere = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let nowhere = format!("http://{nowhere}").parse().unwrap();
    assert!(matches!(
        ask(asked(&nowhere, TOKEN)).await,
        RegisterError::Unreachable(_)
    ));
}
