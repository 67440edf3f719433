//! Redis errors in the store's terms.

use redis::{ErrorKind, FromRedisValue, RedisError, RedisResult, Value};

use super::address::AddressError;
use crate::store::StoreError;

impl From<AddressError> for StoreError {
    fn from(error: AddressError) -> Self {
        Self::unavailable(error)
    }
}

/// Whether a server has said this. Its own errors have a code.
pub(super) fn is_answer(answer: &RedisResult<Value>) -> bool {
    answer
        .as_ref()
        .err()
        .is_none_or(|error| error.code().is_some())
}

pub(super) fn understood<T: FromRedisValue>(answer: RedisResult<Value>) -> Result<T, StoreError> {
    let value = answer.map_err(|error| failure(error))?;
    T::from_redis_value(value).map_err(|error| StoreError::corrupt(error))
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
