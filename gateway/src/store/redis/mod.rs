//! Logins in Redis: one hash each, changed by scripts that also tell the node which holds the browser.

mod connections;
mod inbox;
mod keys;
#[cfg(any(test, fuzzing))]
mod properties;
mod scripts;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
pub use connections::Connections;
use futures_util::future::try_join_all;
use redis::{FromRedisValue, Value};
use saoma_protocol::{
    Digest, EventKind, Guard, Login, LoginId, LoginState, PersonId, Refusal, StateName, Timestamp, UserCode,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use self::inbox::{Hearing, Subscription};
#[cfg(any(test, fuzzing))]
pub(crate) use self::properties::inbox_push;
use self::scripts::Scripts;
use super::{
    Applied, Attachment, Change, Grant, Inbox, Instants, KEEP_ENDED, LoginRecord, NewLogin, NodeId, Opening, Proof,
    REDEEM_TRIES, Redemption, Store, StoreError, StoredChange, Transition,
};

/// Logins in a Redis that several nodes share.
#[derive(Debug)]
pub struct RedisStore {
    connections: Connections,
    scripts: Scripts,
    hearing: Hearing,
    listening: parking_lot::Mutex<Vec<AbortHandle>>,
}

/// What `open.lua` reads.
#[derive(Serialize)]
struct OpenArguments<'a> {
    receive_key: Digest,
    scan_code: String,
    user_code: String,
    node: &'a NodeId,
    request: String,
    code_ms: u64,
    waiting_ms: u64,
    keep_ms: u64,
}

/// What `apply.lua` reads. Absent members are left out: cjson would make a truthy value of `null`.
#[derive(Serialize)]
struct ApplyArguments<'a> {
    login_id: LoginId,
    guard: Guard,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<&'a PersonId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<&'a str>,
    proof: ProofArguments,
    /// A JSON object as text: the script puts its own members before.
    change: String,
    lifetime_ms: u64,
    keep_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    renewal: Option<Renewal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Digest>,
}

/// Which field of the login must hold what.
#[derive(Serialize)]
struct ProofArguments {
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

#[derive(Serialize)]
struct Renewal {
    scan_code: String,
    user_code: String,
}

/// What `redeem.lua` reads.
#[derive(Serialize)]
struct RedeemArguments {
    guard: Guard,
    code: Digest,
    tries: u32,
    token: Digest,
    token_ms: u64,
    keep_ms: u64,
}

impl RedisStore {
    /// A store over these connections.
    pub fn new(connections: Connections) -> Self {
        Self {
            connections,
            scripts: Scripts::default(),
            hearing: Hearing::default(),
            listening: parking_lot::Mutex::default(),
        }
    }

    /// Leads from a user code to its login, unless the code is another's.
    async fn claim_user_code(&self, code: UserCode, id: LoginId, lifetime: Duration) -> Result<bool, StoreError> {
        let mut set = redis::cmd("SET");
        set.arg(keys::user_code(code)).arg(id.to_string()).arg("NX").arg("PX").arg(millis(lifetime));
        Ok(self.connections.query::<Option<String>>(&set).await?.is_some())
    }

    async fn run_open(&self, login: &NewLogin) -> Result<[u64; 2], StoreError> {
        let arguments = OpenArguments {
            receive_key: login.receive_key,
            scan_code: login.scan_code.to_string(),
            user_code: login.user_code.to_string(),
            node: &login.node,
            request: to_json(&login.request)?,
            code_ms: millis(login.code_lifetime),
            waiting_ms: millis(login.waiting_lifetime),
            keep_ms: millis(KEEP_ENDED),
        };
        self.connections.run(self.scripts.open.key(keys::login(login.id)).arg(to_json(&arguments)?)).await
    }

    async fn run_apply(&self, id: LoginId, transition: &Transition) -> Result<Vec<String>, StoreError> {
        let Transition { event, proof, change, lifetime, grant } = transition;
        let arguments = ApplyArguments {
            login_id: id,
            guard: event.kind().guard(),
            person: event.person(),
            identity: event.identity(),
            proof: proof_arguments(*proof),
            change: to_json(change)?,
            lifetime_ms: millis(*lifetime),
            keep_ms: millis(KEEP_ENDED),
            renewal: renewal(change),
            grant: grant.as_ref().map(|(_, grant)| to_json(grant)).transpose()?,
            code: grant.as_ref().map(|(code, _)| *code),
        };
        self.connections.run(self.scripts.apply.key(keys::login(id)).arg(to_json(&arguments)?)).await
    }

    async fn run_changes(&self, id: LoginId, seq: u32) -> Result<(LoginId, Vec<StoredChange>), StoreError> {
        let found: Vec<String> = self.connections.run(self.scripts.changes.key(keys::login(id)).arg(seq)).await?;
        Ok((id, found.iter().map(|change| from_json(change)).collect::<Result<_, _>>()?))
    }
}

impl Drop for RedisStore {
    fn drop(&mut self) {
        for listening in self.listening.lock().drain(..) {
            listening.abort();
        }
    }
}

#[async_trait]
impl Store for RedisStore {
    async fn open(&self, login: &NewLogin) -> Result<Opening, StoreError> {
        // Both commands travel together. A login whose user code turns out to be another's is opened anew or forgotten.
        let claim = self.claim_user_code(login.user_code, login.id, login.code_lifetime);
        let (claimed, [at, expires_at]) = tokio::try_join!(claim, self.run_open(login))?;
        if !claimed {
            return Ok(Opening::UserCodeTaken);
        }
        Ok(Opening::Opened { at: Timestamp::from_millis(at), expires_at: Timestamp::from_millis(expires_at) })
    }

    async fn attach(
        &self,
        id: LoginId,
        receive_key: Digest,
        node: &NodeId,
        last_seq: u32,
    ) -> Result<Option<Attachment>, StoreError> {
        let mut call = self.scripts.attach.key(keys::login(id));
        call.arg(id.to_string()).arg(receive_key.to_string()).arg(node.as_str()).arg(last_seq);
        let answer: Option<(u64, Value, Vec<String>)> = self.connections.run(&call).await?;
        answer
            .map(|(number, record, missed)| {
                let missed = missed.iter().map(|change| from_json(change)).collect::<Result<_, _>>()?;
                Ok(Attachment { number, record: read_record(record)?, missed })
            })
            .transpose()
    }

    async fn changes_after(&self, waiters: &[(LoginId, u32)]) -> Result<Vec<(LoginId, Vec<StoredChange>)>, StoreError> {
        let mut found = try_join_all(waiters.iter().map(|(id, seq)| self.run_changes(*id, *seq))).await?;
        found.retain(|(_, changes)| !changes.is_empty());
        Ok(found)
    }

    async fn find_by_user_code(&self, code: UserCode) -> Result<Option<LoginId>, StoreError> {
        let found: Option<String> = self.connections.query(redis::cmd("GET").arg(keys::user_code(code))).await?;
        found.map(|id| id.parse().map_err(|_| corrupt("a user code leads to no login id"))).transpose()
    }

    async fn read(&self, id: LoginId) -> Result<Option<LoginRecord>, StoreError> {
        let found: Option<Value> = self.connections.run(&self.scripts.read.key(keys::login(id))).await?;
        found.map(read_record).transpose()
    }

    async fn apply(&self, id: LoginId, transition: &Transition) -> Result<Applied, StoreError> {
        let answer = match transition.change {
            Change::Renewed { user_code, .. } => {
                let claim = self.claim_user_code(user_code, id, transition.lifetime);
                tokio::try_join!(claim, self.run_apply(id, transition))?.1
            }
            _ => self.run_apply(id, transition).await?,
        };
        read_applied(&answer)
    }

    async fn grant(&self, id: LoginId, code: Digest) -> Result<Option<Grant>, StoreError> {
        let mut read = redis::cmd("HMGET");
        read.arg(keys::login(id)).arg("code").arg("code_tries").arg("grant");
        let found: (Option<String>, Option<u32>, Option<String>) = self.connections.query(&read).await?;
        let (Some(stored), Some(tries), Some(grant)) = found else {
            return Ok(None);
        };
        if stored.parse() != Ok(code) || tries >= REDEEM_TRIES {
            return Ok(None);
        }
        from_json(&grant).map(Some)
    }

    async fn redeem(
        &self,
        id: LoginId,
        code: Digest,
        access_token: Digest,
        lifetime: Duration,
    ) -> Result<Redemption, StoreError> {
        let arguments = RedeemArguments {
            guard: EventKind::Redeem.guard(),
            code,
            tries: REDEEM_TRIES,
            token: access_token,
            token_ms: millis(lifetime),
            keep_ms: millis(KEEP_ENDED),
        };
        let mut call = self.scripts.redeem.key(keys::login(id));
        call.arg(to_json(&arguments)?);
        let answer: String = self.connections.run(&call).await?;
        match answer.as_str() {
            "redeemed" => Ok(Redemption::Redeemed),
            "replayed" => Ok(Redemption::Replayed),
            "invalid" => Ok(Redemption::Invalid),
            _ => Err(corrupt("an unknown answer to a redemption")),
        }
    }

    async fn count_failed_redemption(&self, id: LoginId) -> Result<(), StoreError> {
        self.connections.run(&self.scripts.count_failed_redemption.key(keys::login(id))).await
    }

    async fn access(&self, id: LoginId, access_token: Digest) -> Result<Option<Grant>, StoreError> {
        let mut call = self.scripts.access.key(keys::login(id));
        call.arg(access_token.to_string());
        let found: Option<String> = self.connections.run(&call).await?;
        found.map(|grant| from_json(&grant)).transpose()
    }

    async fn listen(&self, node: &NodeId, inbox: Arc<dyn Inbox>) -> Result<(), StoreError> {
        let subscription = Subscription {
            connections: self.connections.clone(),
            node: node.clone(),
            inbox,
            hearing: self.hearing.clone(),
        };
        let (first, listens) = oneshot::channel();
        self.listening.lock().push(tokio::spawn(subscription.run(first)).abort_handle());
        listens.await.unwrap_or(Err(StoreError::Timeout))
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.connections.query(&redis::cmd("PING")).await
    }

    fn inbox_is_live(&self) -> bool {
        self.hearing.is_live()
    }
}

fn proof_arguments(proof: Proof) -> ProofArguments {
    let (field, value) = match proof {
        Proof::Held => return ProofArguments { field: None, value: None },
        Proof::ScanCode(code) => ("scan_code", code.to_string()),
        Proof::UserCode(code) => ("user_code", code.to_string()),
        Proof::ReceiveKey(key) => ("receive_key", key.to_string()),
        Proof::Seq(seq) => ("seq", seq.to_string()),
    };
    ProofArguments { field: Some(field), value: Some(value) }
}

fn renewal(change: &Change) -> Option<Renewal> {
    match change {
        Change::Renewed { scan_code, user_code } => {
            Some(Renewal { scan_code: scan_code.to_string(), user_code: user_code.to_string() })
        }
        _ => None,
    }
}

fn read_applied(answer: &[String]) -> Result<Applied, StoreError> {
    let answer: Vec<&str> = answer.iter().map(String::as_str).collect();
    Ok(match answer[..] {
        ["changed", now, expires_at] => Applied::Changed(instants(now, expires_at)?),
        ["repeated", now, expires_at] => Applied::Repeated(instants(now, expires_at)?),
        ["another_person"] => Applied::Refused(Refusal::AnotherPerson),
        ["state", state] => Applied::Refused(Refusal::State(state_name(state)?)),
        ["too_late"] => Applied::Refused(Refusal::TooLate),
        ["too_early"] => Applied::Refused(Refusal::TooEarly),
        ["unknown"] => Applied::Unknown,
        _ => return Err(corrupt("an unknown answer to an event")),
    })
}

fn instants(now: &str, expires_at: &str) -> Result<Instants, StoreError> {
    Ok(Instants { now: timestamp(now)?, expires_at: timestamp(expires_at)? })
}

/// The fields that `record` in `lib.lua` gives.
type RecordFields = (String, u32, u64, u64, u64, String, Option<String>, Option<String>, u64);

fn read_record(value: Value) -> Result<LoginRecord, StoreError> {
    let (state, seq, expires_at, opened_at, closes_at, request, person, identity, now) =
        RecordFields::from_redis_value(value).map_err(|error| StoreError::Corrupt(error.to_string()))?;
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

fn state_of(name: StateName, person: Option<String>, identity: Option<String>) -> Result<LoginState, StoreError> {
    let person = person.map(PersonId::new).ok_or_else(|| corrupt("a login without the person it belongs to"));
    let identity = identity.ok_or_else(|| corrupt("a login without its identity"));
    Ok(match name {
        StateName::Waiting => LoginState::Waiting,
        StateName::Scanned => LoginState::Scanned { person: person? },
        StateName::Confirmed => LoginState::Confirmed { person: person?, identity: identity? },
        StateName::Rejected => LoginState::Rejected { person: person? },
        StateName::Cancelled => LoginState::Cancelled,
        StateName::Expired => LoginState::Expired,
        StateName::Redeemed => LoginState::Redeemed { person: person?, identity: identity? },
    })
}

fn state_name(text: &str) -> Result<StateName, StoreError> {
    let found = StateName::ALL.iter().find(|state| state.as_str() == text);
    found.copied().ok_or_else(|| corrupt("an unknown state"))
}

fn timestamp(text: &str) -> Result<Timestamp, StoreError> {
    text.parse().map(Timestamp::from_millis).map_err(|_| corrupt("an instant that is no number"))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| corrupt(&error.to_string()))
}

/// The error says where, not what: the text may hold a code.
fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| corrupt(&format!("unreadable JSON at column {}", error.column())))
}

fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt(what.to_owned())
}
