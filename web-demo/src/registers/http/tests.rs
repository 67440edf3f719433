//! The HTTP registers against the embedded ones, which these tests serve over HTTP.

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
use crate::db::{self, execute};
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
        let (db, _directory) = db::empty().await;
        DemoRegisters::load().unwrap().seed(&db).await.unwrap();
        let near = Registers::embedded(&db);
        let router = Router::new()
            .route("/v1/{kind}", post(answer))
            .route("/v1/{kind}/{verb}", post(answer));
        let origin = serve(router.with_state(near.clone())).await;
        Self {
            near,
            far: asked(&origin, TOKEN),
            db,
            origin,
            _directory,
        }
    }
}

async fn serve(router: Router) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    crate::serving::Servers::default().start(listener, Default::default(), router);
    origin.parse().unwrap()
}

fn asked(origin: &Url, token: &str) -> Registers {
    let registers = HttpRegisters::new(origin.clone(), Secret::received(token));
    Registers::elsewhere(registers.unwrap())
}

async fn answer(
    State(registers): State<Registers>,
    uri: http::Uri,
    headers: HeaderMap,
    Json(question): Json<Value>,
) -> Response {
    if headers[AUTHORIZATION] != format!("Bearer {TOKEN}") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let text = |name: &str| question[name].as_str().unwrap_or_default();
    let id_number = || IdNumber::try_from(text("id_number").to_owned()).unwrap();
    let action = || serde_json::from_value(question["action"].clone()).unwrap();
    let Registers {
        population,
        cards,
        units,
        sms,
    } = &registers;
    macro_rules! ask {
        ($($question:tt)+) => { json!($($question)+.await.unwrap()) };
    }
    let answer = match uri.path() {
        "/v1/persons/match" => match population.registered_name(&id_number(), text("name")).await {
            Ok(Some(name)) => json!(name),
            Ok(None) => json!(false),
            Err(error) => panic!("{error}"),
        },
        "/v1/cards/find" => ask!(cards.card(&id_number())),
        "/v1/cards/check-password" => ask!(cards.check_password(&id_number(), text("password"))),
        "/v1/cards/act" => ask!(cards.act(&id_number(), action())),
        "/v1/cards/making" => ask!(cards.making(&id_number())),
        "/v1/units/posts" => ask!(units.posts(&id_number())),
        "/v1/units/find" => ask!(units.unit(text("unit_id"))),
        "/v1/messages" => ask!(sms.send(text("phone"), text("text"))),
        path => panic!("no answer at {path}"),
    };
    Json(answer).into_response()
}

fn person(name: &str) -> IdNumber {
    let registers = DemoRegisters::load().unwrap();
    let mut persons = registers.persons();
    persons.find(|(_, known)| *known == name).unwrap().0.clone()
}

#[tokio::test]
async fn people_and_cards_and_units_are_the_same_from_afar() {
    let authority = Authority::start().await;
    let (near, far, yi) = (&authority.near, &authority.far, person("示例乙"));
    let named = async |name| far.population.registered_name(&yi, name).await.unwrap();
    assert_eq!(named("示例乙").await.as_deref(), Some("示例乙"));
    assert_eq!(named("示例 乙\u{200b}").await.as_deref(), Some("示例乙"));
    assert_eq!(named("示例甲").await, None);
    for name in ["示例甲", "示例丙", "示例丑", "示例酉"] {
        let id_number = person(name);
        let card = near.cards.card(&id_number).await.unwrap();
        assert_eq!(far.cards.card(&id_number).await.unwrap(), card, "{name}");
    }
    let posts = far.units.posts(&yi).await.unwrap();
    assert_eq!(posts, near.units.posts(&yi).await.unwrap());
    let roles: Vec<_> = posts.iter().map(|post| post.role).collect();
    assert_eq!(roles, [UnitRole::LegalRepresentative, UnitRole::Operator]);
    let unit = far.units.unit("90002").await.unwrap();
    assert_eq!(unit, near.units.unit("90002").await.unwrap());
    assert_eq!(unit.unwrap().members.len(), 2);
    assert_eq!(far.units.unit("0").await.unwrap(), None);
}

#[tokio::test]
async fn a_card_is_lost_found_lost_again_replaced_and_taken_into_use() {
    use CardAction::{Activate, Replace, ReportLoss, UndoLoss};
    let authority = Authority::start().await;
    let (cards, jia) = (&authority.far.cards, person("示例甲"));
    let act = async |action| cards.act(&jia, action).await.unwrap();
    let state = async |action| act(action).await.map(|card| card.state);
    let making = async || cards.making(&jia).await.unwrap();
    let pass = async |seconds: i64| {
        let pass = "UPDATE register_makings SET ordered_at = ordered_at - ?1";
        assert!(execute!(&authority.db, pass; seconds).await.unwrap());
    };
    let refused = Err(CardRefusesAction::State(CardState::Active));
    assert_eq!(state(Activate).await, refused);
    assert_eq!(state(ReportLoss).await, Ok(CardState::ReportedLost));
    assert_eq!(state(UndoLoss).await, Ok(CardState::Active));
    let lost = act(ReportLoss).await.unwrap();
    assert_eq!(making().await, None);
    assert_eq!(state(Replace).await, Ok(CardState::Cancelled));
    assert_eq!(act(Replace).await, Err(CardRefusesAction::BeingMade));
    let ordered = making().await.unwrap();
    assert_eq!(ordered.step, MakingStep::Accepted);
    pass(130).await;
    assert_eq!(making().await.unwrap().step, MakingStep::Delivering);
    pass(60).await;
    assert_eq!(making().await, None);
    let new = cards.card(&jia).await.unwrap().unwrap();
    assert_eq!((&new.number, &new.phone), (&ordered.number, &lost.phone));
    assert_eq!(new.state, CardState::NotActivated);
    assert_ne!(new.number, lost.number);
    assert_eq!(state(Activate).await, Ok(CardState::Active));
}

#[tokio::test]
async fn a_card_password_is_checked_until_five_were_wrong() {
    let authority = Authority::start().await;
    let cards = &authority.far.cards;
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

/// Threat T17.
#[tokio::test]
async fn names_lose_what_would_mislead_their_readers() {
    let post = json!([{
        "unit": { "id": "90001", "name": "示例\u{202e}单位\u{200b}一" },
        "role": "legal_representative",
    }]);
    let answer = async move || Json(post.clone());
    let origin = serve(Router::new().fallback(answer)).await;
    let posts = asked(&origin, TOKEN).units.posts(&person("示例乙")).await;
    assert_eq!(posts.unwrap()[0].unit.name, "示例单位一");
}

#[tokio::test]
async fn a_message_reaches_the_carrier() {
    let authority = Authority::start().await;
    let sms = &authority.far.sms;
    sms.send("13009700001", "示例").await.unwrap();
    let sent = messages(&authority.db).await.unwrap();
    let sent = sent.iter().map(|message| (&*message.phone, &*message.text));
    assert_eq!(sent.collect::<Vec<_>>(), [("13009700001", "示例")]);
}

#[tokio::test]
async fn the_causes_of_a_missing_answer_are_told_apart() {
    let authority = Authority::start().await;
    let ask = async |origin: &Url, token| {
        let cards = asked(origin, token).cards;
        cards.card(&person("示例甲")).await.unwrap_err()
    };
    let refused = ask(&authority.origin, "another").await;
    assert!(matches!(refused, RegisterError::TokenRefused));
    let broken = serve(Router::new().fallback(async || StatusCode::BAD_GATEWAY)).await;
    let failed = ask(&broken, TOKEN).await;
    assert!(matches!(
        failed,
        RegisterError::Failed(StatusCode::BAD_GATEWAY)
    ));
    let strange = serve(Router::new().fallback(async || "<html>")).await;
    let garbled = ask(&strange, TOKEN).await;
    assert!(matches!(garbled, RegisterError::Garbled(_)));
    // Bound and dropped: the port has no listener.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let unreachable = ask(&nowhere.parse().unwrap(), TOKEN).await;
    assert!(matches!(unreachable, RegisterError::Unreachable(_)));
}
