//! The store of a run: one durable Redis, or a replicated Redis behind Sentinels.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::support::{RedisSentinel, RedisServer, TiltWatch};

/// Kind of store, as named by `SHAPE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One server that loses no write, so no loss is excused.
    Durable,
    /// A master and two replicas. A failover can lose recent writes.
    Sentinel,
}

impl std::str::FromStr for Shape {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "durable" => Ok(Self::Durable),
            "sentinel" => Ok(Self::Sentinel),
            _ => Err(()),
        }
    }
}

pub(super) enum Store {
    Durable(RedisServer),
    Sentinel(RedisSentinel),
}

impl Store {
    pub(super) fn start(shape: Shape) -> Self {
        match shape {
            Shape::Durable => Self::Durable(RedisServer::start_durable()),
            Shape::Sentinel => Self::Sentinel(RedisSentinel::start_guarded()),
        }
    }

    pub(super) fn url(&self) -> String {
        match self {
            Self::Durable(redis) => redis.url(),
            Self::Sentinel(redis) => redis.url(),
        }
    }

    /// Address for a fault proxy, or `None` behind Sentinels, which announce their servers' own
    /// addresses.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Durable(redis) => Some(redis.address()),
            Self::Sentinel(_) => None,
        }
    }

    /// Ends the connections of all subscribers.
    pub(super) fn drop_subscribers(&self) {
        match self {
            Self::Durable(redis) => redis.drop_subscribers(),
            Self::Sentinel(redis) => redis.drop_subscribers(),
        }
    }

    /// Watches for the tilt mode of the Sentinels, if there are any.
    pub(super) fn tilt_watch(&self) -> Option<TiltWatch> {
        match self {
            Self::Durable(_) => None,
            Self::Sentinel(redis) => Some(redis.tilt_watch()),
        }
    }

    /// The logs of the store's processes, with names for them.
    pub(super) fn logs(&self) -> Vec<(String, PathBuf)> {
        match self {
            Self::Durable(_) => Vec::new(),
            Self::Sentinel(redis) => redis.logs(),
        }
    }

    pub(super) fn keys_without_end(&self) -> Vec<String> {
        match self {
            Self::Durable(redis) => redis.keys_without_end(),
            Self::Sentinel(redis) => redis.keys_without_end(),
        }
    }
}
