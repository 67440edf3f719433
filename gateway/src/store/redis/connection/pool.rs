//! Connections to one server: each carries many commands at once, and one that broke is replaced.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::{Cmd, ConnectionInfo, ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};
use tokio::time::timeout;

use super::dialer::{Dialer, Pushes, address_of};
use super::error::{failure, is_answer};
use super::replica_set::ServerAddress;
use super::sentinel::Sentinels;
use crate::store::{StoreError, StoreMetrics};

/// A pool of multiplexed connections.
///
/// A connection is checked out only for as long as it takes to clone its handle: commands of many callers share it and
/// travel together, which for short commands is several times faster than one caller per connection.
#[derive(Clone)]
pub(super) struct Pool {
    route: Route,
    pool: bb8::Pool<Manager>,
    timeout: Duration,
    /// Rises when connections that seem alive are not believed any more.
    age: Arc<AtomicU64>,
    last_failure: LastFailure,
}

/// Error of the last try to connect. The pool tries again until the time is over, and would tell of the time alone.
type LastFailure = Arc<Mutex<Option<RedisError>>>;

#[derive(Debug, thiserror::Error)]
#[error("no connection in time")]
struct NoConnection {
    source: Option<RedisError>,
}

/// To which server.
#[derive(Debug, Clone)]
pub(super) enum Route {
    Fixed(Dialer, ConnectionInfo),
    Master(Sentinels),
}

impl Route {
    async fn connect(
        &self,
        broken: &Arc<AtomicBool>,
    ) -> RedisResult<(MultiplexedConnection, ServerAddress)> {
        match self {
            Self::Fixed(dialer, node) => {
                Ok((dialer.connect(node, broken).await?, address_of(node)))
            }
            Self::Master(sentinels) => sentinels.connect(broken).await,
        }
    }

    async fn connect_to_hear(&self) -> RedisResult<(MultiplexedConnection, Pushes)> {
        match self {
            Self::Fixed(dialer, node) => dialer.connect_to_hear(node).await,
            Self::Master(sentinels) => sentinels.connect_to_hear().await,
        }
    }
}

impl Pool {
    /// A pool of `size` connections. None is made yet.
    pub(super) fn new(route: Route, size: u32, timeout: Duration, metrics: StoreMetrics) -> Self {
        let age = Arc::<AtomicU64>::default();
        let last_failure = LastFailure::default();
        let manager = Manager {
            last_failure: Arc::clone(&last_failure),
            route: route.clone(),
            timeout,
            metrics,
            age: Arc::clone(&age),
        };
        let pool = bb8::Pool::builder()
            .max_size(size)
            .min_idle(Some(size))
            // Costs no round trip: see `is_valid`.
            .test_on_check_out(true)
            // The connection that was given back last is the next one out, so that commands travel together on it as long
            // as it serves: taking turns cost a confirm at 2,000 a second 40 % more CPU here and in Redis.
            .queue_strategy(bb8::QueueStrategy::Lifo)
            .connection_timeout(timeout)
            .build_unchecked(manager);
        Self {
            route,
            pool,
            timeout,
            age,
            last_failure,
        }
    }

    /// Runs a command. Returns the answer and the server that gave it.
    pub(super) async fn query(
        &self,
        command: &Cmd,
    ) -> Result<(RedisResult<Value>, Arc<ServerAddress>), StoreError> {
        let mut connection = match self.pool.get().await {
            Ok(connection) => connection.clone(),
            Err(bb8::RunError::User(error)) => return Err(failure(error)),
            Err(bb8::RunError::TimedOut) => {
                let source = self.last_failure.lock().take();
                return Err(StoreError::unavailable(NoConnection { source }));
            }
        };
        let answers = connection.answers.load(Ordering::Relaxed);
        match timeout(self.timeout, command.query_async(&mut connection.handle)).await {
            Ok(answer) if answer.as_ref().is_err_and(RedisError::is_timeout) => {}
            Ok(answer) => {
                connection.note(&answer);
                return Ok((answer, connection.server));
            }
            Err(_) => {}
        }
        // One on which others were answered meanwhile is merely slow: a new one would be no faster.
        if connection.answers.load(Ordering::Relaxed) == answers {
            self.gone_silent(&connection);
        }
        Err(StoreError::Timeout)
    }

    /// Marks a silent connection as broken, together with every connection of its generation: they share a network path,
    /// and each would cost one caller a timeout. Commands already sent over them are still answered if it was Redis that
    /// had stopped.
    fn gone_silent(&self, connection: &Connection) {
        connection.broken.store(true, Ordering::Relaxed);
        // The first caller that notices the silence is enough: the others must not invalidate newer connections.
        let (age, newer) = (connection.age, connection.age + 1);
        let _ = self
            .age
            .compare_exchange(age, newer, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Subscribes, and waits for the server to say so.
    pub(super) async fn subscribe(
        &self,
        channel: &str,
    ) -> RedisResult<(MultiplexedConnection, Pushes)> {
        let (mut connection, pushes) = self.route.connect_to_hear().await?;
        connection.subscribe(channel).await?;
        Ok((connection, pushes))
    }

    /// Takes all connections of today for broken: one beside them went silent.
    pub(super) fn invalidate(&self) {
        self.age.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) const fn route(&self) -> &Route {
        &self.route
    }

    pub(super) fn state(&self) -> bb8::State {
        self.pool.state()
    }
}

/// Returns true if the connection is of no use after this error. A demoted master refuses writes but goes on answering;
/// so does one that was replaced and does not know it yet, once its replicas have left it and it must not write alone.
fn breaks(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_unrecoverable_error()
        || error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
        || error.code() == Some("NOREPLICAS")
}

/// Makes and judges connections for the pool.
#[derive(Debug)]
struct Manager {
    route: Route,
    timeout: Duration,
    metrics: StoreMetrics,
    age: Arc<AtomicU64>,
    last_failure: LastFailure,
}

/// A handle to a connection. The crate's own manager never marks a connection as broken, so the caller that meets an
/// error records it here, for all clones.
#[derive(Clone)]
struct Connection {
    handle: MultiplexedConnection,
    broken: Arc<AtomicBool>,
    /// Number of answers that came on it while a caller waited for them.
    answers: Arc<AtomicU64>,
    age: u64,
    server: Arc<ServerAddress>,
}

impl Connection {
    fn note(&self, answer: &RedisResult<Value>) {
        if is_answer(answer) {
            self.answers.fetch_add(1, Ordering::Relaxed);
        }
        if answer.as_ref().is_err_and(breaks) {
            self.broken.store(true, Ordering::Relaxed);
        }
    }
}

impl bb8::ManageConnection for Manager {
    type Connection = Connection;
    type Error = RedisError;

    async fn connect(&self) -> RedisResult<Connection> {
        let (broken, age) = (Arc::default(), self.age.load(Ordering::Relaxed));
        let connecting = timeout(self.timeout * 2, self.route.connect(&broken)).await;
        let in_time =
            connecting.map_err(|_| RedisError::from((ErrorKind::Io, "no connection in time")))?;
        let (handle, server) = in_time.inspect_err(|error| {
            *self.last_failure.lock() = Some(error.clone());
        })?;
        let connection = Connection {
            handle,
            broken,
            answers: Arc::default(),
            age,
            server: Arc::new(server),
        };
        self.metrics.connection_opened();
        Ok(connection)
    }

    /// A PING before each command would double the round trips, and a connection that ended has been noted.
    async fn is_valid(&self, connection: &mut Connection) -> RedisResult<()> {
        if self.is_usable(connection) {
            return Ok(());
        }
        Err(RedisError::from((
            ErrorKind::Io,
            "the connection has broken",
        )))
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        let broken = !self.is_usable(connection);
        if broken {
            self.metrics.connection_broken();
        }
        broken
    }
}

impl Manager {
    fn is_usable(&self, connection: &Connection) -> bool {
        !connection.broken.load(Ordering::Relaxed)
            && connection.age == self.age.load(Ordering::Relaxed)
    }
}
