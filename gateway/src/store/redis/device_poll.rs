//! Polls of devices in Redis.

use saoma_protocol::{EventKind, LoginId};

use super::RedisStore;
use super::answers::corrupt;
use super::arguments::{millis, states};
use super::fence::Proof;
use crate::store::device_poll::{DENIED, LEEWAY, PENDING};
use crate::store::{DevicePoll, Polled, SLOW_DOWN_STEP, StoreError};

impl RedisStore {
    pub(super) async fn run_poll_device(
        &self,
        id: LoginId,
        poll: &DevicePoll<'_>,
    ) -> Result<Polled, StoreError> {
        let redeem = EventKind::Redeem.guard();
        let key = self.keys.login(id);
        let call = self
            .scripts
            .poll_device
            .on(&*key)
            .arg(poll.code.to_string())
            .arg(poll.client_id)
            .arg(states(PENDING))
            .arg(states(DENIED))
            .arg(states(redeem.from))
            .arg(redeem.to.as_str())
            .arg(millis(LEEWAY))
            .arg(millis(SLOW_DOWN_STEP));
        let proof = |answer: &Vec<String>| {
            Ok(match answer.first().map(String::as_str) {
                // A pace that a failover forgets costs a poll, and a decision is redeemed by a step of its own.
                Some("pending" | "too_soon" | "confirmed") => None,
                // A login that is unknown or undecided here may be known to the master that took this one's place.
                _ => Some(Proof::of_server(&key)),
            })
        };
        let answer = self.run_kept(&call, proof).await?;
        let answer: Vec<&str> = answer.iter().map(String::as_str).collect();
        Ok(match answer[..] {
            ["pending"] => Polled::Pending,
            ["too_soon"] => Polled::TooSoon,
            ["denied"] => Polled::Denied,
            ["expired"] => Polled::Expired,
            ["foreign"] => Polled::Foreign,
            ["confirmed", code] => {
                let code = code.parse();
                Polled::Confirmed(code.map_err(|_| corrupt("a code that is no digest"))?)
            }
            _ => return Err(corrupt("an unknown answer to a poll")),
        })
    }
}
