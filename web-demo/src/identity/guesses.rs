//! Guesses at the introspection endpoint, counted in this process by the gateway's own limiter: a flood of addresses takes a
//! bounded room, and writes nothing.

use std::net::IpAddr;
use std::time::Duration;

use saoma_gateway::limits::{LimitName, Limits, LocalLimiter, ProvedPlaces, Rate, Verdict};

use crate::accounts::attempts::{Wait, address_key, networks};

/// Unknown tokens that a proved caller may ask about, from one address. A gateway lets each phone's address guess 30 times a
/// minute (`limits.refused_token_per_address`), so that twenty guessing phones fit.
const UNKNOWN_TOKENS_A_MINUTE: u32 = 600;

/// The limits on guesses (row A8). Each holds for an address, and with a larger allowance for the IPv6 networks around it.
#[derive(Debug)]
pub(super) struct Guesses {
    limiter: LocalLimiter,
    /// Addresses from which the gateway has proved itself.
    proved: ProvedPlaces,
    /// Wrong secrets: as many as the gateway compares of a client.
    secrets: Rate,
    tokens: Rate,
}

impl Guesses {
    /// Starts counting. It needs a tokio runtime.
    pub(super) fn start() -> Self {
        Self {
            limiter: LocalLimiter::start(),
            proved: ProvedPlaces::default(),
            secrets: Limits::default().rate(LimitName::FailedClientProof),
            tokens: Rate::new(UNKNOWN_TOKENS_A_MINUTE, Duration::from_secs(60)),
        }
    }

    /// Checks that an address has a guess at the secret left, without counting one. An address from which the gateway has
    /// proved itself lately is counted by itself, so that strangers around it do not keep the gateway out.
    ///
    /// # Errors
    /// Returns the time to wait if it has none.
    pub(super) fn check_secrets(&self, address: IpAddr) -> Result<(), Wait> {
        for (key, rate) in self.of_secrets(address) {
            let limit = LimitName::FailedClientProof;
            passed(self.limiter.verdict(limit, rate, &key))?;
        }
        Ok(())
    }

    /// Counts a wrong secret.
    pub(super) fn count_wrong_secret(&self, address: IpAddr) {
        for (key, rate) in self.of_secrets(address) {
            let limit = LimitName::FailedClientProof;
            self.limiter.take(limit, rate, &key);
        }
    }

    /// Remembers that the gateway has proved itself from this address.
    pub(super) fn remember_proof(&self, address: IpAddr) {
        self.proved.remember(&address_key(address));
    }

    fn of_secrets(&self, address: IpAddr) -> Vec<(String, Rate)> {
        let place = address_key(address);
        if self.proved.contains(&place) {
            let rate = self.secrets.times(ProvedPlaces::SHARE);
            return vec![(format!("proved {place}"), rate)];
        }
        let networks = networks(address).into_iter();
        networks
            .map(|(network, share)| (network, self.secrets.times(share)))
            .collect()
    }

    /// Counts an unknown token. Tokens that are known are answered all the same.
    ///
    /// # Errors
    /// Returns the time to wait if there were too many.
    pub(super) fn count_unknown_token(&self, address: IpAddr) -> Result<(), Wait> {
        for (network, share) in networks(address) {
            let rate = self.tokens.times(share);
            let limit = LimitName::UnknownTokenPerAddress;
            passed(self.limiter.take(limit, rate, &network))?;
        }
        Ok(())
    }
}

fn passed(verdict: Verdict) -> Result<(), Wait> {
    match verdict {
        Verdict::Allowed => Ok(()),
        Verdict::Limited { retry_after } => {
            let seconds = retry_after.as_secs().saturating_add(1);
            Err(Wait(u32::try_from(seconds).unwrap_or(u32::MAX)))
        }
    }
}
