//! Connections for questions about a deployment: one to each server or Sentinel, kept between two questions.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::{Cmd, ConnectionInfo, ErrorKind, FromRedisValue, RedisError, RedisResult};
use tokio::time::timeout;

use super::dialer::Dialer;

/// Kept connections. Clones share them.
#[derive(Clone)]
pub(super) struct Links {
    dialer: Dialer,
    kept: Arc<Mutex<HashMap<(String, bool), MultiplexedConnection>>>,
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links").finish_non_exhaustive()
    }
}

impl Links {
    /// Creates links that are made when they are first used.
    pub(super) fn new(dialer: Dialer) -> Self {
        Self {
            dialer,
            kept: Arc::default(),
        }
    }

    /// Asks a server, which may take this long to answer.
    pub(super) async fn ask<T: FromRedisValue>(
        &self,
        server: &ConnectionInfo,
        question: &Cmd,
        patience: Duration,
    ) -> RedisResult<T> {
        // A server may want a password of some callers and none of others.
        let is_known = server.redis_settings().password().is_some();
        let name = (server.addr().to_string(), is_known);
        let asking = async {
            let kept = self.kept.lock().get(&name).cloned();
            if let Some(mut link) = kept {
                let answer = question.query_async(&mut link).await;
                if !answer.as_ref().is_err_and(has_ended) {
                    return answer;
                }
            }
            let mut link = self.dialer.connect_once(server).await?;
            self.kept.lock().insert(name.clone(), link.clone());
            question.query_async(&mut link).await
        };
        let late = || RedisError::from((ErrorKind::Io, "no answer in time"));
        let answer = timeout(patience, asking)
            .await
            .unwrap_or_else(|_| Err(late()));
        if answer.as_ref().is_err_and(has_ended) {
            self.kept.lock().remove(&name);
        }
        answer
    }
}

/// A server's own errors have a code; those of the connection do not.
fn has_ended(error: &RedisError) -> bool {
    error.code().is_none()
}
