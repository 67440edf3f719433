//! `saoma check-config` refuses what a start refuses (row A13).

use std::os::unix::fs::PermissionsExt;

use toml::{Table, Value};

use crate::cli::{COMPLETE, Place};

const CHECK: [&str; 3] = ["check-config", "--config", "saoma.toml"];
const SERVE: [&str; 3] = ["serve", "--config", "saoma.toml"];

/// Returns a folder with settings and with the files that the cases name, good ones and wrong ones.
fn place(more: &str, edit: impl Fn(String) -> String) -> Place {
    let mut settings: Table = COMPLETE.parse().unwrap();
    merge(&mut settings, more.parse().unwrap());
    let place = Place::with(&edit(settings.to_string()));
    let write = |name: &str, text: &str, mode| {
        let file = place.path(name);
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let pem = saoma_gateway::generate_pem().unwrap();
    write("good.pem", &pem, 0o600);
    write("open.pem", &pem, 0o644);
    write("good.secret", &saoma_gateway::generate_secret(), 0o600);
    write("zeros.secret", &"0".repeat(64), 0o600);
    write("open.secret", &saoma_gateway::generate_secret(), 0o604);
    write("text", "hunter2", 0o600);
    write("keys.json", "{\"keys\":[]}", 0o644);
    write("changeable.json", "{\"keys\":[]}", 0o666);
    place
}

/// Puts settings into others, section by section.
fn merge(settings: &mut Table, more: Table) {
    for (key, value) in more {
        match (settings.get_mut(&key), value) {
            (Some(Value::Table(section)), Value::Table(more)) => merge(section, more),
            (_, value) => {
                settings.insert(key, value);
            }
        }
    }
}

fn jwks(file: &str, place: impl Fn(&str) -> String) -> String {
    format!(
        "[identity.jwks]\nurl = 'file://{}'\nissuer = 'i'\naudience = 'saoma'\n",
        place(file)
    )
}

/// The lines of a refusal.
fn lines(told: &str) -> Vec<&str> {
    told.lines()
        .filter(|line| !line.starts_with("saoma: warning: "))
        .collect()
}

/// Both give the same lines, so that no case is one of the start alone.
#[test]
fn a13_check_config_refuses_what_a_start_refuses_with_the_same_words() {
    let own_redis = "store.url = 'rediss://127.0.0.1:1'\noidc.signing_keys = ['good.pem']\n\
                     cluster.secret_files = ['good.secret']";
    for (more, named) in [
        (
            "oidc.signing_keys = ['missing.pem']",
            &["oidc.signing_keys: cannot read missing.pem"][..],
        ),
        (
            "oidc.signing_keys = ['open.pem']",
            &["oidc.signing_keys: open.pem has the permissions 644"],
        ),
        (
            "oidc.signing_keys = ['text']",
            &["oidc.signing_keys: text holds no usable key"],
        ),
        (
            "oidc.signing_keys = ['missing.pem']\nserver.allow_insecure = true",
            &["oidc.signing_keys: cannot read missing.pem"],
        ),
        (
            "cluster.secret_files = ['good.secret', 'text', 'zeros.secret', 'missing']",
            &[
                "cluster.secret_files: cannot read missing",
                "cluster.secret_files: text holds no secret",
                "cluster.secret_files: zeros.secret holds no secret",
            ],
        ),
        (
            "cluster.secret_files = ['open.secret']",
            &["cluster.secret_files: open.secret has the permissions 604"],
        ),
        (
            "store.url = 'redis:'",
            &[
                "store.url: ",
                "oidc.signing_keys: ",
                "cluster.secret_files: ",
            ],
        ),
        (
            &format!("{own_redis}\nstore.ca_file = 'missing.pem'"),
            &["store.ca_file: cannot read missing.pem"],
        ),
        (
            &format!("{own_redis}\nstore.ca_file = 'text'"),
            &["store.ca_file: text holds no certificates"],
        ),
        ("log.filter = 'loudest=a=b'", &["log.filter: "]),
        (
            "apps = [{ name = 'App', link = 'http://app.example/{code}', get = 'http://app.example/' }]",
            &[
                "apps.link: \"http://app.example/{code}\" of \"App\" is not encrypted",
                "apps.get: \"http://app.example/\" of \"App\" is not encrypted",
            ],
        ),
        (
            "apps = [{ name = 'App', link = 'javascript:a({code})' }]\ncheck_files = [{ name = '../a.txt', content = 'a' }]",
            &["apps.link: ", "check_files.name: "],
        ),
        ("apps = [{ name = 'App' }]", &["apps in saoma.toml: "]),
        (
            "limits.poll_per_login = { burst = 1, per = '1d' }\nlifetimes.code = '0s'",
            &["limits.poll_per_login: ", "lifetimes.code: "],
        ),
        (
            "store.url = 'redis://203.0.113.9'\noidc.signing_keys = ['text']\ncluster.secret_files = ['text']",
            &[
                "store.url: the Redis at 203.0.113.9 has no password",
                "store.url: connections to 203.0.113.9 are not encrypted",
                "oidc.signing_keys: text holds no usable key",
                "cluster.secret_files: text holds no secret",
            ],
        ),
    ] {
        let place = place(more, |text| text);
        let (checked, served) = (place.run(&CHECK), place.run(&SERVE));
        assert_eq!(checked.code, Some(1), "{more}: {checked:?}");
        assert_ne!(served.code, Some(0), "{more}: {served:?}");
        assert_eq!(lines(&checked.err), lines(&served.err), "{more}");
        assert!(!checked.err.contains("hunter2"), "{more}: {checked:?}");
        let told = lines(&checked.err);
        assert_eq!(told.len(), named.len(), "{more}: {told:#?}");
        for named in named {
            let line = format!("saoma: {named}");
            assert!(
                told.iter().any(|told| told.starts_with(&line)),
                "{named}: {told:#?}"
            );
        }
    }
}

/// Keys of the app's backend in a file are opened like those of the gateway.
#[test]
fn a13_a_file_of_the_apps_keys_is_opened_before_people_wait_for_it() {
    let of_source = "[[identity.sources]]\nname = 'staff'\n[identity.sources.jwks]";
    for (section, setting) in [
        ("[identity.jwks]", "identity.jwks.url"),
        (of_source, "identity.sources.staff.jwks.url"),
    ] {
        for (file, named) in [
            ("missing.json", "cannot read"),
            ("text", "cannot use the file of keys"),
            ("changeable.json", ""),
        ] {
            let place = place("", |text| text);
            let at = |name: &str| place.path(name).display().to_string();
            let (head, clients) = COMPLETE.split_once("[identity.introspection]").unwrap();
            let (_, clients) = clients.split_once("[[clients]]").unwrap();
            let keys = jwks(file, at).replace("[identity.jwks]", section);
            let settings = format!("{head}{keys}[[clients]]{clients}");
            std::fs::write(place.path("saoma.toml"), settings).unwrap();
            let (checked, served) = (place.run(&CHECK), place.run(&SERVE));
            assert_eq!(checked.code, Some(1), "{file}: {checked:?}");
            assert_eq!(lines(&checked.err), lines(&served.err), "{file}");
            let told = lines(&checked.err);
            let expected = format!("saoma: {setting}: {named}");
            assert!(told[0].starts_with(&expected), "{expected}: {told:?}");
            assert_eq!(told.len(), 1, "{told:?}");
        }
    }
}

/// Settings that a start takes are right, and the other way round.
#[test]
fn a13_what_check_config_takes_starts() {
    for more in [
        "",
        "oidc.signing_keys = ['good.pem']\ncluster.secret_files = ['good.secret']",
        "oidc.signing_keys = ['open.pem']\nserver.allow_insecure = true",
    ] {
        let place = place(more, |text| text);
        let checked = place.run(&CHECK);
        assert_eq!(checked.code, Some(0), "{more}: {checked:?}");
        assert_eq!(checked.out, "the settings are right\n");
        place.serve().listening();
    }
}

/// Two listeners cannot share an address, which only the second would notice.
#[test]
fn a13_two_listeners_on_one_address_are_refused_before_one_is_bound() {
    let place = place("", |text| {
        text.replace("127.0.0.1:0", "127.0.0.1:8080")
            .replace("enabled = false", "listen = '0.0.0.0:8080'")
    });
    for arguments in [CHECK, SERVE] {
        let answer = place.run(&arguments);
        assert!(
            answer.err.starts_with("saoma: operations.listen: "),
            "{answer:?}"
        );
    }
}

/// Row K5: Kubernetes tells each container of the services of its namespace by variables, and a service may be named as
/// settings begin.
#[test]
fn k5_variables_of_a_kubernetes_service_are_no_settings() {
    // With a key the check makes none, which takes a while.
    let place = Place::with(&format!("oidc.signing_keys = ['key.pem']\n{COMPLETE}"));
    crate::client_files::private(&place, "key.pem", &crate::support::rsa_key("signing"));
    let injected = [
        ("SAOMA_PORT", "tcp://10.0.0.7:8080"),
        ("SAOMA_SERVICE_HOST", "10.0.0.7"),
        ("SAOMA_SERVICE_PORT", "8080"),
        ("SAOMA_SERVICE_PORT_HTTP", "8080"),
        ("SAOMA_PORT_8080_TCP", "tcp://10.0.0.7:8080"),
        ("SAOMA_PORT_8080_TCP_PROTO", "tcp"),
        ("SAOMA_PORT_8080_TCP_PORT", "8080"),
        ("SAOMA_PORT_8080_TCP_ADDR", "10.0.0.7"),
        ("SAOMA_REDIS_SERVICE_HOST", "fd00::7"),
        ("SAOMA_REDIS_PORT", "tcp://[fd00::7]:6379"),
    ];
    let checked = place.run_with(&["check-config", "--config", "saoma.toml"], &injected);
    assert_eq!((checked.code, &*checked.err), (Some(0), ""), "{checked:?}");
    // What only looks like one is still a mistyped setting.
    for (name, value) in [("SAOMA_PORT", "8080"), ("SAOMA_SERVICE_HOST", "redis")] {
        let checked = place.run_with(
            &["check-config", "--config", "saoma.toml"],
            &[(name, value)],
        );
        assert_eq!(checked.code, Some(1), "{checked:?}");
        assert!(checked.err.contains(name), "{checked:?}");
    }
}

/// With several clients each message says which one is at fault.
#[test]
fn a_fault_in_one_of_several_clients_names_it() {
    let client = "[[clients]]\nclient_id = 'shop'\nname = 'Shop'\nredirect_uris = ['https://shop.example/cb']\n";
    let place = Place::with(&format!(
        "{COMPLETE}\n{client}pkce = 'never'\nredirect_uri = 'https://shop.example/'\nsecret_file = 'no.secret'\n\
         [[clients]]\nclient_id = 'kiosk'\nredirect_uris = ['https://kiosk.example/cb']\n"
    ));
    let checked = place.run(&CHECK);
    for (setting, name) in [
        ("clients.pkce", "\"shop\""),
        ("clients.redirect_uri of \"shop\"", "\"shop\""),
        ("clients.secret_file", "\"shop\""),
        ("clients.name", "\"kiosk\""),
    ] {
        let line = format!("saoma: {setting}");
        let is_told = |found: &str| found.starts_with(&line) && found.contains(name);
        assert!(checked.err.lines().any(is_told), "{setting}: {checked:#?}");
    }
}
