//! Settings that work and are unsafe: refused at the start and by `check-config`, or warned about.
//!
//! A setting that is right in some deployments is only warned about: if all used the way round, it would protect none.

mod apps;
mod files;
mod identity;
mod limits;
mod secrets;
#[cfg(test)]
mod tests;
mod times;

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use url::Url;

pub use self::secrets::weakness;
use super::{ClientSettings, Secret, Settings, SettingsError};
use crate::client_address::canonical_network;
use crate::host_scope::HostScope;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// The setting that turns refusals into warnings.
const ALLOW_INSECURE: &str = "server.allow_insecure";

/// A setting that is unsafe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafetyWarning {
    /// The path of the setting.
    pub setting: String,
    /// The problem, with advice.
    pub problem: String,
}

/// All unsafe settings.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Those with which a node does not start, unless it is told to.
    refused: Vec<SafetyWarning>,
    warned: Vec<SafetyWarning>,
}

impl Findings {
    fn refuse_if(&mut self, is_unsafe: bool, setting: &str, problem: impl Into<String>) {
        if is_unsafe {
            self.refused.push(SafetyWarning::new(setting, problem));
        }
    }

    fn warn_if(&mut self, is_unsafe: bool, setting: &str, problem: impl Into<String>) {
        if is_unsafe {
            self.warned.push(SafetyWarning::new(setting, problem));
        }
    }
}

impl SafetyWarning {
    pub(super) fn new(setting: &str, problem: impl Into<String>) -> Self {
        Self {
            setting: setting.to_owned(),
            problem: problem.into(),
        }
    }
}

impl Settings {
    /// Returns the unsafe settings with which a node does not start, each as an error.
    pub(super) fn refused_as_unsafe(&self) -> Vec<SettingsError> {
        if self.server.allow_insecure {
            return Vec::new();
        }
        let refused = self.findings().refused.into_iter();
        refused
            .map(|SafetyWarning { setting, problem }| SettingsError::Invalid { setting, problem })
            .collect()
    }

    /// Returns the unsafe settings with which a node starts, for the operator to read.
    pub fn safety_warnings(&self) -> Vec<SafetyWarning> {
        let Findings { refused, warned } = self.findings();
        let mut warnings = Vec::new();
        if self.server.allow_insecure {
            let problem = "unsafe settings are let through: not for a gateway that people use";
            warnings.push(SafetyWarning::new(ALLOW_INSECURE, problem));
            warnings.extend(refused);
        }
        warnings.extend(warned);
        warnings
    }

    /// Returns true if other machines reach the gateway. On one machine, as in a trial, weak secrets do no harm.
    pub(super) fn is_remote(&self) -> bool {
        HostScope::of_url(&self.server.public_url) != HostScope::Loopback
    }

    fn findings(&self) -> Findings {
        let mut findings = Findings::default();
        self.find_in_server(&mut findings);
        self.find_in_operations(&mut findings);
        self.find_in_store(&mut findings);
        self.find_in_lifetimes(&mut findings);
        self.find_in_log(&mut findings);
        self.find_in_limits(&mut findings);
        self.find_in_times(&mut findings);
        self.find_in_identity(&mut findings);
        self.find_in_secrets(&mut findings);
        self.find_in_files(&mut findings);
        self.find_in_apps(&mut findings);
        for client in &self.clients {
            find_in_client(client, &mut findings);
        }
        findings
    }

    fn find_in_server(&self, findings: &mut Findings) {
        let server = &self.server;
        findings.refuse_if(
            is_foreign_http(&server.public_url),
            "server.public_url",
            format!(
                "{} is not encrypted, so that everyone on the way can log in as others: give an https URL, and put a proxy that \
                 ends TLS in front or give the node a certificate (tls.certificate_file)",
                server.public_url
            ),
        );
        // The permissions of a Unix socket say which proxy is in front.
        let is_tcp = server.listen.socket_address().is_some();
        let behind_a_proxy = server.public_url.starts_with("https:") && !self.ends_tls() && is_tcp;
        findings.refuse_if(
            behind_a_proxy && self.is_remote() && server.trusted_proxies.is_none(),
            "server.trusted_proxies",
            "an https URL needs a proxy in front that ends TLS, or tls.certificate_file: list the addresses from which it connects, such as \
             [\"192.0.2.10\"], so that limits and phones see the browser's address and not the proxy's; or write [] if the proxy \
             keeps the browser's address itself",
        );
        for network in server.trusted_proxies.iter().flatten() {
            findings.refuse_if(
                is_over_wide(network),
                "server.trusted_proxies",
                format!(
                    "{network} holds addresses of strangers, who could then choose the address that limits count and phones show: \
                     list the proxies' own addresses"
                ),
            );
        }
        for network in &self.proxy_protocol.from {
            findings.refuse_if(
                is_over_wide(network),
                "proxy_protocol.from",
                format!(
                    "{network} holds addresses of strangers, who could then choose the address that limits count and phones show: \
                     list the balancers' own addresses"
                ),
            );
        }
        let is_for_all = server.socket_mode.is_for_all();
        findings.warn_if(
            is_for_all && server.listen.socket_address().is_none(),
            "server.socket_mode",
            "every user of this machine can connect, and choose the address that limits count and phones show: give 0660 and \
             the proxy's group as server.socket_group",
        );
        findings.warn_if(
            self.is_remote() && !self.ends_tls() && server.listen.ip().is_some_and(is_public_ip),
            "server.listen",
            format!(
                "{} is a public address, and the node speaks plain HTTP there: listen on an address that only the proxy reaches",
                server.listen
            ),
        );
    }

    /// Returns true if the node itself ends TLS, so that no proxy need be in front.
    pub(super) const fn ends_tls(&self) -> bool {
        self.tls.certificate_file.is_some()
    }

    fn find_in_operations(&self, findings: &mut Findings) {
        let operations = &self.operations;
        let setting = "operations.listen";
        if !operations.enabled {
            return;
        }
        findings.refuse_if(
            operations.listen.ip().is_some_and(is_public_ip),
            setting,
            format!(
                "{} is a public address, where anyone can read the metrics: give a loopback or private address",
                operations.listen
            ),
        );
        // Refusing it would refuse every container: there the network decides who reaches it.
        findings.warn_if(
            self.is_remote() && operations.listen.ip().is_some_and(|ip| ip.is_unspecified()),
            setting,
            format!(
                "{} takes connections on every network of this machine: make sure that only operators reach it",
                operations.listen
            ),
        );
    }

    fn find_in_log(&self, findings: &mut Findings) {
        let filter = EnvFilter::builder().parse(&self.log.filter).ok();
        let level = filter.and_then(|filter| filter.max_level_hint());
        findings.warn_if(
            level.is_some_and(|level| level < LevelFilter::WARN),
            "log.filter",
            format!(
                "{:?} hides warnings, such as those about unsafe settings: give warn or info",
                self.log.filter
            ),
        );
    }

    fn find_in_store(&self, findings: &mut Findings) {
        let Some((scheme, rest)) = self.store.url.split_once("://") else {
            return;
        };
        // The permissions of a Unix socket say who reaches it.
        if matches!(scheme, "redis+unix" | "unix") {
            return;
        }
        let authority = rest.split('/').next().unwrap_or_default();
        let (credentials, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let in_file = self.store.password_file.as_ref();
        let in_file = in_file.and_then(|path| Secret::read(path).ok());
        let password = credentials
            .split_once(':')
            .map(|(_, password)| password)
            .or(in_file.as_ref().map(Secret::expose))
            .unwrap_or_default();
        let has_password = !password.is_empty() || self.store.password_file.is_some();
        let weakness = (!password.is_empty())
            .then(|| weakness(password, ""))
            .flatten();
        for host in hosts.split(',').map(without_port) {
            let is_public_ip = host
                .trim_matches(['[', ']'])
                .parse()
                .is_ok_and(is_public_ip);
            let scope = HostScope::of_host(host);
            let no_password = format!(
                "the Redis at {host} has no password, and with it everyone who reaches it can log in as others: write \
                 redis://user:password@host"
            );
            let no_tls =
                format!("connections to {host} are not encrypted: write rediss in place of redis");
            // A name may lead to a private address, which only its DNS tells.
            findings.refuse_if(is_public_ip && !has_password, "store.url", &*no_password);
            findings.warn_if(
                !is_public_ip && scope != HostScope::Loopback && !has_password,
                "store.url",
                no_password,
            );
            if let Some(weakness) = &weakness {
                let weak = format!("the password of the Redis at {host} {weakness}");
                findings.refuse_if(is_public_ip, "store.url", &*weak);
                findings.warn_if(
                    !is_public_ip && scope != HostScope::Loopback,
                    "store.url",
                    weak,
                );
            }
            let is_clear = !scheme.starts_with("rediss");
            findings.refuse_if(is_public_ip && is_clear, "store.url", &*no_tls);
            findings.warn_if(
                !is_public_ip && scope == HostScope::Public && is_clear,
                "store.url",
                no_tls,
            );
        }
    }

    fn find_in_lifetimes(&self, findings: &mut Findings) {
        let lifetimes = &self.lifetimes;
        for (setting, lifetime, longest, harm) in [
            (
                "lifetimes.code",
                lifetimes.code,
                5 * MINUTE,
                "a photographed code can be shown elsewhere as long",
            ),
            (
                "lifetimes.waiting",
                lifetimes.waiting,
                HOUR,
                "a page that everyone has left goes on showing codes as long",
            ),
            (
                "lifetimes.scanned",
                lifetimes.scanned,
                10 * MINUTE,
                "a phone that lies about can confirm as long",
            ),
            (
                "lifetimes.access_token",
                lifetimes.access_token,
                HOUR,
                "a stolen token works as long",
            ),
        ] {
            findings.warn_if(
                lifetime > longest,
                setting,
                format!(
                    "{}: {harm}; at most {} is usual",
                    humantime_serde::re::humantime::format_duration(lifetime),
                    humantime_serde::re::humantime::format_duration(longest)
                ),
            );
        }
    }
}

fn find_in_client(client: &ClientSettings, findings: &mut Findings) {
    let id = &client.client_id;
    for uri in &client.redirect_uris {
        findings.refuse_if(
            is_foreign_http(uri),
            "clients.redirect_uris",
            format!("{uri:?} of {id:?} is not encrypted, so that its codes can be read on the way: give an https URL"),
        );
    }
    for uri in &client.post_logout_redirect_uris {
        findings.refuse_if(
            is_foreign_http(uri),
            "clients.post_logout_redirect_uris",
            format!("{uri:?} of {id:?} is not encrypted, so that another page can take its place on the way: give an https URL"),
        );
    }
    for origin in &client.origins {
        findings.refuse_if(
            is_foreign_http(origin),
            "clients.origins",
            format!("{origin:?} of {id:?} is not encrypted, so that its code can be replaced on the way: give an https origin"),
        );
    }
    // Several sites of one party are common; a forgotten trial site is common too.
    let origins = |uri: &String| Url::parse(uri).map(|uri| uri.origin().ascii_serialization());
    let sites = client
        .redirect_uris
        .iter()
        .filter(|uri| uri.starts_with("http") && !client.native);
    let mut origins: Vec<String> = sites.flat_map(origins).collect();
    origins.sort();
    origins.dedup();
    findings.warn_if(
        origins.len() > 1,
        "clients.redirect_uris",
        format!(
            "those of {id:?} are on several origins ({}): a fault of any of them gives away codes for all; register a client for each",
            origins.join(", ")
        ),
    );
}

/// Returns true for a URL without TLS to another machine.
pub fn is_foreign_http(url: &str) -> bool {
    url.starts_with("http:") && HostScope::of_url(url) != HostScope::Loopback
}

fn is_public_ip(ip: IpAddr) -> bool {
    HostScope::of_ip(ip) == HostScope::Public
}

/// Returns true for a network that no one party holds. The widest of the large delivery networks are /12 and /29;
/// private networks may be as wide as they are.
pub fn is_over_wide(network: &IpNet) -> bool {
    let network = &canonical_network(*network);
    let (widest, widest_private) = match network {
        IpNet::V4(_) => (12, 8),
        IpNet::V6(_) => (28, 7),
    };
    let is_private = [network.network(), network.broadcast()]
        .iter()
        .all(|ip| HostScope::of_ip(*ip) != HostScope::Public);
    network.prefix_len() < if is_private { widest_private } else { widest }
}

/// Takes the port off a host.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if !port.ends_with(']') && (!name.contains(':') || name.ends_with(']')) =>
        {
            name
        }
        _ => host,
    }
}
