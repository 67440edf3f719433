//! User codes as people type them, and what a try costs.

use saoma_protocol::{ErrorCode, typed};
use serde::Deserialize;
use std::collections::BTreeMap;

use crate::support::{RedisServer, World};

/// The table of spellings that the protocol's own tests read.
const SPELLINGS: &str = include_str!("../../../protocol/src/typed/spellings.json");

#[derive(Deserialize)]
struct Row {
    means: String,
    typed: Vec<Spelling>,
    not: Vec<String>,
}

#[derive(Deserialize)]
struct Spelling {
    by: String,
    typed: String,
}

fn user_codes() -> Row {
    let mut table: BTreeMap<String, Row> = serde_json::from_str(SPELLINGS).unwrap();
    table.remove("user_code").unwrap()
}

/// Spells a code as the table spells its own: each letter in the same alphabet, with the same between them.
fn spelled(code: &str, Row { means, .. }: &Row, spelling: &str) -> String {
    let mut letters = typed::code(code).chars().collect::<Vec<_>>().into_iter();
    let mut shown = typed::code(means).chars().collect::<Vec<_>>().into_iter();
    let spell = |character: char| {
        if typed::code(&character.to_string()).is_empty() {
            return character;
        }
        let (letter, shown) = (letters.next().unwrap(), shown.next().unwrap());
        let alphabet = u32::from(character) - u32::from(shown);
        char::from_u32(u32::from(letter) + alphabet).unwrap()
    };
    spelling.chars().map(spell).collect()
}

#[tokio::test]
async fn p1_a_typed_code_is_right_in_every_spelling() {
    let world = World::in_memory().with("limits.scan_per_person = { burst = 1000, per = '1m' }");
    let node = world.start().await;
    let table = user_codes();
    let (_browser, login) = node.browser().await;
    let phone = world.phone(&node, 1);
    for Spelling { by, typed } in &table.typed {
        let typed = spelled(&login.user_code, &table, typed);
        let context = phone.type_code(&typed).await;
        let context = context.unwrap_or_else(|error| panic!("{by}: {typed:?}: {error:?}"));
        assert_eq!(context.login_id, login.login_id, "{by}: {typed:?}");
    }
}

/// Wrong codes that were typed before stay counted, those that cannot be codes and the right ones do not.
async fn only_wrong_codes_are_tries(world: World) {
    let world = world.with("limits.typed_code_per_person = { burst = 3, per = '1h' }");
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let phone = world.phone(&node, 1);
    let type_in = async |typed: &str| match phone.type_code(typed).await {
        Ok(context) => Ok(context.login_id),
        Err(error) => Err(error.code().unwrap()),
    };
    let right = Ok(login.login_id);
    for other in user_codes().not {
        assert_eq!(
            type_in(&other).await,
            Err(ErrorCode::NotALoginCode),
            "{other:?}"
        );
    }
    assert_eq!(type_in("BBBB-BBBB").await, Err(ErrorCode::UnknownCode));
    for _ in 0..4 {
        assert_eq!(type_in(&login.user_code).await, right);
    }
    assert_eq!(type_in("CCCC-CCCC").await, Err(ErrorCode::UnknownCode));
    assert_eq!(type_in(&login.user_code).await, right);
    assert_eq!(type_in("DDDD-DDDD").await, Err(ErrorCode::UnknownCode));
    assert_eq!(
        type_in(&login.user_code).await,
        Err(ErrorCode::TooManyRequests)
    );
}

#[tokio::test]
async fn p1_only_wrong_codes_are_tries_in_memory() {
    only_wrong_codes_are_tries(World::in_memory()).await;
}

#[tokio::test]
async fn p1_only_wrong_codes_are_tries_on_redis() {
    let redis = RedisServer::start();
    only_wrong_codes_are_tries(World::on(&redis)).await;
    assert_eq!(redis.keys_without_end(), Vec::<String>::new());
}
