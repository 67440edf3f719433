//! Limits with which people are refused for nothing, or that bound nothing.

use humantime_serde::re::humantime::format_duration;

use super::Findings;
use crate::limits::{Bounded, LimitName, Limits, Rate};
use crate::settings::Settings;

/// Factor below its default from which a limit refuses people who do nothing unusual.
const LOW: f64 = 20.0;

/// Factors above its default from which a limit is as good as off.
const HIGH: (f64, f64) = (1000.0, 10.0);

/// Limits of networks, each with that of the smaller network in it.
const NETWORKS: [(LimitName, LimitName); 4] = [
    (LimitName::OpenPerNetwork56, LimitName::OpenPerAddress),
    (LimitName::OpenPerNetwork48, LimitName::OpenPerNetwork56),
    (LimitName::SocketPerNetwork56, LimitName::SocketPerAddress),
    (LimitName::SocketPerNetwork48, LimitName::SocketPerNetwork56),
];

impl Settings {
    /// Warns about limits far from their defaults. On one machine, as in a trial or a load test, they do no harm.
    pub(super) fn find_in_limits(&self, findings: &mut Findings) {
        if !self.is_remote() {
            return;
        }
        let defaults = Limits::default();
        for name in LimitName::ALL {
            let (rate, default) = (self.limits.rate(*name), defaults.rate(*name));
            let setting = format!("limits.{}", name.as_str());
            let bounds = name.declaration().bounds;
            let high = match bounds {
                Bounded::Load => HIGH.0,
                Bounded::Guesses => HIGH.1,
            };
            let harm = match bounds {
                Bounded::Load => "a flood is hardly bounded",
                Bounded::Guesses => "guesses are hardly bounded",
            };
            findings.warn_if(
                attempts_ratio(rate, default) > high,
                &setting,
                format!(
                    "{}: with more than {high} times the default, {}, {harm}: give less",
                    shown(rate),
                    shown(default)
                ),
            );
            findings.warn_if(
                attempts_ratio(rate, default) < 1.0 / LOW,
                &setting,
                format!(
                    "{}: with less than a {LOW}th of the default, {}, people are refused who do nothing unusual: give more",
                    shown(rate),
                    shown(default)
                ),
            );
        }
        for (outer, inner) in NETWORKS {
            findings.warn_if(
                self.limits.rate(outer).burst < self.limits.rate(inner).burst,
                &format!("limits.{}", outer.as_str()),
                format!(
                    "a network may do less than each of its parts: give at least the burst of {}",
                    inner.as_str()
                ),
            );
        }
        let server = &self.server;
        findings.warn_if(
            (1..100).contains(&server.max_sockets),
            "server.max_sockets",
            format!(
                "{} browsers are few for a node: give 0 for as many as the limit on open files allows",
                server.max_sockets
            ),
        );
        findings.warn_if(
            server.max_sockets_per_address < 10,
            "server.max_sockets_per_address",
            format!(
                "{}: the people of a household or an office share an address: give at least 10",
                server.max_sockets_per_address
            ),
        );
        findings.warn_if(
            server.max_new_sockets_per_second.get() < 10,
            "server.max_new_sockets_per_second",
            format!(
                "{}: after the end of a node its browsers come back at once and would wait for minutes: give at least 10",
                server.max_new_sockets_per_second
            ),
        );
    }
}

/// Returns the attempts of a rate, at once and over time, as a multiple of another's: the one that is farther from 1.
fn attempts_ratio(rate: Rate, other: Rate) -> f64 {
    let burst = f64::from(rate.burst.get()) / f64::from(other.burst.get());
    let pace = other.interval().as_secs_f64() / rate.interval().as_secs_f64();
    if burst.ln().abs() > pace.ln().abs() {
        burst
    } else {
        pace
    }
}

fn shown(rate: Rate) -> String {
    format!("{} in {}", rate.burst, format_duration(rate.per))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(toml: &str) -> Vec<String> {
        let settings = format!("server.public_url = 'https://login.example'\n{toml}");
        let settings = Settings::from_toml(&settings).expect(toml);
        let mut findings = Findings::default();
        settings.find_in_limits(&mut findings);
        assert!(findings.refused.is_empty());
        findings
            .warned
            .into_iter()
            .map(|found| found.setting)
            .collect()
    }

    /// Row A13: a limit that bounds nothing, and one that lets hardly anyone in, do not start silently.
    #[test]
    fn a13_limits_far_from_their_defaults_are_warned_about() {
        assert_eq!(warned(""), [""; 0]);
        for (toml, named) in [
            (
                "limits.open_per_address = { burst = 1000000, per = '1s' }\n\
                 limits.open_per_network_56 = { burst = 1000000, per = '1m' }\n\
                 limits.open_per_network_48 = { burst = 1000000, per = '1m' }",
                &["limits.open_per_address", "limits.open_per_network_56"][..],
            ),
            (
                "limits.typed_code_per_person = { burst = 60, per = '15m' }",
                &["limits.typed_code_per_person"],
            ),
            (
                "limits.failed_client_proof = { burst = 10, per = '1s' }",
                &["limits.failed_client_proof"],
            ),
            (
                "limits.scan_per_person = { burst = 1, per = '1d' }",
                &["limits.scan_per_person"],
            ),
            (
                "limits.open_per_network_48 = { burst = 200, per = '1m' }",
                &["limits.open_per_network_48"],
            ),
            ("server.max_sockets = 1", &["server.max_sockets"]),
            (
                "server.max_sockets_per_address = 1",
                &["server.max_sockets_per_address"],
            ),
            (
                "server.max_new_sockets_per_second = 1",
                &["server.max_new_sockets_per_second"],
            ),
        ] {
            assert_eq!(warned(toml), named, "{toml}");
        }
        // Ten times as many are a large deployment, and a third is a careful one.
        for toml in [
            "limits.open_per_address = { burst = 1200, per = '1m' }\n\
             limits.open_per_network_56 = { burst = 4800, per = '1m' }\n\
             limits.open_per_network_48 = { burst = 19200, per = '1m' }",
            "limits.scan_per_person = { burst = 7, per = '1m' }",
        ] {
            assert_eq!(warned(toml), [""; 0], "{toml}");
        }
        let here = Settings::from_toml("limits.scan_per_person = { burst = 1, per = '1d' }");
        let mut findings = Findings::default();
        here.expect("a trial").find_in_limits(&mut findings);
        assert!(findings.warned.is_empty(), "trials are exempt");
    }

    /// Row A13.
    #[test]
    fn a13_a_limit_below_the_attempts_of_one_login_is_refused() {
        for name in [
            "poll_per_login",
            "confirm_per_person",
            "message_per_socket",
            "token_per_login",
        ] {
            let toml = |per| format!("limits.{name} = {{ burst = 1, per = '{per}' }}");
            let refused = Settings::from_toml(&toml("1h"))
                .expect_err(name)
                .to_string();
            assert!(
                refused.starts_with(&format!("limits.{name}: ")),
                "{refused}"
            );
            assert!(refused.contains("give a burst of at least 2"), "{refused}");
            Settings::from_toml(&toml("2s")).expect("the second comes in time");
        }
    }
}
