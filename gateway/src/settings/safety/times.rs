//! Times that are shorter than people and networks need, or longer than what they serve.

use std::time::Duration;

use humantime_serde::re::humantime::format_duration;

use super::{Findings, HOUR, MINUTE};
use crate::settings::{Lifetimes, Settings, Sockets};

const SECOND: Duration = Duration::from_secs(1);

/// A setting, its time, the bound of what is usual, and the harm beyond it.
type Bound = (&'static str, Duration, Duration, &'static str);

/// The time that a slow network takes is beyond the control of both ends.
const SLOW: &str = "a slow network needs longer";

impl Settings {
    /// Warns about unusual times. On one machine, as in a trial, they do no harm.
    pub(super) fn find_in_times(&self, findings: &mut Findings) {
        if !self.is_remote() {
            return;
        }
        for (setting, time, least, harm) in self.shortest_times() {
            findings.warn_if(
                time < least,
                setting,
                format!(
                    "{}: {harm}; give at least {}",
                    format_duration(time),
                    format_duration(least)
                ),
            );
        }
        for (setting, time, most, harm) in self.longest_times() {
            findings.warn_if(
                time > most,
                setting,
                format!(
                    "{}: {harm}; give at most {}",
                    format_duration(time),
                    format_duration(most)
                ),
            );
        }
    }

    fn shortest_times(&self) -> Vec<Bound> {
        let Lifetimes {
            code,
            unfollowed,
            device,
            scanned,
            authorization_code,
            ..
        } = self.lifetimes;
        let Sockets {
            ping_interval,
            ping_timeout,
            open_timeout,
            write_timeout,
            ..
        } = self.sockets;
        let header_timeout = self.server.header_timeout;
        let command_timeout = self.store.command_timeout;
        let people = "people need longer to take out their phone";
        let readers = "people need longer to read and confirm";
        let portals = "a portal needs longer to redeem";
        let stores = "a busy store needs longer";
        let pings = "pings would be most of the traffic";
        let mut bounds = vec![
            ("lifetimes.code", code, 20 * SECOND, people),
            ("lifetimes.device", device, 60 * SECOND, people),
            ("lifetimes.scanned", scanned, 10 * SECOND, readers),
            ("lifetimes.unfollowed", unfollowed, 3 * SECOND, SLOW),
            (
                "lifetimes.authorization_code",
                authorization_code,
                5 * SECOND,
                portals,
            ),
            ("server.header_timeout", header_timeout, SECOND, SLOW),
            ("sockets.ping_interval", ping_interval, SECOND, pings),
            ("sockets.ping_timeout", ping_timeout, SECOND, SLOW),
            ("sockets.open_timeout", open_timeout, SECOND, SLOW),
            ("sockets.write_timeout", write_timeout, SECOND, SLOW),
            (
                "store.command_timeout",
                command_timeout,
                SECOND / 20,
                stores,
            ),
        ];
        if let Some(introspection) = &self.identity.introspection {
            let setting = "identity.introspection.timeout";
            bounds.push((setting, introspection.timeout, SECOND / 5, SLOW));
        }
        if let Some(standing) = &self.identity.standing {
            let setting = "identity.standing.timeout";
            bounds.push((setting, standing.timeout, SECOND / 5, SLOW));
        }
        bounds
    }

    fn longest_times(&self) -> Vec<Bound> {
        let Lifetimes {
            waiting,
            unfollowed,
            scanned,
            ..
        } = self.lifetimes;
        let Sockets {
            ping_timeout,
            open_timeout,
            resync_interval,
            waiting_resync_interval,
            write_timeout,
            ..
        } = self.sockets;
        let ended = "a login has ended before";
        let phones = "phones and browsers give up before";
        let idle = "connections that are gone or idle take up room for as long";
        let drain_window = self.server.drain_window;
        let deployments = "a deployment takes as long for each node";
        let command_timeout = self.store.command_timeout;
        let mut bounds = vec![
            ("lifetimes.unfollowed", unfollowed, waiting, ended),
            ("sockets.resync_interval", resync_interval, scanned, ended),
            (
                "sockets.waiting_resync_interval",
                waiting_resync_interval,
                waiting,
                ended,
            ),
            ("sockets.open_timeout", open_timeout, MINUTE, idle),
            ("sockets.write_timeout", write_timeout, MINUTE, idle),
            ("sockets.ping_timeout", ping_timeout, MINUTE, idle),
            (
                "store.command_timeout",
                command_timeout,
                10 * SECOND,
                phones,
            ),
            ("server.drain_window", drain_window, HOUR / 2, deployments),
        ];
        if let Some(introspection) = &self.identity.introspection {
            let setting = "identity.introspection.timeout";
            bounds.push((setting, introspection.timeout, 20 * SECOND, phones));
        }
        bounds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(toml: &str) -> Vec<String> {
        let settings = format!("server.public_url = 'https://login.example'\n{toml}");
        let settings = Settings::from_toml(&settings).expect(toml);
        let mut findings = Findings::default();
        settings.find_in_times(&mut findings);
        assert!(findings.refused.is_empty());
        let warned = findings.warned.into_iter();
        warned.map(|found| found.setting).collect()
    }

    /// Row A13.
    #[test]
    fn a13_times_that_are_too_short_or_longer_than_what_they_serve_are_warned_about() {
        for (toml, named) in [
            ("lifetimes.code = '5s'", "lifetimes.code"),
            (
                "lifetimes.scanned = '5s'\nsockets.resync_interval = '5s'",
                "lifetimes.scanned",
            ),
            (
                "lifetimes.authorization_code = '1s'",
                "lifetimes.authorization_code",
            ),
            ("lifetimes.device = '30s'", "lifetimes.device"),
            ("lifetimes.unfollowed = '20m'", "lifetimes.unfollowed"),
            ("sockets.resync_interval = '10m'", "sockets.resync_interval"),
            (
                "sockets.waiting_resync_interval = '1h'",
                "sockets.waiting_resync_interval",
            ),
            ("sockets.ping_timeout = '10ms'", "sockets.ping_timeout"),
            ("server.header_timeout = '10ms'", "server.header_timeout"),
            ("store.command_timeout = '10ms'", "store.command_timeout"),
            ("store.command_timeout = '1m'", "store.command_timeout"),
        ] {
            assert_eq!(warned(toml), [named], "{toml}");
        }
    }
}
