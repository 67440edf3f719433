//! Answers of the scripts.

use std::time::Duration;

use redis::{FromRedisValue, Value};
use saoma_protocol::{Login, LoginState, PersonId, StateName, Timestamp, TransitionError};
use serde::de::DeserializeOwned;

use super::limits::RateLimitCheck;
use crate::store::{
    Applied, Counted, Instants, LoginRecord, Opening, Redeemed, Scanned, StoreError,
};

/// Reads the answer to an event.
pub(super) fn read_applied(
    answer: &[String],
    checks: &[RateLimitCheck],
) -> Result<Counted<Applied>, StoreError> {
    if let Some(limited) = read_limited(answer, checks)? {
        return Ok(limited);
    }
    let answer: Vec<&str> = answer.iter().map(String::as_str).collect();
    Ok(Counted::Done(match answer[..] {
        ["changed", now, expires_at] => Applied::Changed(instants(now, expires_at)?),
        ["repeated", now, expires_at] => Applied::Repeated(instants(now, expires_at)?),
        ["not_compared"] => Applied::NotCompared,
        ["not_expected"] => Applied::NotExpected,
        ["unknown"] => Applied::Unknown,
        _ => Applied::Refused(refusal(&answer)?),
    }))
}

/// Reads the answer to a scan.
pub(super) fn read_scanned(
    answer: &[String],
    checks: &[RateLimitCheck],
) -> Result<Counted<Scanned>, StoreError> {
    if let Some(limited) = read_limited(answer, checks)? {
        return Ok(limited);
    }
    let answer: Vec<&str> = answer.iter().map(String::as_str).collect();
    Ok(Counted::Done(match answer[..] {
        [
            word @ ("changed" | "repeated"),
            now,
            expires_at,
            opened_at,
            request,
            state,
        ] => Scanned::Claimed {
            request: from_json(request)?,
            opened_at: timestamp(opened_at)?,
            instants: instants(now, expires_at)?,
            repeated: word == "repeated",
            asks: state_name(state)? == StateName::Asked,
        },
        ["compare", request] => Scanned::ToCompare(from_json(request)?),
        ["unknown"] => Scanned::Unknown,
        _ => Scanned::Refused(refusal(&answer)?),
    }))
}

fn refusal(answer: &[&str]) -> Result<TransitionError, StoreError> {
    Ok(match answer {
        ["another_person"] => TransitionError::AnotherPerson,
        ["state", state] => TransitionError::State(state_name(state)?),
        ["too_late"] => TransitionError::TooLate,
        ["too_early"] => TransitionError::TooEarly,
        _ => return Err(corrupt("an unknown answer to an event")),
    })
}

/// Reads the answer to an open.
pub(super) fn read_opening(
    answer: &[String],
    checks: &[RateLimitCheck],
) -> Result<Counted<Opening>, StoreError> {
    if let Some(limited) = read_limited(answer, checks)? {
        return Ok(limited);
    }
    let answer: Vec<&str> = answer.iter().map(String::as_str).collect();
    Ok(Counted::Done(match answer[..] {
        ["taken"] => Opening::UserCodeTaken,
        ["opened", at, expires_at] => Opening::Opened {
            at: timestamp(at)?,
            expires_at: timestamp(expires_at)?,
        },
        _ => return Err(corrupt("an unknown answer to an open")),
    }))
}

/// Reads the answer to a redemption.
pub(super) fn read_redeemed(
    answer: &[String],
    checks: &[RateLimitCheck],
) -> Result<Counted<Redeemed>, StoreError> {
    if let Some(limited) = read_limited(answer, checks)? {
        return Ok(limited);
    }
    let answer: Vec<&str> = answer.iter().map(String::as_str).collect();
    Ok(Counted::Done(match answer[..] {
        ["redeemed", grant] => Redeemed::Granted(from_json(grant)?),
        ["replayed", session] => Redeemed::Replayed {
            ends_session: !session.is_empty(),
        },
        ["mismatched"] => Redeemed::Mismatched,
        ["invalid"] => Redeemed::Invalid,
        _ => return Err(corrupt("an unknown answer to a redemption")),
    }))
}

/// Reads the answer to attempts that are counted by themselves.
pub(super) fn read_taken(
    answer: &[String],
    checks: &[RateLimitCheck],
) -> Result<Counted<()>, StoreError> {
    Ok(read_limited(answer, checks)?.unwrap_or(Counted::Done(())))
}

/// Reads which of the attempts was over its limit.
pub(super) fn read_limit<T>(
    answer: &[String],
    checks: &[RateLimitCheck],
) -> Result<Counted<T>, StoreError> {
    read_limited(answer, checks)?.ok_or_else(|| corrupt("a refusal without its limit"))
}

/// Reads an answer that says which of the attempts was over its limit, if it does.
fn read_limited<T>(
    answer: &[String],
    checks: &[RateLimitCheck],
) -> Result<Option<Counted<T>>, StoreError> {
    let [word, number, micros] = answer else {
        return Ok(None);
    };
    if word != "limited" {
        return Ok(None);
    }
    let check = number
        .parse()
        .ok()
        .and_then(|number: usize| checks.get(number.checked_sub(1)?));
    let (Some(check), Ok(micros)) = (check, micros.parse()) else {
        return Err(corrupt("a limit that was not asked for"));
    };
    Ok(Some(Counted::Limited {
        limit: check.limit,
        retry_after: Duration::from_micros(micros),
    }))
}

fn instants(now: &str, expires_at: &str) -> Result<Instants, StoreError> {
    Ok(Instants {
        now: timestamp(now)?,
        expires_at: timestamp(expires_at)?,
    })
}

/// The fields that `record` in `history.lua` returns.
type RecordFields = (
    String,
    u32,
    u64,
    u64,
    u64,
    String,
    Option<String>,
    Option<String>,
    u64,
);

pub(super) fn read_record(value: Value) -> Result<LoginRecord, StoreError> {
    let (state, seq, expires_at, opened_at, closes_at, request, person, identity, now) =
        RecordFields::from_redis_value(value).map_err(StoreError::corrupt)?;
    Ok(LoginRecord {
        login: Login {
            state: state_of(state_name(&state)?, person, identity)?,
            seq,
            expires_at: Timestamp::from_millis(expires_at),
        },
        request: from_json(&request)?,
        opened_at: Timestamp::from_millis(opened_at),
        closes_at: Timestamp::from_millis(closes_at),
        now: Timestamp::from_millis(now),
    })
}

fn state_of(
    name: StateName,
    person: Option<String>,
    identity: Option<String>,
) -> Result<LoginState, StoreError> {
    let owner = person.map(PersonId::new);
    let person = owner
        .clone()
        .ok_or_else(|| corrupt("a login without the person it belongs to"));
    let identity = identity.ok_or_else(|| corrupt("a login without its identity"));
    Ok(match name {
        StateName::Waiting => LoginState::Waiting,
        StateName::Asked => LoginState::Asked { person: person? },
        StateName::Scanned => LoginState::Scanned { person: person? },
        StateName::Confirmed => LoginState::Confirmed {
            person: person?,
            identity: identity?,
        },
        StateName::Rejected => LoginState::Rejected { person: person? },
        StateName::Cancelled => LoginState::Cancelled { person: owner },
        StateName::Expired => LoginState::Expired { person: owner },
        StateName::Redeemed => LoginState::Redeemed {
            person: person?,
            identity: identity?,
        },
    })
}

fn state_name(text: &str) -> Result<StateName, StoreError> {
    let found = StateName::ALL.iter().find(|state| state.as_str() == text);
    found.copied().ok_or_else(|| corrupt("an unknown state"))
}

fn timestamp(text: &str) -> Result<Timestamp, StoreError> {
    text.parse()
        .map(Timestamp::from_millis)
        .map_err(|_| corrupt("an instant that is no number"))
}

/// Reads JSON. The error names the place and not the text, which may hold a code.
pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| corrupt(&format!("unreadable JSON at column {}", error.column())))
}

pub(super) fn corrupt(found: &str) -> StoreError {
    StoreError::corrupt(found)
}
