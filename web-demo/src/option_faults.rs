//! Options with which the demo would start and be unsafe, by the standards of the gateway's own settings.

use std::fmt::Write;
use std::net::SocketAddr;

use anyhow::bail;
use saoma_gateway::settings::{is_foreign_http, is_over_wide, weakness};
use url::Url;

use crate::listeners::is_loopback;
use crate::logouts::EVENTS_CLIENT_ID;
use crate::options::Options;
use crate::provider::{CLIENT_ID, INTROSPECTION_CLIENT_ID};

/// Checks all options before anything is opened.
///
/// # Errors
/// Returns an error with a line for each fault. With `--allow-insecure` they are warnings in the log, but for options that
/// contradict each other.
pub(crate) fn check(options: &Options) -> anyhow::Result<()> {
    if let Some(contradiction) = contradiction(options) {
        bail!("{contradiction}");
    }
    let faults = faults(options);
    if options.allow_insecure {
        for fault in faults {
            tracing::warn!(fault, "an option is unsafe");
        }
        return Ok(());
    }
    let mut text = String::new();
    for fault in &faults {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n  {fault}");
    }
    match faults.as_slice() {
        [] => Ok(()),
        [fault] => bail!("{fault}"),
        _ => bail!("{} options are wrong or unsafe:{text}", faults.len()),
    }
}

fn faults(options: &Options) -> Vec<String> {
    let mut faults = Vec::new();
    let mut find = |is_fault: bool, fault: String| {
        if is_fault {
            faults.push(fault);
        }
    };
    for (flag, url, listener) in [
        ("--portal", &options.portal_url, options.portal),
        ("--phone", &options.phone_url, options.phone),
    ] {
        if let Some((url, fault)) = url
            .as_ref()
            .and_then(|url| Some((url, proxy_fault(options, url)?)))
        {
            find(true, format!("{flag}-url: {url} {fault}"));
        }
        find(
            url.is_none() && is_of_others(listener),
            format!(
                "{flag}: other machines reach {listener}, and passwords would cross the network unencrypted: give a \
                 loopback address, a proxy in front that ends TLS by {flag}-url, or --lan for phones nearby"
            ),
        );
    }
    for fault in shared_addresses(options) {
        find(true, fault);
    }
    for network in &options.trusted_proxies {
        find(
            is_over_wide(network),
            format!(
                "--trusted-proxy: {network} holds addresses of strangers, who could then choose the address that limits \
                 count: give the proxies' own addresses"
            ),
        );
    }
    let is_remote = [&options.portal_url, &options.phone_url]
        .into_iter()
        .flatten()
        .any(|url| !is_loopback(url));
    match &options.elsewhere {
        Some(elsewhere) => {
            find(
                !is_origin(&elsewhere.url),
                format!(
                    "--gateway-url: {} is not an origin, such as https://login.example: leave out path and query",
                    elsewhere.url
                ),
            );
            find(
                is_foreign_http(&elsewhere.url),
                format!(
                    "--gateway-url: {} is not encrypted, so that codes and tokens can be read on the way: give an https URL",
                    elsewhere.url
                ),
            );
            for (flag, secret, id) in [
                ("--client-secret", &elsewhere.client_secret, CLIENT_ID),
                (
                    "--introspection-secret",
                    &elsewhere.introspection_secret,
                    INTROSPECTION_CLIENT_ID,
                ),
                (
                    "--events-secret",
                    &elsewhere.events_secret,
                    EVENTS_CLIENT_ID,
                ),
            ] {
                let counts = secret.expose().is_empty() || is_remote || !is_here(&elsewhere.url);
                let weak = weakness(secret.expose(), id).filter(|_| counts);
                let fault = weak
                    .map(|weak| format!("{flag}: it {weak}; register the new one at the gateway"));
                find(fault.is_some(), fault.unwrap_or_default());
            }
        }
        None => find(
            is_of_others(options.gateway),
            format!(
                "--gateway: other machines reach {}, and the gateway in this process speaks plain HTTP: give a loopback \
                 address, or a gateway behind TLS by --gateway-url",
                options.gateway
            ),
        ),
    }
    if let Some(registers) = &options.registers {
        let url = registers.url.as_str();
        find(
            is_foreign_http(url),
            format!(
                "--registers-url: {url} is not encrypted, so that the token and people's data can be read on the way: give \
                 an https URL"
            ),
        );
        let token = registers.token.expose();
        let weak = weakness(token, "").filter(|_| token.is_empty() || !is_here(url));
        let fault = weak.map(|weak| format!("--registers-token: it {weak}"));
        find(fault.is_some(), fault.unwrap_or_default());
    }
    faults
}

/// Returns what no permission helps: the example portal would not work.
fn contradiction(options: &Options) -> Option<&'static str> {
    let example = options.example_portal.as_ref()?;
    if options.elsewhere.is_some() {
        return Some(
            "--example-portal: the gateway of --gateway-url does not know this site. Leave one of the two out, or start the \
             site by its own README",
        );
    }
    (example.address.port() == 0).then_some(
        "--example-portal-address: the gateway registers this site's address before it starts: give a port other than 0",
    )
}

/// Returns a fault for each listener whose address an earlier one takes.
fn shared_addresses(options: &Options) -> Vec<String> {
    let gateway = options.elsewhere.is_none().then_some(options.gateway);
    let example = options.example_portal.as_ref();
    let listeners = [
        Some(("--portal", options.portal)),
        Some(("--phone", options.phone)),
        gateway.map(|address| ("--gateway", address)),
        options.phone_lan.map(|address| ("--lan-port", address)),
        example.map(|example| ("--example-portal-address", example.address)),
    ];
    let listeners: Vec<_> = listeners.into_iter().flatten().collect();
    let is_shared = |one: SocketAddr, other: SocketAddr| {
        let is_any = one.ip().is_unspecified() || other.ip().is_unspecified();
        one.port() != 0 && one.port() == other.port() && (is_any || one.ip() == other.ip())
    };
    let faults = listeners
        .iter()
        .enumerate()
        .filter_map(|(at, (flag, address))| {
            let (earlier, _) = listeners[..at]
                .iter()
                .find(|(_, other)| is_shared(*address, *other))?;
            Some(format!(
                "{flag}: {address} is taken by {earlier}: give another port"
            ))
        });
    faults.collect()
}

/// Returns true for an address that other machines reach.
const fn is_of_others(address: SocketAddr) -> bool {
    !address.ip().to_canonical().is_loopback()
}

/// Returns true for a URL of this machine.
fn is_here(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| is_loopback(&url))
}

/// Returns the fault of a proxy's origin: passwords and cookies would go over a network without TLS, or the addresses of
/// people would stay unknown.
fn proxy_fault(options: &Options, url: &Url) -> Option<&'static str> {
    if !is_origin(url.as_str()) || is_foreign_http(url.as_str()) {
        return Some("is not an origin of HTTPS, such as https://hall.example");
    }
    options.trusted_proxies.is_empty().then_some(
        "is reached through a proxy. Name its address by --trusted-proxy: without it all people count as one",
    )
}

fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example_portal::ExamplePortal;
    use crate::options::{Elsewhere, RegistersElsewhere};
    use crate::secret::Secret;

    const STRONG: &str = "8f14e45fceea167a5a36dedd4bea2543";

    fn found(change: impl FnOnce(&mut Options)) -> Vec<String> {
        let mut options = Options::default();
        change(&mut options);
        faults(&options)
    }

    fn elsewhere(url: &str, secret: &str) -> Option<Elsewhere> {
        Some(Elsewhere {
            url: url.into(),
            client_secret: Secret::received(secret),
            introspection_secret: Secret::received(STRONG),
            events_secret: Secret::received(STRONG),
        })
    }

    fn registers(url: &str, token: &str) -> Option<RegistersElsewhere> {
        Some(RegistersElsewhere {
            url: url.parse().unwrap(),
            token: Secret::received(token),
        })
    }

    /// Row A13 in the hall: each unsafe option is named with what to do.
    #[test]
    fn a13_each_unsafe_option_is_named() {
        type Change<'a> = dyn Fn(&mut Options) + 'a;
        let public = |options: &mut Options| {
            options.portal_url = Some("https://hall.example".parse().unwrap());
            options.trusted_proxies = vec!["192.0.2.10/32".parse().unwrap()];
        };
        let cases: [(&str, &Change<'_>); 15] = [
            ("--phone: 127.0.0.1:8081 is taken by --portal", &|options| {
                options.phone = options.portal;
            }),
            (
                "--gateway: 127.0.0.1:8082 is taken by --phone",
                &|options| {
                    options.gateway = options.phone;
                },
            ),
            ("--lan-port: 0.0.0.0:8082 is taken by --phone", &|options| {
                options.phone_lan = Some("0.0.0.0:8082".parse().unwrap());
            }),
            ("--phone: [::]:8081 is taken by --portal", &|options| {
                public(options);
                options.phone_url = Some("https://app.example".parse().unwrap());
                options.phone = "[::]:8081".parse().unwrap();
            }),
            ("--portal-url: ", &|options| {
                public(options);
                options.portal_url = Some("http://hall.example".parse().unwrap());
            }),
            ("--phone-url: ", &|options| {
                options.phone_url = Some("https://app.example".parse().unwrap());
            }),
            ("--portal: ", &|options| {
                options.portal = "0.0.0.0:8081".parse().unwrap();
            }),
            ("--phone: ", &|options| {
                options.phone = "192.168.1.7:8082".parse().unwrap();
            }),
            ("--gateway: ", &|options| {
                options.gateway = "0.0.0.0:8080".parse().unwrap();
            }),
            ("--trusted-proxy: ", &|options| {
                public(options);
                options.trusted_proxies = vec!["0.0.0.0/0".parse().unwrap()];
            }),
            ("--gateway-url: ", &|options| {
                options.elsewhere = elsewhere("http://login.example", STRONG);
            }),
            ("--gateway-url: ", &|options| {
                options.elsewhere = elsewhere("https://login.example/path", STRONG);
            }),
            ("--client-secret: ", &|options| {
                options.elsewhere = elsewhere("https://login.example", "passwordpassword");
            }),
            ("--registers-url: ", &|options| {
                options.registers = registers("http://registers.example", STRONG);
            }),
            ("--registers-token: ", &|options| {
                options.registers = registers("https://registers.example", "token");
            }),
        ];
        for (named, change) in cases {
            let told = found(change);
            assert_eq!(told.len(), 1, "{named}: {told:?}");
            assert!(told[0].starts_with(named), "{told:?}");
            assert!(
                told[0].contains("give ")
                    || told[0].contains("leave out")
                    || told[0].contains("--trusted-proxy")
                    || told[0].contains("openssl")
                    || told[0].contains("HTTPS"),
                "{told:?}"
            );
            assert!(!told[0].contains("passwordpassword"), "{told:?}");
        }
    }

    /// Row A13 in the hall: all faults are told at once, a trial on one machine has none, and there is a way round.
    #[test]
    fn a13_all_unsafe_options_are_told_at_once_and_can_be_allowed() {
        assert_eq!(found(|_| {}), [""; 0]);
        assert_eq!(
            found(|options| {
                options.elsewhere = elsewhere("http://127.0.0.1:9", "a");
                options.registers = registers("http://localhost:9", "c");
            }),
            [""; 0]
        );
        assert_eq!(
            found(|options| {
                options.portal_url = Some("https://hall.example".parse().unwrap());
                options.trusted_proxies = vec!["192.0.2.10/32".parse().unwrap()];
                options.portal = "10.0.0.5:8081".parse().unwrap();
                options.elsewhere = elsewhere("https://login.example/", STRONG);
                options.registers = registers("https://registers.example", STRONG);
            }),
            [""; 0]
        );
        let any = "127.0.0.1:0".parse().unwrap();
        assert_eq!(
            found(|options| (options.portal, options.phone, options.gateway) = (any, any, any)),
            [""; 0]
        );
        let mut several = Options {
            portal: "0.0.0.0:8081".parse().unwrap(),
            registers: registers("http://registers.example", "token"),
            ..Options::default()
        };
        let told = check(&several).unwrap_err().to_string();
        assert_eq!(told.lines().count(), 4, "{told}");
        several.allow_insecure = true;
        check(&several).expect("it is allowed");
    }

    #[test]
    fn an_example_portal_that_would_not_work_is_refused_in_spite_of_every_permission() {
        let with_example = |port: u16, elsewhere| Options {
            example_portal: Some(ExamplePortal {
                folder: "docs/examples/portal-node".into(),
                address: SocketAddr::from(([127, 0, 0, 1], port)),
            }),
            elsewhere,
            allow_insecure: true,
            ..Options::default()
        };
        check(&with_example(8083, None)).expect("a site of the gateway in this process");
        for (options, expected) in [
            (with_example(0, None), "a port other than 0"),
            (
                with_example(8083, elsewhere("https://login.example", STRONG)),
                "--gateway-url",
            ),
        ] {
            let refused = check(&options).unwrap_err().to_string();
            assert!(refused.contains(expected), "{refused}");
        }
        let shared = Options {
            allow_insecure: false,
            ..with_example(8082, None)
        };
        let refused = check(&shared).unwrap_err().to_string();
        assert!(refused.contains("is taken by --phone"), "{refused}");
    }

    /// Row A5.
    #[test]
    fn a_public_origin_needs_tls_and_a_proxy_that_is_named() {
        let is_safe = |url: &str, proxies: &[&str]| {
            let options = Options {
                trusted_proxies: proxies.iter().map(|proxy| proxy.parse().unwrap()).collect(),
                ..Options::default()
            };
            proxy_fault(&options, &url.parse().unwrap()).is_none()
        };
        let proxies = &["127.0.0.1/32"][..];
        for (url, proxies, expected) in [
            ("https://hall.example", proxies, true),
            ("https://hall.example:8443/", proxies, true),
            ("http://127.0.0.1:9000", proxies, true),
            ("https://hall.example", &[], false),
            ("http://hall.example", proxies, false),
            ("https://hall.example/portal", proxies, false),
        ] {
            assert_eq!(is_safe(url, proxies), expected, "{url}");
        }
    }
}
