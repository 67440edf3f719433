//! Limits that this process counts before anything shared is asked.

use std::time::Duration;

use super::Logins;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::limits::{LimitName, Meter, ProvedPlaces, Rate, Verdict};
use crate::store::Counted;

impl Logins {
    /// Counts an attempt of an address in this process: against the limits of its /48, its /56 and itself. Where the three
    /// are one limit, larger networks have larger shares of it.
    ///
    /// # Errors
    /// Returns an error if the attempt is over one of the limits. It counts against none of them then.
    pub(super) fn count_networks_here(
        &self,
        limits: &[LimitName; 3],
        address: &ClientAddress,
    ) -> Result<(), ApiError> {
        let attempts = self.of_networks(limits, address, "");
        self.let_through(match self.limiter.take_all(&attempts) {
            Ok(()) => Counted::Done(()),
            Err((limit, retry_after)) => Counted::Limited { limit, retry_after },
        })
    }

    /// Returns an error if a failure of this address would be over the limit, for itself or a network around it, without
    /// counting one.
    ///
    /// # Errors
    /// Returns the time to wait.
    pub(super) fn check_failures_here(
        &self,
        limit: LimitName,
        address: &ClientAddress,
    ) -> Result<(), Duration> {
        self.check_all_here(self.of_networks(&[limit; 3], address, ""))
    }

    /// Counts a failure of this address, for [`Self::check_failures_here`].
    pub(super) fn failed_here(&self, limit: LimitName, address: &ClientAddress) {
        for (limit, rate, key) in self.of_networks(&[limit; 3], address, "") {
            self.limiter.take(limit, rate, &key);
        }
    }

    /// Returns an error if another wrong secret of this client from this address would be over the limit, without counting
    /// one. An address that has proved the client lately is counted by itself, the networks around it are not asked.
    ///
    /// # Errors
    /// Returns the time to wait.
    pub(crate) fn check_proof_here(
        &self,
        address: &ClientAddress,
        client_id: &str,
    ) -> Result<(), Duration> {
        self.check_all_here(self.of_proofs(address, client_id))
    }

    /// Counts a wrong secret, for [`Self::check_proof_here`].
    pub(crate) fn failed_proof_here(&self, address: &ClientAddress, client_id: &str) {
        for (limit, rate, key) in self.of_proofs(address, client_id) {
            self.limiter.take(limit, rate, &key);
        }
    }

    /// Remembers that a client has proved its secret from this address.
    pub(crate) fn proved_here(&self, address: &ClientAddress, client_id: &str) {
        self.proved_places
            .remember(&place_of(&address.limit_key(), client_id));
    }

    fn check_all_here(&self, limits: Vec<(LimitName, Rate, String)>) -> Result<(), Duration> {
        for (limit, rate, key) in limits {
            let verdict = self.limiter.verdict(limit, rate, &key);
            self.allowed_here(limit, verdict)?;
        }
        Ok(())
    }

    fn of_proofs(
        &self,
        address: &ClientAddress,
        client_id: &str,
    ) -> Vec<(LimitName, Rate, String)> {
        let limit = LimitName::FailedClientProof;
        let place = place_of(&address.limit_key(), client_id);
        if self.proved_places.contains(&place) {
            let rate = self.rate(limit).times(ProvedPlaces::SHARE);
            return vec![(limit, rate, format!("proved {place}"))];
        }
        self.of_networks(&[limit; 3], address, client_id)
    }

    /// Returns the limits of an address and of the networks around it, largest first: with their rates and keys. `subject`
    /// tells apart what is counted by itself, such as a client.
    fn of_networks(
        &self,
        limits: &[LimitName; 3],
        address: &ClientAddress,
        subject: &str,
    ) -> Vec<(LimitName, Rate, String)> {
        let shared = limits.iter().all(|limit| *limit == limits[0]);
        let networks = address.networks().map(|network| {
            let share = network.share();
            let limit = match share {
                16 => limits[0],
                4 => limits[1],
                _ => limits[2],
            };
            let rate = self.rate(limit);
            let rate = if shared { rate.times(share) } else { rate };
            (limit, rate, place_of(&network.key(), subject))
        });
        networks.collect()
    }

    /// Counts a new socket or event stream of an address.
    ///
    /// # Errors
    /// Returns an error if the address or a network around it starts too many.
    pub(crate) fn count_connect(&self, address: &ClientAddress) -> Result<(), ApiError> {
        let limits = [
            LimitName::SocketPerNetwork48,
            LimitName::SocketPerNetwork56,
            LimitName::SocketPerAddress,
        ];
        self.count_networks_here(&limits, address)
    }

    /// Counts a message of a socket.
    ///
    /// # Errors
    /// Returns an error if messages come too fast.
    pub(crate) fn count_message(&self, meter: &mut Meter) -> Result<(), ApiError> {
        let limit = LimitName::MessagePerSocket;
        self.let_through(match meter.take(self.meter_clock.now(), self.rate(limit)) {
            Verdict::Allowed => Counted::Done(()),
            Verdict::Limited { retry_after } => Counted::Limited { limit, retry_after },
        })
    }

    /// Counts a frame of a socket. Returns false if frames come too fast.
    pub(crate) fn count_frame(&self, meter: &mut Meter) -> bool {
        let limit = LimitName::FramePerSocket;
        let verdict = meter.take(self.meter_clock.now(), self.rate(limit));
        self.allowed_here(limit, verdict).is_ok()
    }
}

/// Returns the key of a network, or of a subject within it.
fn place_of(network: &str, subject: &str) -> String {
    if subject.is_empty() {
        network.to_owned()
    } else {
        format!("{network} {subject}")
    }
}
