//! Sessions at the provider, as their hashes hold them.

use std::collections::HashMap;

use redis::{FromRedisValue, Value};
use saoma_protocol::{LoginId, RequesterContext, Timestamp};
use serde::Deserialize;

use super::answers::{corrupt, from_json, read_limit};
use super::limits::RateLimitCheck;
use crate::store::{
    Counted, EndReason, Family, Grant, Refreshed, SessionClient, SessionEnd, SessionRecord,
    StoreError,
};

/// A session and the number of its changes.
pub(super) struct StoredSession {
    pub(super) record: SessionRecord,
    pub(super) seq: u32,
}

/// The member of a confirmed login's grant that its session keeps beside the grant.
#[derive(Deserialize)]
struct Requested {
    requester: RequesterContext,
}

/// A family of refresh tokens as `membership.lua` keeps it.
#[derive(Deserialize)]
struct StoredFamily {
    client_id: String,
    scope: String,
    idle_until: u64,
    absolute_until: u64,
}

/// Reads an answer that is a session's fields and the time, or nothing.
pub(super) fn read_session(
    id: LoginId,
    answer: &[Value],
) -> Result<Option<StoredSession>, StoreError> {
    let [fields, now] = answer else {
        return Ok(None);
    };
    let fields = Fields::from_redis_value(fields.clone()).map_err(StoreError::corrupt)?;
    let now = String::from_redis_value(now.clone()).map_err(StoreError::corrupt)?;
    stored_session(id, &fields, timestamp(&now)?).map(Some)
}

/// Reads the answer to a refresh.
pub(super) fn read_refreshed(
    answer: &[String],
    checks: &[RateLimitCheck],
) -> Result<Counted<Refreshed>, StoreError> {
    let words: Vec<&str> = answer.iter().map(String::as_str).collect();
    Ok(Counted::Done(match words[..] {
        ["limited", ..] => return read_limit(answer, checks),
        ["refreshed", grant, scope, _] => {
            let mut grant: Box<Grant> = from_json(grant)?;
            scope.clone_into(&mut grant.scope);
            Refreshed::Granted(grant)
        }
        ["reused"] => Refreshed::Reused,
        ["scope"] => Refreshed::ScopeExceeded,
        ["invalid"] => Refreshed::Invalid,
        _ => return Err(corrupt("an unknown answer to a refresh")),
    }))
}

type Fields = HashMap<String, String>;

fn stored_session(
    id: LoginId,
    fields: &Fields,
    now: Timestamp,
) -> Result<StoredSession, StoreError> {
    let field = |name: &str| {
        let found = fields.get(name).map(String::as_str);
        found.ok_or_else(|| corrupt("a session lacks a field"))
    };
    let ended = match fields.get("ended") {
        None => None,
        Some(reason) => Some(SessionEnd {
            at: timestamp(field("ended_at")?)?,
            reason: EndReason::from_name(reason)
                .ok_or_else(|| corrupt("an unknown reason of a session's end"))?,
        }),
    };
    let requested: Requested = from_json(field("grant")?)?;
    let cookie = fields.get("cookie").map(|digest| digest.parse());
    let cookie = cookie.transpose();
    let record = SessionRecord {
        id,
        grant: from_json(field("grant")?)?,
        requester: requested.requester,
        began_at: timestamp(field("began_at")?)?,
        used_at: timestamp(field("used_at")?)?,
        expires_at: timestamp(field("expires_at")?)?,
        cookie: cookie.map_err(|_| corrupt("the digest of a cookie is none"))?,
        clients: clients(fields)?,
        families: families(fields, now)?,
        ended,
        now,
    };
    let seq = field("seq")?.parse();
    let seq = seq.map_err(|_| corrupt("a session's sequence number is none"))?;
    Ok(StoredSession { record, seq })
}

fn clients(fields: &Fields) -> Result<Vec<SessionClient>, StoreError> {
    let clients = fields.iter().filter_map(|(name, grant)| {
        let client_id = name.strip_prefix("g:")?;
        let untold = fields.get(&format!("u:{client_id}"));
        let untold = untold.map(|tries| tries.parse().map_err(|_| corrupt("tries are no number")));
        Some(from_json(grant).and_then(|grant| {
            Ok(SessionClient {
                grant,
                untold: untold.transpose()?,
            })
        }))
    });
    let mut clients: Vec<_> = clients.collect::<Result<_, StoreError>>()?;
    clients.sort_by(|a, b| a.grant.client_id.cmp(&b.grant.client_id));
    Ok(clients)
}

fn families(fields: &Fields, now: Timestamp) -> Result<Vec<Family>, StoreError> {
    let families = fields.iter().filter_map(|(name, family)| {
        let id = name.strip_prefix("f:")?.parse();
        let id = id.map_err(|_| corrupt("a family of refresh tokens has no id"));
        Some(id.and_then(|id| {
            let family: StoredFamily = from_json(family)?;
            Ok(Family {
                id,
                client_id: family.client_id,
                scope: family.scope,
                idle_until: Timestamp::from_millis(family.idle_until),
                absolute_until: Timestamp::from_millis(family.absolute_until),
            })
        }))
    });
    let mut families: Vec<Family> = families.collect::<Result<_, StoreError>>()?;
    families.retain(|family| now < family.idle_until.min(family.absolute_until));
    families.sort_by_key(|family| family.id);
    Ok(families)
}

fn timestamp(text: &str) -> Result<Timestamp, StoreError> {
    let millis = text.parse().map(Timestamp::from_millis);
    millis.map_err(|_| corrupt("an instant that is no number"))
}
