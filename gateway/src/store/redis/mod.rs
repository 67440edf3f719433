//! Logins in Redis: one hash each, changed by scripts that also tell the node which holds the browser.

mod answers;
mod arguments;
mod connection;
mod inbox;
mod keys;
mod liveness;
#[cfg(any(test, fuzzing))]
mod properties;
mod script;
mod scripts;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
pub use connection::{AddressError, ConnectionSettings, Connections, RedisAddress};
use futures_util::future::try_join_all;
use redis::Value;
use saoma_protocol::{Digest, EventKind, LoginId, UserCode};
pub use script::Script;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use self::answers::{
    corrupt, from_json, read_applied, read_asked, read_grant, read_opening, read_record, uncounted,
};
use self::arguments::{ApplyArguments, OpenArguments, RedeemArguments, millis, to_json};
use self::inbox::Subscription;
use self::liveness::Hearing;
#[cfg(any(test, fuzzing))]
pub(crate) use self::properties::inbox_push;
use self::scripts::Scripts;
use super::{
    Applied, Asked, Attached, Attachment, Attempt, Change, Confirmation, Counted, Grant, Inbox,
    KEEP_ENDED, LoginRecord, NewLogin, NodeId, Opening, REDEEM_TRIES, Redemption, Return, Store,
    StoreError, StoredChange, Toll, Transition,
};

/// Logins in a Redis that several nodes share.
#[derive(Debug)]
pub struct RedisStore {
    connections: Connections,
    scripts: Scripts,
    hearing: Hearing,
    listening: parking_lot::Mutex<Vec<AbortHandle>>,
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
    async fn claim_user_code(
        &self,
        code: UserCode,
        id: LoginId,
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let mut set = redis::cmd("SET");
        set.arg(keys::user_code(code))
            .arg(id.to_string())
            .arg("NX")
            .arg("PX")
            .arg(millis(lifetime));
        Ok(self
            .connections
            .query::<Option<String>>("claim_user_code", &set)
            .await?
            .is_some())
    }

    /// Opens a login, and claims its user code, in one step where one server has both keys; counts an attempt first where
    /// there are tolls, which there are on one server only.
    async fn run_open(
        &self,
        login: &NewLogin,
        tolls: &[Toll],
    ) -> Result<Counted<Opening>, StoreError> {
        let claims = self.connections.is_one_server();
        let arguments = OpenArguments {
            login_id: login.id,
            claims,
            receive_key: login.receive_key,
            scan_code: login.scan_code.to_string(),
            user_code: login.user_code.to_string(),
            node: &login.node,
            request: to_json(&login.request)?,
            answer_uri: to_json(&login.request.answer_uri)?,
            code_ms: millis(login.code_lifetime),
            waiting_ms: millis(login.waiting_lifetime),
            keep_ms: millis(KEEP_ENDED),
        };
        let mut call = self
            .scripts
            .open
            .on(keys::login(login.id))
            .arg(to_json(&arguments)?);
        if claims {
            call = call.key(keys::user_code(login.user_code));
        }
        let answer: Vec<String> = self.connections.run(&call.counting(tolls)).await?;
        read_opening(&answer, tolls)
    }

    /// Runs the script of an event, and publishes what it leaves to say.
    async fn run_apply(
        &self,
        id: LoginId,
        arguments: &ApplyArguments<'_>,
        tolls: &[Toll],
    ) -> Result<Vec<String>, StoreError> {
        let call = self
            .scripts
            .apply
            .on(keys::login(id))
            .arg(to_json(arguments)?)
            .counting(tolls);
        let (answer, told): (Vec<String>, Vec<String>) = self.connections.run(&call).await?;
        self.tell(&told).await;
        Ok(answer)
    }

    async fn run_transition(
        &self,
        id: LoginId,
        transition: &Transition,
    ) -> Result<Applied, StoreError> {
        uncounted(read_applied(
            &self
                .run_apply(id, &ApplyArguments::of(id, transition)?, &[])
                .await?,
            &[],
        )?)
    }

    async fn run_grant(
        &self,
        id: LoginId,
        code: Digest,
        tolls: &[Toll],
    ) -> Result<Counted<Option<Grant>>, StoreError> {
        let call = self
            .scripts
            .grant
            .on(keys::login(id))
            .arg(code.to_string())
            .counting(tolls);
        let answer: Vec<String> = self.connections.run(&call).await?;
        read_grant(&answer, tolls)
    }

    /// Publishes what a script has left to say, if anything: a node and what to tell it. It is a hint: whoever misses it
    /// reads the login again.
    async fn tell(&self, told: &[String]) {
        let [node, said] = told else { return };
        if let Err(error) = self
            .connections
            .publish(&keys::inbox(&NodeId::new(node)), said)
            .await
        {
            tracing::warn!(%error, node, "a node could not be told of a change");
        }
    }

    async fn run_changes(
        &self,
        id: LoginId,
        seq: u32,
    ) -> Result<(LoginId, Vec<StoredChange>), StoreError> {
        let found: Vec<String> = self
            .connections
            .run(&self.scripts.changes.on(keys::login(id)).arg(seq))
            .await?;
        Ok((
            id,
            found
                .iter()
                .map(|change| from_json(change))
                .collect::<Result<_, _>>()?,
        ))
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
        if self.connections.is_one_server() {
            return uncounted(self.run_open(login, &[]).await?);
        }
        // Both commands travel together. A login whose user code turns out to be another's is opened anew or forgotten.
        let claim = self.claim_user_code(login.user_code, login.id, login.code_lifetime);
        let (claimed, opened) = tokio::try_join!(claim, self.run_open(login, &[]))?;
        if claimed {
            uncounted(opened)
        } else {
            Ok(Opening::UserCodeTaken)
        }
    }

    async fn open_counted(
        &self,
        attempt: &Attempt<'_>,
        login: &NewLogin,
    ) -> Result<Counted<Opening>, StoreError> {
        if self.connections.is_one_server() {
            return attempt
                .within(async |tolls: Vec<Toll>| self.run_open(login, &tolls).await)
                .await;
        }
        attempt.before(self.open(login)).await
    }

    async fn attach(&self, browser: &Return<'_>) -> Result<Attached, StoreError> {
        let Return {
            id,
            receive_key,
            node,
            last_seq,
            attempt,
        } = *browser;
        let call = self.scripts.attach.on(keys::login(id));
        let call = call
            .arg(id.to_string())
            .arg(receive_key.to_string())
            .arg(node.as_str())
            .arg(last_seq);
        let answer = self
            .connections
            .run(&call.arg(attempt.unwrap_or_default()))
            .await?;
        let (word, number, record, missed, told): (String, u64, Value, Vec<String>, Vec<String>) =
            answer;
        match word.as_str() {
            "here" => {}
            "outrun" => return Ok(Attached::Outrun),
            "unknown" => return Ok(Attached::Unknown),
            _ => return Err(corrupt("an unknown answer to a return")),
        }
        self.tell(&told).await;
        let missed = missed
            .iter()
            .map(|change| from_json(change))
            .collect::<Result<_, _>>()?;
        Ok(Attached::Here(Box::new(Attachment {
            number,
            record: read_record(record)?,
            missed,
        })))
    }

    async fn changes_after(
        &self,
        waiters: &[(LoginId, u32)],
    ) -> Result<Vec<(LoginId, Vec<StoredChange>)>, StoreError> {
        let mut found =
            try_join_all(waiters.iter().map(|(id, seq)| self.run_changes(*id, *seq))).await?;
        found.retain(|(_, changes)| !changes.is_empty());
        Ok(found)
    }

    async fn find_by_user_code(&self, code: UserCode) -> Result<Option<LoginId>, StoreError> {
        let found: Option<String> = self
            .connections
            .query(
                "find_by_user_code",
                redis::cmd("GET").arg(keys::user_code(code)),
            )
            .await?;
        found
            .map(|id| {
                id.parse()
                    .map_err(|_| corrupt("a user code leads to no login id"))
            })
            .transpose()
    }

    async fn read(&self, id: LoginId) -> Result<Option<LoginRecord>, StoreError> {
        let found: Option<Value> = self
            .connections
            .run(&self.scripts.read.on(keys::login(id)))
            .await?;
        found.map(read_record).transpose()
    }

    async fn apply(&self, id: LoginId, transition: &Transition) -> Result<Applied, StoreError> {
        match transition.change {
            Change::Renewed { user_code, .. } => {
                let claim = self.claim_user_code(user_code, id, transition.lifetime);
                Ok(tokio::try_join!(claim, self.run_transition(id, transition))?.1)
            }
            _ => self.run_transition(id, transition).await,
        }
    }

    async fn scan(
        &self,
        attempt: Option<&Attempt<'_>>,
        id: LoginId,
        scan: &Transition,
    ) -> Result<Counted<(Applied, Option<Asked>)>, StoreError> {
        let arguments = ApplyArguments {
            asks: true,
            ..ApplyArguments::of(id, scan)?
        };
        let run = async |tolls: Vec<Toll>| {
            let answer = self.run_apply(id, &arguments, &tolls).await?;
            let asked = read_asked(&answer)?;
            Ok(read_applied(&answer, &tolls)?.map(|applied| (applied, asked)))
        };
        match attempt {
            Some(attempt) => attempt.within(run).await,
            None => run(Vec::new()).await,
        }
    }

    async fn confirm(
        &self,
        attempt: &Attempt<'_>,
        id: LoginId,
        confirmation: &Confirmation,
    ) -> Result<Counted<Applied>, StoreError> {
        let arguments = ApplyArguments::confirming(id, confirmation)?;
        let run = async |tolls: Vec<Toll>| {
            read_applied(&self.run_apply(id, &arguments, &tolls).await?, &tolls)
        };
        attempt.within(run).await
    }

    async fn grant(&self, id: LoginId, code: Digest) -> Result<Option<Grant>, StoreError> {
        uncounted(self.run_grant(id, code, &[]).await?)
    }

    async fn grant_counted(
        &self,
        attempt: &Attempt<'_>,
        id: LoginId,
        code: Digest,
    ) -> Result<Counted<Option<Grant>>, StoreError> {
        attempt
            .within(async |tolls: Vec<Toll>| self.run_grant(id, code, &tolls).await)
            .await
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
        let call = self
            .scripts
            .redeem
            .on(keys::login(id))
            .arg(to_json(&arguments)?);
        let answer: String = self.connections.run(&call).await?;
        match answer.as_str() {
            "redeemed" => Ok(Redemption::Redeemed),
            "replayed" => Ok(Redemption::Replayed),
            "invalid" => Ok(Redemption::Invalid),
            _ => Err(corrupt("an unknown answer to a redemption")),
        }
    }

    async fn count_failed_redemption(&self, id: LoginId) -> Result<(), StoreError> {
        self.connections
            .run(&self.scripts.count_failed_redemption.on(keys::login(id)))
            .await
    }

    async fn access(&self, id: LoginId, access_token: Digest) -> Result<Option<Grant>, StoreError> {
        let call = self
            .scripts
            .access
            .on(keys::login(id))
            .arg(access_token.to_string());
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
        self.listening
            .lock()
            .push(tokio::spawn(subscription.run(first)).abort_handle());
        listens.await.unwrap_or(Err(StoreError::Timeout))
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.connections.check().await
    }

    fn inbox_is_live(&self) -> bool {
        self.hearing.is_live(inbox::DEAF_AFTER)
    }
}
