//! Runs of scripts: by digest or by source, and within a deadline.

use std::sync::Arc;

use redis::{ErrorKind, FromRedisValue, RedisResult, ServerErrorKind, Value};
use tokio::time::Instant;

use super::server_clock::whole_millis;
use super::{Connections, ServerAddress, understood};
use crate::store::StoreError;
use crate::store::redis::script::{Call, Publisher};

impl Connections {
    /// Runs a script.
    ///
    /// # Errors
    /// No place among the commands under way, no answer in time, or none that is understood.
    pub(in crate::store::redis) async fn run<T: FromRedisValue>(
        &self,
        call: &Call<'_>,
    ) -> Result<T, StoreError> {
        // Without channels that belong to slots, a cluster passes on to all nodes what a script publishes.
        let publisher = if self.is_sharded().await? {
            Publisher::Caller
        } else {
            Publisher::Script
        };
        Ok(self.run_for(call, publisher).await?.0)
    }

    /// Runs a script with this publisher. Returns the answer and the server that gave it, which a cluster does not
    /// tell.
    ///
    /// A script that changes anything begins within the time that a command may take, or changes nothing: its caller has
    /// been told by then that there is no answer. Where the server's clock is ahead of the one known here, the script
    /// says so, and is run once more.
    ///
    /// # Errors
    /// As [`Connections::run`].
    pub(in crate::store::redis) async fn run_for<T: FromRedisValue>(
        &self,
        call: &Call<'_>,
        publisher: Publisher,
    ) -> Result<(T, Option<Arc<ServerAddress>>), StoreError> {
        let _permit = self.in_flight.take().await?;
        let asked_at = Instant::now();
        let deadline = self.clock.after(self.timeout);
        let (mut answer, mut server) = self.ask_script(call, publisher, deadline).await?;
        if let Some(now) = self.late(call, &answer, asked_at) {
            let (asked_again_at, deadline) = (
                Instant::now(),
                now.saturating_add(whole_millis(self.timeout)),
            );
            (answer, server) = self.ask_script(call, publisher, deadline).await?;
            if self.late(call, &answer, asked_again_at).is_some() {
                return Err(StoreError::Timeout);
            }
        }
        self.metrics.answered(call.verb(), asked_at.elapsed());
        Ok((understood(answer)?, server))
    }

    /// Runs a script that has no deadline, past the line: a long line is no outage.
    ///
    /// # Errors
    /// No answer in time, or one that refuses the script.
    pub(in crate::store::redis) async fn run_at_once(
        &self,
        call: &Call<'_>,
    ) -> Result<(), StoreError> {
        let asked_at = Instant::now();
        let (answer, _) = self.ask_script(call, Publisher::Script, 0).await?;
        self.metrics.answered(call.verb(), asked_at.elapsed());
        understood::<Value>(answer).map(drop)
    }

    async fn ask_script(
        &self,
        call: &Call<'_>,
        publisher: Publisher,
        deadline: u64,
    ) -> Result<(RedisResult<Value>, Option<Arc<ServerAddress>>), StoreError> {
        match self.ask(&call.by_digest(publisher, deadline)).await? {
            (Err(error), _) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.ask(&call.by_source(publisher, deadline)).await
            }
            answer => Ok(answer),
        }
    }

    /// Returns the server's time, in milliseconds, if a script began too late by it.
    fn late(&self, call: &Call<'_>, answer: &RedisResult<Value>, asked_at: Instant) -> Option<u64> {
        let now = call.late(answer.as_ref().ok()?)?;
        self.clock.observe(now, asked_at);
        Some(now)
    }

    /// Takes an instant of the server's clock, in milliseconds, from the answer to a command of `asked_at`.
    pub(in crate::store::redis) fn observe_clock(&self, millis: u64, asked_at: Instant) {
        self.clock.observe(millis, asked_at);
    }
}
