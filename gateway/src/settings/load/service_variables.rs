//! Variables that Kubernetes sets in each container for the services of its namespace.
//!
//! A service named `saoma` or `saoma-redis` gives variables that begin as settings do: `SAOMA_PORT=tcp://10.0.0.7:8080`,
//! `SAOMA_SERVICE_HOST=10.0.0.7`, `SAOMA_REDIS_PORT_6379_TCP_ADDR=10.0.0.8`. The operator has not written them.

use std::net::{IpAddr, SocketAddr};

/// Transport protocols of services, as they stand in values.
const PROTOCOLS: [&str; 3] = ["tcp", "udp", "sctp"];

/// Returns true if the variable has the name and the value of one that Kubernetes sets for a service.
pub(super) fn is_of_a_service(name: &str, value: &str) -> bool {
    let mut ways = name.match_indices('_').map(|(at, _)| &name[at..]);
    ways.any(|suffix| is_suffix(suffix, value))
}

/// Returns true if this is what Kubernetes puts behind the name of a service, with such a value.
fn is_suffix(suffix: &str, value: &str) -> bool {
    let is_port = |text: &str| text.parse::<u16>().is_ok();
    if suffix == "_SERVICE_HOST" {
        return value.parse::<IpAddr>().is_ok();
    }
    // A port of a service may have a name.
    if let Some(port_name) = suffix.strip_prefix("_SERVICE_PORT") {
        return is_port(value) && (port_name.is_empty() || port_name.starts_with('_'));
    }
    let Some(rest) = suffix.strip_prefix("_PORT") else {
        return false;
    };
    if rest.is_empty() {
        return is_address(value);
    }
    let mut parts = rest.strip_prefix('_').unwrap_or_default().split('_');
    let (port, protocol, member) = (parts.next(), parts.next(), parts.next());
    let is_of_port = port.is_some_and(is_port)
        && protocol.is_some_and(|word| PROTOCOLS.contains(&&*word.to_ascii_lowercase()))
        && parts.next().is_none();
    is_of_port
        && match member {
            None => is_address(value),
            Some("PROTO") => PROTOCOLS.contains(&value),
            Some("PORT") => is_port(value),
            Some("ADDR") => value.parse::<IpAddr>().is_ok(),
            Some(_) => false,
        }
}

/// Returns true for an address with its protocol, such as `tcp://10.0.0.7:8080`.
fn is_address(value: &str) -> bool {
    value.split_once("://").is_some_and(|(protocol, address)| {
        PROTOCOLS.contains(&protocol) && address.parse::<SocketAddr>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::is_of_a_service;

    #[test]
    fn variables_of_services_are_known_by_name_and_value() {
        for (name, value) in [
            ("SAOMA_PORT", "tcp://10.0.0.7:8080"),
            ("SAOMA_PORT", "udp://[fd00::7]:8080"),
            ("SAOMA_SERVICE_HOST", "10.0.0.7"),
            ("SAOMA_SERVICE_HOST", "fd00::7"),
            ("SAOMA_SERVICE_PORT", "8080"),
            ("SAOMA_SERVICE_PORT_HTTP", "8080"),
            ("SAOMA_SERVICE_PORT_HTTP_METRICS", "9090"),
            ("SAOMA_PORT_8080_TCP", "tcp://10.0.0.7:8080"),
            ("SAOMA_PORT_8080_TCP_PROTO", "tcp"),
            ("SAOMA_PORT_8080_TCP_PORT", "8080"),
            ("SAOMA_PORT_8080_TCP_ADDR", "10.0.0.7"),
            ("SAOMA_REDIS_PORT_6379_TCP_ADDR", "10.0.0.8"),
            ("SAOMA_REDIS_SERVICE_HOST", "10.0.0.8"),
            ("SAOMA_SERVER_PORT", "tcp://10.0.0.9:80"),
            ("SAOMA_PORT_SERVICE_SERVICE_PORT", "80"),
        ] {
            assert!(is_of_a_service(name, value), "{name}={value}");
        }
    }

    #[test]
    fn mistyped_settings_are_not_taken_for_variables_of_services() {
        for (name, value) in [
            ("SAOMA_PORT", "8080"),
            ("SAOMA_PORT", "http://10.0.0.7:8080"),
            ("SAOMA_PORT", "tcp://saoma:8080"),
            ("SAOMA_SERVICE_HOST", "saoma"),
            ("SAOMA_SERVICE_PORT", "http"),
            ("SAOMA_SERVICE_PORTS", "8080"),
            ("SAOMA_PORT_8080_TCP_NAME", "tcp"),
            ("SAOMA_PORT_8080_TCP_ADDR_X", "10.0.0.7"),
            ("SAOMA_PORT_HTTP_TCP_ADDR", "10.0.0.7"),
            ("SAOMA_PORT_8080_ICMP_ADDR", "10.0.0.7"),
            ("SAOMA_HOST", "10.0.0.7"),
            ("SAOMA_SERVER_LISTEN", "10.0.0.7:80"),
        ] {
            assert!(!is_of_a_service(name, value), "{name}={value}");
        }
    }
}
