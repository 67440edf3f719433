//! Checks beyond types: ranges, and settings that must go together.

mod apps;
pub(super) mod clients;
mod identity;
mod sessions;
mod subjects;

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use humantime_serde::re::humantime::format_duration;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::{ListenAddress, Settings, SettingsError};
use crate::limits::LimitName;
use crate::store::RedisAddress;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Shortest time for which it makes sense to wait.
const MOMENT: Duration = Duration::from_millis(10);

/// The finest step in which attempts are counted across nodes.
const FINEST_INTERVAL: Duration = Duration::from_micros(1);

impl Settings {
    /// Checks ranges, forms, and settings that must go together.
    ///
    /// # Errors
    /// Returns an error that names each setting that is wrong.
    pub(crate) fn validate(&self) -> Result<(), SettingsError> {
        SettingsError::of_all([
            self.validate_numbers(),
            self.validate_durations(),
            self.validate_limits(),
            self.validate_store(),
            self.validate_listeners(),
            self.validate_identity(),
            self.validate_clients(),
            self.validate_apps(),
            self.validate_subjects(),
            check(
                is_origin(&self.server.public_url),
                "server.public_url",
                "give scheme, host and port only, such as https://login.example",
            ),
            check(
                EnvFilter::builder().parse(&self.log.filter).is_ok(),
                "log.filter",
                "give a level such as info, or target=level pairs with commas between",
            ),
        ])
    }

    /// Checks that the settings suffice for `serve`, so that people can log in, and that they are safe.
    ///
    /// # Errors
    /// Returns an error that names each missing or unsafe setting.
    pub fn validate_complete(&self) -> Result<(), SettingsError> {
        let complete = SettingsError::of_all([
            check(
                !self.clients.is_empty() || self.oidc.clients_folder.is_some(),
                "clients",
                "register at least one relying party under [[clients]], or in the files of oidc.clients_folder",
            ),
            check(
                self.identity
                    .all_sources()
                    .iter()
                    .any(|source| !source.is_empty()),
                "identity",
                "give [identity.introspection] or [identity.jwks]: the gateway must know whose token an app sends",
            ),
        ]);
        SettingsError::join(complete.err().into_iter().chain(self.refused_as_unsafe()))
    }

    fn validate_numbers(&self) -> Result<(), SettingsError> {
        SettingsError::of_all([
            check(
                (1..=1000).contains(&self.store.pool_size),
                "store.pool_size",
                "give between 1 and 1000",
            ),
            check(
                is_key_prefix(&self.store.key_prefix),
                "store.key_prefix",
                "give 1 to 64 letters, digits and :._- such as \"hall:\"",
            ),
            check(self.server.backlog > 0, "server.backlog", "give at least 1"),
            check(
                self.server.max_sockets_per_address > 0,
                "server.max_sockets_per_address",
                "give at least 1",
            ),
        ])
    }

    fn validate_durations(&self) -> Result<(), SettingsError> {
        let (server, sockets, lifetimes) = (&self.server, self.sockets, self.lifetimes);
        let ranges = [
            (
                "server.header_timeout",
                server.header_timeout,
                MOMENT..=5 * MINUTE,
            ),
            ("server.idle_timeout", server.idle_timeout, MOMENT..=HOUR),
            (
                "server.drain_delay",
                server.drain_delay,
                Duration::ZERO..=HOUR,
            ),
            (
                "server.drain_window",
                server.drain_window,
                Duration::ZERO..=HOUR,
            ),
            (
                "store.command_timeout",
                self.store.command_timeout,
                MOMENT..=MINUTE,
            ),
            (
                "sockets.ping_interval",
                sockets.ping_interval,
                MOMENT..=50 * SECOND,
            ),
            ("sockets.ping_timeout", sockets.ping_timeout, MOMENT..=HOUR),
            ("sockets.open_timeout", sockets.open_timeout, MOMENT..=HOUR),
            (
                "sockets.resync_interval",
                sockets.resync_interval,
                MOMENT..=HOUR,
            ),
            (
                "sockets.waiting_resync_interval",
                sockets.waiting_resync_interval,
                MOMENT..=HOUR,
            ),
            (
                "sockets.write_timeout",
                sockets.write_timeout,
                MOMENT..=HOUR,
            ),
            ("lifetimes.code", lifetimes.code, SECOND..=DAY),
            ("lifetimes.waiting", lifetimes.waiting, SECOND..=DAY),
            ("lifetimes.unfollowed", lifetimes.unfollowed, SECOND..=DAY),
            ("lifetimes.device", lifetimes.device, SECOND..=DAY),
            ("lifetimes.scanned", lifetimes.scanned, SECOND..=DAY),
            (
                "lifetimes.authorization_code",
                lifetimes.authorization_code,
                SECOND..=10 * MINUTE,
            ),
            (
                "lifetimes.access_token",
                lifetimes.access_token,
                SECOND..=DAY,
            ),
        ];
        let ranges = ranges.map(|(setting, value, range)| check_range(setting, value, range));
        let order = check(
            lifetimes.code <= lifetimes.waiting,
            "lifetimes.waiting",
            "give at least as long as lifetimes.code",
        );
        SettingsError::of_all(ranges.into_iter().chain([order]))
    }

    fn validate_limits(&self) -> Result<(), SettingsError> {
        SettingsError::of_all(LimitName::ALL.iter().map(|name| {
            let setting = format!("limits.{}", name.as_str());
            self.check_rate(&setting, *name)
        }))
    }

    fn check_rate(&self, setting: &str, name: LimitName) -> Result<(), SettingsError> {
        let rate = self.limits.rate(name);
        check_range(&format!("{setting}.per"), rate.per, SECOND..=DAY)?;
        check(
            rate.per / rate.burst.get() >= FINEST_INTERVAL,
            setting,
            "give at most one attempt per microsecond",
        )?;
        let needed = name.declaration().needed;
        check(
            rate.burst.get() >= needed || rate.interval() <= self.lifetimes.scanned,
            setting,
            format!(
                "a login takes {needed} attempts, and with this rate one comes to its end before the second is allowed: give a \
                 burst of at least {needed}"
            ),
        )
    }

    fn validate_listeners(&self) -> Result<(), SettingsError> {
        let (public, operations) = (&self.server.listen, &self.operations.listen);
        let is_same = match (public, operations) {
            (ListenAddress::Tcp(public), ListenAddress::Tcp(operations)) => {
                let is_same_ip = public.ip() == operations.ip()
                    || public.ip().is_unspecified()
                    || operations.ip().is_unspecified();
                public.port() != 0 && public.port() == operations.port() && is_same_ip
            }
            _ => public == operations,
        };
        let is_unix = public.socket_address().is_none();
        SettingsError::of_all([
            check(
                !(self.operations.enabled && is_same),
                "operations.listen",
                format!("{operations} is taken by server.listen: give another one"),
            ),
            check(
                !is_unix || self.proxy_protocol.from.is_empty(),
                "proxy_protocol.from",
                "goes with a TCP listener only: a proxy on a Unix socket sends X-Forwarded-For",
            ),
            check(
                !is_unix || self.tls.certificate_file.is_none(),
                "tls.certificate_file",
                "goes with a TCP listener only: let the proxy before the Unix socket end TLS",
            ),
            both_or_none(
                ("tls.certificate_file", &self.tls.certificate_file),
                ("tls.key_file", &self.tls.key_file),
            ),
            check(
                !self.ends_tls() || self.server.public_url.starts_with("https:"),
                "server.public_url",
                "give an https URL, because the node ends TLS (tls.certificate_file)",
            ),
        ])
    }

    fn validate_store(&self) -> Result<(), SettingsError> {
        let in_memory = self.store.url == "memory:";
        let redis = (!in_memory).then(|| RedisAddress::parse(&self.store.url));
        let (redis, url) = match redis.transpose() {
            Ok(redis) => (redis, Ok(())),
            Err(error) => (None, Err(invalid("store.url", error.to_string()))),
        };
        let has_tls = url.is_err() || redis.is_some_and(|redis| redis.tls());
        let of_tls = |setting, is_absent: bool| {
            check(
                has_tls || is_absent,
                setting,
                "goes with an encrypted store only: write rediss instead of redis in store.url, or leave this out",
            )
        };
        SettingsError::of_all([
            of_tls("store.ca_file", self.store.ca_file.is_none()),
            of_tls(
                "store.certificate_file",
                self.store.certificate_file.is_none(),
            ),
            both_or_none(
                ("store.certificate_file", &self.store.certificate_file),
                ("store.key_file", &self.store.key_file),
            ),
            url,
            check(
                self.store.password_file.is_none() || !in_memory && !has_password(&self.store.url),
                "store.password_file",
                "goes with the URL of a Redis that holds no password: remove the one in store.url, or leave this out",
            ),
            check(
                in_memory || !self.oidc.signing_keys.is_empty(),
                "oidc.signing_keys",
                "nodes that share a Redis must share a key: make one with `saoma generate-key FILE` and give its path in [\"…\"]",
            ),
            check(
                in_memory || !self.cluster.secret_files.is_empty(),
                "cluster.secret_files",
                "nodes that share a Redis must share a secret: make one with `saoma generate-secret FILE` and give its path \
                 in [\"…\"]",
            ),
        ])
    }
}

/// Returns true for a prefix that names no hash tag of a cluster and no pattern of an ACL.
fn is_key_prefix(prefix: &str) -> bool {
    let is_of_names = |byte: u8| byte.is_ascii_alphanumeric() || b":._-".contains(&byte);
    (1..=64).contains(&prefix.len()) && prefix.bytes().all(is_of_names)
}

/// Checks that a certificate and its key are named together.
fn both_or_none(
    certificate: (&str, &Option<PathBuf>),
    key: (&str, &Option<PathBuf>),
) -> Result<(), SettingsError> {
    let missing = match (certificate.1, key.1) {
        (Some(_), None) => Some((key.0, certificate.0)),
        (None, Some(_)) => Some((certificate.0, key.0)),
        _ => None,
    };
    missing.map_or(Ok(()), |(missing, given)| {
        Err(invalid(
            missing,
            format!("goes with {given}: give both, or none"),
        ))
    })
}

/// Returns true if the URL of a Redis holds a password.
fn has_password(url: &str) -> bool {
    let authority = url
        .split_once("://")
        .and_then(|(_, rest)| rest.split('/').next());
    let credentials = authority.and_then(|authority| authority.rsplit_once('@'));
    credentials.is_some_and(|(credentials, _)| credentials.contains(':'))
}

/// Only what a browser fetches: a `javascript:` URI would run in the page that is sent there.
fn is_page_uri(text: &str) -> bool {
    is_http_url(text) && Url::parse(text).is_ok_and(|uri| uri.fragment().is_none())
}

/// Returns true for an origin as browsers write it (RFC 6454 §6.2): lower case, no default port, nothing after the port.
fn is_origin(text: &str) -> bool {
    is_http_url(text)
        && Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text)
}

/// Returns true for an absolute URL of the web: without a user or password, which would be shown with it, and without a
/// wildcard, which would stand for itself.
fn is_http_url(text: &str) -> bool {
    let fits = |url: Url| {
        matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some_and(|host| !host.contains('*'))
            && url.username().is_empty()
            && url.password().is_none()
    };
    Url::parse(text).is_ok_and(fits)
}

fn check_range(
    setting: &str,
    value: Duration,
    range: RangeInclusive<Duration>,
) -> Result<(), SettingsError> {
    let [least, most] = [range.start(), range.end()].map(|bound| format_duration(*bound));
    let problem = if range.start().is_zero() {
        format!("give at most {most}")
    } else {
        format!("give between {least} and {most}")
    };
    check(range.contains(&value), setting, problem)
}

fn check(holds: bool, setting: &str, problem: impl Into<String>) -> Result<(), SettingsError> {
    if holds {
        Ok(())
    } else {
        Err(invalid(setting, problem))
    }
}

fn invalid(setting: &str, problem: impl Into<String>) -> SettingsError {
    SettingsError::Invalid {
        setting: setting.to_owned(),
        problem: problem.into(),
    }
}

#[cfg(test)]
mod tests;
