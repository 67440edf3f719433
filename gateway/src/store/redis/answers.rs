//! What the scripts answer.

use std::time::Duration;

use redis::{FromRedisValue, Value};
use saoma_protocol::{Login, LoginState, PersonId, Refusal, StateName, Timestamp};
use serde::de::DeserializeOwned;

use crate::store::{
    Applied, Asked, Counted, Grant, Instants, LoginRecord, Opening, REDEEM_TRIES, StoreError, Toll,
};

pub(super) fn read_applied(
    answer: &[String],
    tolls: &[Toll],
) -> Result<Counted<Applied>, StoreError> {
    let answer: Vec<&str> = answer.iter().map(String::as_str).collect();
    Ok(Counted::Done(match answer[..] {
        ["limited", number, micros] => return limited(tolls, number, micros),
        ["changed", now, expires_at, ..] => Applied::Changed(instants(now, expires_at)?),
        ["repeated", now, expires_at, ..] => Applied::Repeated(instants(now, expires_at)?),
        ["another_person"] => Applied::Refused(Refusal::AnotherPerson),
        ["state", state] => Applied::Refused(Refusal::State(state_name(state)?)),
        ["too_late"] => Applied::Refused(Refusal::TooLate),
        ["too_early"] => Applied::Refused(Refusal::TooEarly),
        ["unknown"] => Applied::Unknown,
        _ => return Err(corrupt("an unknown answer to an event")),
    }))
}

/// What the browser asked for, where the answer to an event says it.
pub(super) fn read_asked(answer: &[String]) -> Result<Option<Asked>, StoreError> {
    let [_, _, _, opened_at, request] = answer else {
        return Ok(None);
    };
    Ok(Some(Asked {
        request: from_json(request)?,
        opened_at: timestamp(opened_at)?,
    }))
}

pub(super) fn read_opening(
    answer: &[String],
    tolls: &[Toll],
) -> Result<Counted<Opening>, StoreError> {
    let answer: Vec<&str> = answer.iter().map(String::as_str).collect();
    Ok(Counted::Done(match answer[..] {
        ["limited", number, micros] => return limited(tolls, number, micros),
        ["taken"] => Opening::UserCodeTaken,
        ["opened", at, expires_at] => Opening::Opened {
            at: timestamp(at)?,
            expires_at: timestamp(expires_at)?,
        },
        _ => return Err(corrupt("an unknown answer to an open")),
    }))
}

pub(super) fn read_grant(
    answer: &[String],
    tolls: &[Toll],
) -> Result<Counted<Option<Grant>>, StoreError> {
    let answer: Vec<&str> = answer.iter().map(String::as_str).collect();
    Ok(Counted::Done(match answer[..] {
        ["limited", number, micros] => return limited(tolls, number, micros),
        ["unknown"] => None,
        ["grant", tries, grant] => {
            let tries: u32 = tries
                .parse()
                .map_err(|_| corrupt("tries that are no number"))?;
            if tries < REDEEM_TRIES {
                Some(from_json(grant)?)
            } else {
                None
            }
        }
        _ => return Err(corrupt("an unknown answer to a question for a grant")),
    }))
}

/// What came of a verb without a toll.
pub(super) fn uncounted<T>(counted: Counted<T>) -> Result<T, StoreError> {
    match counted {
        Counted::Done(done) => Ok(done),
        Counted::Limited { .. } => Err(corrupt("a limit where no attempt was counted")),
    }
}

fn limited<T>(tolls: &[Toll], number: &str, micros: &str) -> Result<Counted<T>, StoreError> {
    let toll = number
        .parse()
        .ok()
        .and_then(|number: usize| tolls.get(number.checked_sub(1)?));
    let (Some(toll), Ok(micros)) = (toll, micros.parse()) else {
        return Err(corrupt("a limit that was not asked for"));
    };
    Ok(Counted::Limited {
        limit: toll.limit,
        retry_after: Duration::from_micros(micros),
    })
}

fn instants(now: &str, expires_at: &str) -> Result<Instants, StoreError> {
    Ok(Instants {
        now: timestamp(now)?,
        expires_at: timestamp(expires_at)?,
    })
}

/// The fields that `record` in `lib.lua` gives.
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
        RecordFields::from_redis_value(value)
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
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
    let person = person
        .map(PersonId::new)
        .ok_or_else(|| corrupt("a login without the person it belongs to"));
    let identity = identity.ok_or_else(|| corrupt("a login without its identity"));
    Ok(match name {
        StateName::Waiting => LoginState::Waiting,
        StateName::Scanned => LoginState::Scanned { person: person? },
        StateName::Confirmed => LoginState::Confirmed {
            person: person?,
            identity: identity?,
        },
        StateName::Rejected => LoginState::Rejected { person: person? },
        StateName::Cancelled => LoginState::Cancelled,
        StateName::Expired => LoginState::Expired,
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

/// The error says where, not what: the text may hold a code.
pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| corrupt(&format!("unreadable JSON at column {}", error.column())))
}

pub(super) fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt(what.to_owned())
}
