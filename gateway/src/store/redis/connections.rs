//! Connections to Redis: each carries many commands at once, and one that broke is replaced.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult, ScriptInvocation};
use tokio::time::timeout;

use crate::store::StoreError;

/// A pool of multiplexed connections.
///
/// A connection is checked out only for as long as it takes to clone its handle: commands of many callers share it and
/// travel together, which for short commands is several times faster than one caller per connection.
#[derive(Clone)]
pub struct Connections {
    client: Client,
    pool: bb8::Pool<Manager>,
    command_timeout: Duration,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("pool", &self.pool.state()).finish_non_exhaustive()
    }
}

impl Connections {
    /// A pool of `size` connections. None is made yet.
    ///
    /// # Errors
    /// The URL is none of Redis.
    pub fn new(url: &str, size: u32, command_timeout: Duration) -> Result<Self, StoreError> {
        let client = Client::open(url).map_err(|error| failure(&error))?;
        let manager = Manager { client: client.clone(), timeout: command_timeout };
        let pool = bb8::Pool::builder()
            .max_size(size)
            .min_idle(Some(size))
            // A PING before each command would double the round trips; a broken connection shows itself.
            .test_on_check_out(false)
            .connection_timeout(command_timeout)
            .build_unchecked(manager);
        Ok(Self { client, pool, command_timeout })
    }

    /// Runs a script.
    ///
    /// # Errors
    /// No answer in time, or none that is understood.
    pub async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, StoreError> {
        let mut connection = self.connection().await?;
        let answer = timeout(self.command_timeout, script.invoke_async(&mut connection.handle)).await;
        connection.judge(answer)
    }

    /// Runs a command.
    ///
    /// # Errors
    /// No answer in time, or none that is understood.
    pub async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        let mut connection = self.connection().await?;
        let answer = timeout(self.command_timeout, command.query_async(&mut connection.handle)).await;
        connection.judge(answer)
    }

    /// The client, for connections of another kind.
    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    async fn connection(&self) -> Result<Connection, StoreError> {
        match self.pool.get().await {
            Ok(connection) => Ok(connection.clone()),
            Err(bb8::RunError::User(error)) => Err(failure(&error)),
            Err(bb8::RunError::TimedOut) => Err(StoreError::Unavailable("no connection in time".into())),
        }
    }
}

/// Makes and judges connections for the pool.
#[derive(Debug)]
struct Manager {
    client: Client,
    timeout: Duration,
}

impl bb8::ManageConnection for Manager {
    type Connection = Connection;
    type Error = RedisError;

    async fn connect(&self) -> RedisResult<Connection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout));
        let handle = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        Ok(Connection { handle, broken: Arc::default() })
    }

    async fn is_valid(&self, connection: &mut Connection) -> RedisResult<()> {
        redis::cmd("PING").query_async(&mut connection.handle).await
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        connection.broken.load(Ordering::Relaxed)
    }
}

/// A handle to a connection. The crate's own manager takes no connection for broken, ever; so whoever meets an error
/// notes it here, for all clones.
#[derive(Clone)]
struct Connection {
    handle: MultiplexedConnection,
    broken: Arc<AtomicBool>,
}

impl Connection {
    fn judge<T>(&self, answer: Result<RedisResult<T>, tokio::time::error::Elapsed>) -> Result<T, StoreError> {
        let error = match answer {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => error,
            Err(_) => {
                self.broken.store(true, Ordering::Relaxed);
                return Err(StoreError::Timeout);
            }
        };
        if error.is_io_error() || error.is_timeout() || error.is_unrecoverable_error() {
            self.broken.store(true, Ordering::Relaxed);
        }
        Err(failure(&error))
    }
}

/// A Redis error in the store's terms.
pub(super) fn failure(error: &RedisError) -> StoreError {
    if error.is_timeout() {
        StoreError::Timeout
    } else if matches!(error.kind(), ErrorKind::UnexpectedReturnType | ErrorKind::Parse) {
        StoreError::Corrupt(error.to_string())
    } else {
        StoreError::Unavailable(error.to_string())
    }
}
