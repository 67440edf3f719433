//! Redis errors in the store's terms.

use redis::{ErrorKind, FromRedisValue, RedisError, RedisResult, Value};

use super::address::AddressError;
use crate::store::StoreError;

impl From<AddressError> for StoreError {
    fn from(error: AddressError) -> Self {
        Self::unavailable(error)
    }
}

/// Returns true if a server gave this answer. A server's own errors have a code; those of the connection do not.
pub(super) fn is_answer(answer: &RedisResult<Value>) -> bool {
    answer
        .as_ref()
        .err()
        .is_none_or(|error| error.code().is_some())
}

pub(super) fn understood<T: FromRedisValue>(answer: RedisResult<Value>) -> Result<T, StoreError> {
    let value = answer.map_err(failure)?;
    T::from_redis_value(value).map_err(StoreError::corrupt)
}

/// A Redis error in the store's terms.
pub(crate) fn failure(error: RedisError) -> StoreError {
    if error.is_timeout() {
        StoreError::Timeout
    } else if matches!(
        error.kind(),
        ErrorKind::UnexpectedReturnType | ErrorKind::Parse
    ) {
        StoreError::corrupt(error)
    } else {
        StoreError::unavailable(error)
    }
}
