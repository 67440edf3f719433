//! Sessions at the provider in Redis: one hash each, an index for each person, and the outbox of logouts.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{join_all, try_join_all};
use redis::Value;
use saoma_protocol::{Digest, EventKind, LoginId, PersonId};

use super::RedisStore;
use super::answers::{corrupt, from_json};
use super::arguments::{millis, states, to_json};
use super::fence::{Later, Proof};
use super::session_answers::{StoredSession, read_refreshed, read_session};
use crate::error_chain::chain;
use crate::store::{
    Attempt, CodeOrigin, Counted, EndReason, Ended, Grant, KEEP_ENDED, KEEP_ENDED_SESSION, Refresh,
    Refreshed, RevokedToken, SessionBeginning, SessionJoin, SessionRecord, SessionStore,
    StoreError,
};

impl RedisStore {
    /// Writes the index of the person's sessions before a session begins, where no script can write both: in a cluster.
    pub(super) async fn index_ahead(
        &self,
        id: LoginId,
        origin: CodeOrigin,
        longest: Duration,
    ) -> Result<(), StoreError> {
        if self.connections.is_one_server() {
            return Ok(());
        }
        let mut person = redis::cmd("HGET");
        person.arg(self.keys.code(id, origin)).arg("person");
        let person: Option<String> = self.connections.query("person_of", &person).await?;
        // Without a person nothing can be redeemed and nothing begins.
        let Some(person) = person else { return Ok(()) };
        let key = self.keys.person(&PersonId::new(person));
        let call = self.scripts.index_session.on(&*key);
        // The session begins later than its entry, and must not outlive it.
        let longest = longest + self.until_executed();
        let call = call.arg(id.to_string()).arg(millis(longest));
        let noted = |answer: &Vec<String>| {
            let until = answer.get(1).and_then(|until| until.parse().ok());
            let until = until.ok_or_else(|| corrupt("an index without its time"))?;
            Ok(Some(Proof::of_member(&key, id.to_string(), until)))
        };
        self.run_kept(&call, noted).await?;
        Ok(())
    }

    /// Returns a time after which the next verb of a caller has been executed, or never will be. A verb waits for the
    /// description of the masters, is begun again for the time of a command, and is executed within another one. The
    /// replicas of the verb before are waited for twice as long at most, and one more is for the clocks of several servers.
    pub(super) fn until_executed(&self) -> Duration {
        self.connections.timeout() * 6
    }

    pub(super) async fn run_access(
        &self,
        id: LoginId,
        access_token: Digest,
    ) -> Result<Option<Grant>, StoreError> {
        let call = self.scripts.access.on(self.keys.login(id));
        let call = call.arg(access_token.to_string());
        let found: Vec<String> = self.connections.run(&call).await?;
        let Some(grant) = found.first() else {
            return Ok(None);
        };
        let mut grant: Grant = from_json(grant)?;
        if let Some(scope) = found.get(1) {
            grant.scope.clone_from(scope);
        }
        Ok(Some(grant))
    }

    /// Reads a session that an index lists, unless it cannot be read.
    async fn listed_session(&self, entry: &str) -> Result<Option<SessionRecord>, StoreError> {
        let Ok(id) = entry.parse() else {
            tracing::warn!("left an entry of an index of sessions out that is no session");
            return Ok(None);
        };
        match self.session(id).await {
            Err(error @ StoreError::Corrupt(_)) => {
                tracing::warn!(session_id = %id, error = %chain(&error), "left a session out of a list that cannot be read");
                Ok(None)
            }
            session => session,
        }
    }
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn begin_session(
        &self,
        id: LoginId,
        beginning: &SessionBeginning,
    ) -> Result<Option<SessionRecord>, StoreError> {
        self.index_ahead(id, CodeOrigin::Login, beginning.lifetime)
            .await?;
        let guard = EventKind::Redeem.guard();
        let confirmed = guard.from.first().map_or("", |state| state.as_str());
        let key = self.keys.session(id);
        let call = self
            .scripts
            .begin_session
            .on(self.keys.login(id))
            .key(&*key);
        let call = call
            .arg(id.to_string())
            .arg(beginning.receive_key.to_string())
            .arg(beginning.cookie.to_string())
            .arg(millis(beginning.lifetime))
            .arg(millis(KEEP_ENDED))
            .arg(states(guard.from) + guard.to.as_str() + ",")
            .arg(confirmed)
            .arg(if self.connections.is_one_server() {
                "1"
            } else {
                ""
            });
        let proof = |found: &Vec<Value>| proof_of_read(id, &key, found).map(Some);
        let found = self.run_kept(&call, proof).await?;
        Ok(read_session(id, &found)?.map(|stored| stored.record))
    }

    async fn session(&self, id: LoginId) -> Result<Option<SessionRecord>, StoreError> {
        let key = self.keys.session(id);
        let call = self.scripts.session_of.on(&*key);
        // A master that was superseded may not know yet that the session has ended.
        let proof = |found: &Vec<Value>| proof_of_read(id, &key, found).map(Some);
        let found = self.run_kept(&call, proof).await?;
        Ok(read_session(id, &found)?.map(|stored| stored.record))
    }

    async fn join_session(&self, id: LoginId, join: &SessionJoin) -> Result<bool, StoreError> {
        let guard = EventKind::Redeem.guard();
        let confirmed = guard.from.first().map_or("", |state| state.as_str());
        let key = self.keys.code(id, CodeOrigin::Session(join.code));
        let call = self.scripts.join_session.on(self.keys.session(id));
        let call = call
            .arg(join.cookie.to_string())
            .arg(join.code.to_string())
            .arg(to_json(&join.grant)?)
            .arg(join.grant.person.as_str())
            .arg(confirmed)
            .arg(millis(join.code_lifetime))
            .arg(millis(KEEP_ENDED));
        let joined = |answer: &Vec<String>| {
            let is_joined = answer.first().is_some_and(|word| word == "joined");
            let code = join.code.to_string();
            Ok(Some(if is_joined {
                Proof::of_field(&key, "code", code, Later::Never)
            } else {
                Proof::of_server(&key)
            }))
        };
        let answer = self.run_kept(&call, joined).await?;
        Ok(answer.first().is_some_and(|word| word == "joined"))
    }

    async fn sessions_of(&self, person: &PersonId) -> Result<Vec<SessionRecord>, StoreError> {
        // Those that have run out are no longer in the index, or their records say so.
        let key = self.keys.person(person);
        let call = self.scripts.indexed.on(&*key);
        let of_master = |_: &Vec<String>| Ok(Some(Proof::of_server(&key)));
        let entries = self.run_kept(&call, of_master).await?;
        let reads = entries.iter().map(|entry| self.listed_session(entry));
        let mut found: Vec<SessionRecord> =
            try_join_all(reads).await?.into_iter().flatten().collect();
        found.retain(|session| session.is_alive() && session.person() == person);
        found.sort_by_key(|session| std::cmp::Reverse(session.began_at));
        Ok(found)
    }

    async fn end_session(&self, id: LoginId, reason: EndReason) -> Result<Ended, StoreError> {
        let one_server = self.connections.is_one_server();
        let put = if one_server {
            None
        } else {
            self.put_ahead(id).await?
        };
        let key = self.keys.session(id);
        let mut call = self.scripts.end_session.on(&*key);
        if one_server {
            call = call.key(self.keys.outbox());
        }
        let call = call
            .arg(id.to_string())
            .arg(reason.as_str())
            .arg(millis(KEEP_ENDED_SESSION));
        let proof = |(word, seq): &(String, u32)| {
            Ok(Some(if word == "unknown" {
                Proof::of_server(&key)
            } else {
                Proof::of_session(&key, *seq)
            }))
        };
        let (word, _) = self.run_kept(&call, proof).await?;
        let ended = match word.as_str() {
            "now" => Ended::Now,
            "before" => Ended::Before,
            "unknown" => Ended::Unknown,
            _ => return Err(corrupt("an unknown answer to the end of a session")),
        };
        // An entry that was there before may be a node's that tells the clients.
        if put.is_some() && ended != Ended::Unknown {
            self.put_out(id, Duration::ZERO, put).await?;
        }
        Ok(ended)
    }

    async fn refresh(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        refresh: &Refresh<'_>,
    ) -> Result<Counted<Refreshed>, StoreError> {
        let checks = match self.checks(attempts).await? {
            Counted::Done(checks) => checks,
            Counted::Limited { limit, retry_after } => {
                return Ok(Counted::Limited { limit, retry_after });
            }
        };
        let key = self.keys.session(id);
        let call = self.scripts.refresh.on(&*key);
        let call = call
            .arg(refresh.family.to_string())
            .arg(refresh.token.to_string())
            .arg(refresh.successor.to_string())
            .arg(refresh.client_id)
            .arg(refresh.scope.unwrap_or_default())
            .arg(refresh.access_token.to_string())
            .arg(millis(refresh.lifetime))
            .arg(millis(refresh.idle))
            .arg(millis(refresh.grace))
            .arg(millis(KEEP_ENDED))
            .counting(&checks);
        let proof = |answer: &Vec<String>| match answer.first().map(String::as_str) {
            Some("limited") => Ok(None),
            Some("refreshed") => {
                let seq = answer.get(3).and_then(|seq| seq.parse().ok());
                let seq = seq.ok_or_else(|| corrupt("a refresh without its number"))?;
                Ok(Some(Proof::of_session(&key, seq)))
            }
            _ => Ok(Some(Proof::of_server(&key))),
        };
        let answer = self.run_kept(&call, proof).await?;
        let refreshed = read_refreshed(&answer, &checks)?;
        if matches!(refreshed, Counted::Done(Refreshed::Reused)) {
            self.end_session(id, EndReason::RefreshReused).await?;
        }
        Ok(refreshed)
    }

    async fn revoke(
        &self,
        id: LoginId,
        client_id: &str,
        token: RevokedToken,
    ) -> Result<bool, StoreError> {
        let (token, family) = match token {
            RevokedToken::Access(digest) => (digest.to_string(), String::new()),
            RevokedToken::Family(family) => (String::new(), family.to_string()),
        };
        let key = self.keys.login(id);
        let call = self.scripts.revoke.on(&*key);
        let call = call.arg(client_id).arg(token).arg(family);
        let session = self.keys.session(id);
        let kept = |answer: &Vec<String>| {
            let words: Vec<&str> = answer.iter().map(String::as_str).collect();
            Ok(Some(match words[..] {
                ["revoked", seq] => {
                    let seq = seq.parse();
                    let seq =
                        seq.map_err(|_| corrupt("a session's sequence number is not a number"))?;
                    Proof::of_session(&session, seq)
                }
                ["revoked"] => Proof::of_field(&key, "token_ended", "1".into(), Later::Never),
                _ => Proof::of_server(&key),
            }))
        };
        let answer = self.run_kept(&call, kept).await?;
        Ok(answer.first().is_some_and(|word| word == "revoked"))
    }

    async fn due_logouts(
        &self,
        lease: Duration,
        at_most: usize,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let call = self.scripts.due_logouts.on(self.keys.outbox());
        let call = call.arg(millis(lease)).arg(at_most);
        let due: Vec<String> = self.connections.run(&call).await?;
        let reads = join_all(due.iter().map(|entry| self.due_logout(entry))).await;
        let (mut found, mut failure) = (Vec::new(), None);
        for read in reads {
            match read {
                Ok(session) => found.extend(session),
                Err(error) => failure = Some(error),
            }
        }
        match failure {
            Some(error) if found.is_empty() => Err(error),
            // Those that were read are told. The others are due again after the lease.
            Some(error) => {
                tracing::warn!(error = %chain(&error), "could not read some of the logouts that are due");
                Ok(found)
            }
            None => Ok(found),
        }
    }

    async fn settle_logouts(
        &self,
        id: LoginId,
        settled: &[&str],
        again_in: Duration,
    ) -> Result<(), StoreError> {
        let one_server = self.connections.is_one_server();
        let key = self.keys.session(id);
        let mut call = self.scripts.settle_logouts.on(&*key);
        if one_server {
            call = call.key(self.keys.outbox());
        }
        let call = call
            .arg(id.to_string())
            .arg(millis(again_in))
            .arg(millis(KEEP_ENDED_SESSION));
        let call = settled.iter().fold(call, |call, client| call.arg(*client));
        let proof = |(_, seq): &(u32, u32)| {
            Ok(Some(match seq {
                0 => Proof::of_server(&key),
                seq => Proof::of_session(&key, *seq),
            }))
        };
        let (untold, _) = self.run_kept(&call, proof).await?;
        match (one_server, untold) {
            (true, _) => Ok(()),
            (false, 0) => self.take_out(&id.to_string()).await,
            (false, _) => self.put_out(id, again_in, None).await,
        }
    }
}

/// Returns the proof of a session as it was read, or of a server that has none.
fn proof_of_read(id: LoginId, key: &str, found: &[Value]) -> Result<Proof, StoreError> {
    let session = read_session(id, found)?;
    Ok(session.map_or_else(
        || Proof::of_server(key),
        |StoredSession { seq, .. }| Proof::of_session(key, seq),
    ))
}
