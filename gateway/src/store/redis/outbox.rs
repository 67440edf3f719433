//! The outbox of logouts: ended sessions whose clients are still to be told.

use std::time::Duration;

use saoma_protocol::LoginId;

use super::RedisStore;
use super::answers::corrupt;
use super::arguments::millis;
use super::fence::Proof;
use crate::error_chain::chain;
use crate::store::{KEEP_ENDED_SESSION, SessionRecord, SessionStore, StoreError};

/// Time after which an ended session is looked at again that cannot be read.
const UNREADABLE_AGAIN_AFTER: Duration = Duration::from_secs(600);

impl RedisStore {
    /// Puts a session that is about to end into the outbox of a cluster, where it is not due before it has ended. Returns the
    /// instant at which it is due, if it was not there.
    pub(super) async fn put_ahead(&self, id: LoginId) -> Result<Option<String>, StoreError> {
        let outbox = self.keys.outbox();
        let call = self.scripts.put_ahead.on(&*outbox).arg(id.to_string());
        let call = call.arg(millis(self.until_executed()));
        let call = call.arg(millis(KEEP_ENDED_SESSION));
        let there = |(_, due): &(String, String)| proof_of_entry(&outbox, id, due);
        let (word, due) = self.run_kept(&call, there).await?;
        Ok((word == "put").then_some(due))
    }

    /// Puts an ended session into the outbox of a cluster, due after a time. With the instant at which it was due so far, it
    /// is left alone where it is due at another one.
    pub(super) async fn put_out(
        &self,
        id: LoginId,
        after: Duration,
        so_far: Option<String>,
    ) -> Result<(), StoreError> {
        let outbox = self.keys.outbox();
        let call = self.scripts.put_out.on(&*outbox).arg(id.to_string());
        let call = call.arg(millis(after)).arg(millis(KEEP_ENDED_SESSION));
        let call = call.arg(so_far.unwrap_or_default());
        let there = |(_, due): &(String, String)| proof_of_entry(&outbox, id, due);
        self.run_kept(&call, there).await?;
        Ok(())
    }

    /// Takes an entry out of the outbox.
    pub(super) async fn take_out(&self, entry: &str) -> Result<(), StoreError> {
        let mut remove = redis::cmd("ZREM");
        remove.arg(self.keys.outbox()).arg(entry);
        let _: u32 = self.connections.query("take_out", &remove).await?;
        Ok(())
    }

    /// Reads a session that the outbox holds, if a client is still to be told of its end. Otherwise takes it out.
    pub(super) async fn due_logout(
        &self,
        entry: &str,
    ) -> Result<Option<SessionRecord>, StoreError> {
        let Ok(id) = entry.parse() else {
            tracing::warn!("took an entry out of the outbox of logouts that is no session");
            self.take_out(entry).await?;
            return Ok(None);
        };
        let session = match self.session(id).await {
            // It may be another version's. Once it is kept no more, it is taken out.
            Err(error @ StoreError::Corrupt(_)) => {
                tracing::warn!(session_id = %id, error = %chain(&error), "could not read an ended session: its clients are not told for now");
                self.put_out(id, UNREADABLE_AGAIN_AFTER, None).await?;
                return Ok(None);
            }
            session => session?.filter(SessionRecord::has_untold_clients),
        };
        if session.is_none() {
            self.take_out(entry).await?;
        }
        Ok(session)
    }
}

/// Returns the proof of an entry that is due at an instant, or of a server that has left it alone.
fn proof_of_entry(outbox: &str, id: LoginId, due: &str) -> Result<Option<Proof>, StoreError> {
    if due.is_empty() {
        return Ok(Some(Proof::of_server(outbox)));
    }
    let due = due.parse();
    let due = due.map_err(|_| corrupt("an instant of the outbox is no number"))?;
    let entry = Proof::of_member(outbox, id.to_string(), due);
    Ok(Some(entry))
}
