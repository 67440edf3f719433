//! Tests of `load`.

use std::path::Path;

use super::*;

fn environment(pairs: &[(&str, &str)]) -> Sources {
    let environment = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Sources {
        environment,
        ..Sources::default()
    }
}

fn flag(name: &'static str, path: &'static str, value: &str) -> Flag {
    Flag {
        name,
        path,
        value: value.to_owned(),
    }
}

fn loaded(sources: &Sources) -> Settings {
    Settings::load(sources).expect("good settings").settings
}

#[test]
fn flags_win_over_environment_over_file_over_defaults() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("saoma.toml");
    let text = "[lifetimes]\ncode = '1m'\nscanned = '1m'\nwaiting = '1m'";
    std::fs::write(&file, text).expect("a file");
    let mut sources = environment(&[
        ("SAOMA_LIFETIMES_CODE", "2s"),
        ("SAOMA_LIFETIMES_SCANNED", "2s"),
    ]);
    sources.file = Some(file.clone());
    sources.flags = vec![flag("--scanned", "lifetimes.scanned", "3s")];
    let Effective { settings, origins } = Settings::load(&sources).expect("good settings");
    let lifetimes = settings.lifetimes;
    let seconds = [
        lifetimes.scanned,
        lifetimes.code,
        lifetimes.waiting,
        lifetimes.access_token,
    ]
    .map(|lifetime| lifetime.as_secs());
    assert_eq!(seconds, [3, 2, 60, 300]);
    assert_eq!(origins["lifetimes.scanned"], Origin::Flag("--scanned"));
    assert_eq!(
        origins["lifetimes.code"],
        Origin::Variable("SAOMA_LIFETIMES_CODE".into())
    );
    assert_eq!(origins["lifetimes.waiting"], Origin::File(file));
    assert_eq!(origins.get("lifetimes.access_token"), None);
}

#[test]
fn variables_are_read_by_the_type_of_their_setting() {
    let settings = loaded(&environment(&[
        ("SAOMA_SERVER_MAX_SOCKETS", "5"),
        ("SAOMA_SERVER_TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8"),
        ("SAOMA_OPERATIONS_ENABLED", "false"),
        ("SAOMA_LIMITS_OPEN_PER_ADDRESS_BURST", "100000"),
        ("SAOMA_LOG_FORMAT", "json"),
        ("SAOMA_OIDC_SIGNING_KEYS", "5"),
    ]));
    assert_eq!(settings.server.max_sockets, 5);
    assert_eq!(
        settings.server.trusted_proxies.map(|list| list.len()),
        Some(2)
    );
    assert!(!settings.operations.enabled);
    assert_eq!(settings.limits.open_per_address.burst.get(), 100_000);
    assert_eq!(settings.limits.open_per_address.per.as_secs(), 60);
    assert_eq!(settings.oidc.signing_keys, [Path::new("5")]);
}

/// Row A5: an empty list states that there is no proxy; a missing list states nothing.
#[test]
fn an_empty_list_of_proxies_differs_from_none() {
    let proxies = |pairs| loaded(&environment(pairs)).server.trusted_proxies;
    assert_eq!(proxies(&[]), None);
    assert_eq!(
        proxies(&[("SAOMA_SERVER_TRUSTED_PROXIES", "")]),
        Some(vec![])
    );
    let stated = Settings::from_toml("server.trusted_proxies = []").expect("good settings");
    assert_eq!(stated.server.trusted_proxies, Some(vec![]));
    for (settings, line) in [(stated, true), (Settings::default(), false)] {
        let shown = settings.to_redacted_toml();
        let printed = shown.lines().any(|line| line == "trusted_proxies = []");
        assert_eq!(printed, line, "{shown}");
    }
}

#[test]
fn a_secret_can_come_by_environment_into_a_section_of_the_file() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("saoma.toml");
    std::fs::write(
        &file,
        "[identity.introspection]\nurl = 'https://app.example/'\nclient_id = 'gateway'\naudience = 'saoma'",
    )
    .expect("a file");
    let mut sources = environment(&[]);
    sources.file = Some(file);
    let error = Settings::load(&sources).expect_err("no secret").to_string();
    let wanted = "identity.introspection.client_secret: give either client_secret or client_secret_file: by it the \
                  endpoint knows the gateway";
    assert_eq!(error, wanted);
    sources.environment =
        environment(&[("SAOMA_IDENTITY_INTROSPECTION_CLIENT_SECRET", "hunter2")]).environment;
    let introspection = loaded(&sources)
        .identity
        .introspection
        .expect("the section");
    assert_eq!(introspection.client_secret.expose(), "hunter2");
    assert_eq!(introspection.timeout.as_secs(), 2);
}

#[test]
fn what_is_wrong_in_a_file_is_named_with_the_way_out() {
    for (toml, message) in [
        (
            "[store]\nulr = 'x'",
            "store.ulr is not a setting; did you mean store.url?",
        ),
        (
            "[stor]\nurl = 'x'",
            "stor is not a setting; did you mean store?",
        ),
        (
            "store = 5",
            "store: invalid type: integer `5`, expected struct StoreSettings",
        ),
        (
            "[lifetimes]\ncode = 'soon'",
            "lifetimes.code: invalid value: string \"soon\", expected a duration",
        ),
        (
            "[lifetimes]\ncode = 25",
            "lifetimes.code: invalid type: integer `25`, expected a duration",
        ),
        (
            "[[clients]]\nclient_id = 'a'\nnames = 'A'",
            "clients.names is not a setting; did you mean clients.name?",
        ),
        (
            "[[clients]]\nclient_id = 'a'",
            "clients.name: it is required and missing: give a value\n\
             clients.redirect_uris: it is required and missing: give a value",
        ),
        (
            "[[clients]]\nsecret = 12345",
            "clients.client_id: it is required and missing: give a value\n\
             clients.name: it is required and missing: give a value\n\
             clients.redirect_uris: it is required and missing: give a value\n\
             clients.secret: give text, in quotes",
        ),
        (
            "identity.introspection.client_secret = 1",
            "identity.introspection.client_secret: give text, in quotes",
        ),
        (
            "\n[[clients]]\nsecret = 'hunter2",
            "the settings: invalid TOML at line 3: invalid literal string, expected `'`",
        ),
    ] {
        assert_eq!(
            Settings::from_toml(toml).expect_err(toml).to_string(),
            message
        );
    }
}

#[test]
fn what_is_wrong_in_the_environment_or_a_flag_is_named_by_its_own_name() {
    for (name, value, message) in [
        (
            "SAOMA_STORE_ULR",
            "x",
            "SAOMA_STORE_ULR is not a setting; did you mean SAOMA_STORE_URL?",
        ),
        (
            "SAOMA_STORE_POOL_SIZE",
            "x",
            "SAOMA_STORE_POOL_SIZE: invalid type: string \"x\", expected u32",
        ),
        (
            "PORT",
            "http",
            "PORT: \"http\" is no port: give a number from 0 to 65535",
        ),
    ] {
        assert_eq!(
            Settings::load(&environment(&[(name, value)]))
                .expect_err(name)
                .to_string(),
            message
        );
    }
    let flags = vec![flag("--listen", "server.listen", "8080")];
    let error = Settings::load(&Sources {
        flags,
        ..Sources::default()
    })
    .expect_err("no address")
    .to_string();
    assert!(error.starts_with("--listen: "), "{error}");
}

#[test]
fn port_changes_the_port_alone() {
    for (pairs, listen) in [
        (&[("PORT", "9000")][..], "127.0.0.1:9000"),
        (
            &[("PORT", "9000"), ("SAOMA_SERVER_LISTEN", "[::]:80")],
            "[::]:9000",
        ),
        (&[("PORT", "")], "127.0.0.1:8080"),
    ] {
        assert_eq!(
            loaded(&environment(pairs)).server.listen.to_string(),
            listen
        );
    }
    let flags = vec![flag("--listen", "server.listen", "127.0.0.1:7")];
    let sources = Sources {
        flags,
        ..environment(&[("PORT", "9000")])
    };
    assert_eq!(loaded(&sources).server.listen.to_string(), "127.0.0.1:7");
}

#[test]
fn redis_url_is_for_where_nothing_else_names_the_store() {
    let key = ("SAOMA_OIDC_SIGNING_KEYS", "key.pem");
    let secret = ("SAOMA_CLUSTER_SECRET_FILES", "cluster.secret");
    let alias = ("REDIS_URL", "redis://alias");
    assert_eq!(
        loaded(&environment(&[key, secret, alias])).store.url,
        "redis://alias"
    );
    let own = ("SAOMA_STORE_URL", "redis://own");
    assert_eq!(
        loaded(&environment(&[key, secret, own, alias])).store.url,
        "redis://own"
    );
}

/// Row A13: an operator who has made several mistakes learns all of them in one run, and none that is not theirs.
#[test]
fn a13_all_that_is_wrong_is_found_in_one_run() {
    let text = "server.listen = 'everywhere'\nserver.public_url = 'https://login.example'\n\
                store.url = 'redis://redis.example'\n[identity.introspection]\nurl = 'ftp://a'\ntimeout = '0s'\n\
                client_id = 'gateway'\n[[clients]]\nclient_id = 'a b'\nname = ''\nsecrt = 'x'\nredirect_uris = []\n\
                [limits]\nscan_per_person = { burst = 5, per = '0s' }\nopen_per_address = { burst = 5, per = '2d' }";
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("saoma.toml");
    std::fs::write(&file, text).expect("a file");
    let sources = Sources {
        file: Some(file.clone()),
        ..Sources::default()
    };
    let loaded = Settings::load_with_findings(&sources);
    let shown: Vec<String> = loaded.errors.iter().map(ToString::to_string).collect();
    let named: Vec<&str> = shown
        .iter()
        .filter_map(|error| error.split([':', ' ']).next())
        .collect();
    let expected = [
        "clients.client_id",
        "clients.name",
        "clients.redirect_uris",
        "clients.secrt",
        "cluster.secret_files",
        "identity.introspection",
        "identity.introspection.client_secret",
        "identity.introspection.timeout",
        "identity.introspection.url",
        "limits.open_per_address.per",
        "limits.scan_per_person.per",
        "oidc.signing_keys",
        "server.listen",
        "server.trusted_proxies",
    ];
    let mut sorted = named.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected, "{shown:#?}");
}

/// Row K2: the key of an earlier version is refused with the name of the list, and nothing else is said of it.
#[test]
fn k2_the_old_name_of_the_signing_keys_is_refused_with_advice() {
    let text = "store.url = 'redis://127.0.0.1'\noidc.signing_key = 'key.pem'\ncluster.secret_files = ['s']";
    let error = Settings::from_toml(text).expect_err("an old name");
    let expected = "oidc.signing_key: it is replaced by oidc.signing_keys, a list such as [\"key.pem\"], with an RSA key \
                    among its files";
    assert_eq!(error.to_string(), expected);
    let variable = environment(&[("SAOMA_OIDC_SIGNING_KEY", "key.pem")]);
    let error = Settings::load(&variable)
        .expect_err("an old name")
        .to_string();
    assert!(
        error.starts_with("SAOMA_OIDC_SIGNING_KEY: it is replaced by"),
        "{error}"
    );
}

/// Returns the errors of a file with these settings, and the settings that a check warns about.
fn told(text: &str) -> (Vec<String>, Vec<String>) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("saoma.toml");
    std::fs::write(&file, text).expect("a file");
    let sources = Sources {
        file: Some(file),
        ..Sources::default()
    };
    let loaded = Settings::load_with_findings(&sources);
    let warnings = loaded.safety_warnings().into_iter();
    let errors = loaded.errors.iter().map(ToString::to_string).collect();
    (errors, warnings.map(|warning| warning.setting).collect())
}

/// Row A13: a wrong value hides neither its neighbours in a list nor other clients.
#[test]
fn a13_a_wrong_element_hides_no_other() {
    let head = "server.public_url = 'https://login.example'\nlog.filter = 'off'\n\
                server.trusted_proxies = ['proxy.example', '0.0.0.0/0', '192.0.2.10', 7]\n\
                [identity.introspection]\nurl = 'https://app.example/introspect'\nclient_id = 'saoma'\n\
                client_secret = '8f14e45fceea167a5a36dedd4bea2543'\naudience = 'saoma'\n";
    let clients = "[[clients]]\nclient_id = 'one'\nname = 'One'\nagree = 'offf'\n\
                   redirect_uris = ['https://one.example/']\n\
                   [[clients]]\nclient_id = 'two'\nname = ''\nredirect_uris = ['javascript:a']\n\
                   [[clients]]\nclient_id = 'three'\nredirect_uris = ['https://three.example/#a']\n\
                   [[clients]]\nclient_id = 4\nname = 'Four'\nredirect_uris = ['https://four.example/']\n";
    let (errors, warnings) = told(&format!("{head}{clients}"));
    for named in [
        "proxy.example",
        "0.0.0.0/0 holds addresses of strangers",
        "integer `7`",
        "`offf`",
        "give \"two\" the name",
        "javascript:a",
        "clients.name: it is required and missing",
        "https://three.example/#a",
        "integer `4`",
    ] {
        let found = errors.iter().filter(|error| error.contains(named));
        assert_eq!(found.count(), 1, "{named}: {errors:#?}");
    }
    assert_eq!(errors.len(), 9, "{errors:#?}");
    assert!(warnings.contains(&"log.filter".to_owned()), "{warnings:?}");
}

/// A bound is written as a setting takes it.
#[test]
fn a_range_is_told_in_the_words_of_the_settings() {
    for (text, problem) in [
        (
            "server.drain_delay = '2h'",
            "server.drain_delay: give at most 1h",
        ),
        (
            "store.command_timeout = '2m'",
            "store.command_timeout: give between 10ms and 1m",
        ),
        (
            "lifetimes.code = '0s'",
            "lifetimes.code: give between 1s and 1day",
        ),
    ] {
        let error = Settings::from_toml(text).expect_err(text).to_string();
        assert_eq!(error, problem);
    }
}

/// In every section an error names a secret of the wrong type, and does not show it.
#[test]
fn a_mistyped_secret_is_named_and_not_shown() {
    for (text, named) in [
        (
            "[[identity.sources]]\nname = 'staff'\nintrospection = { url = 'https://a.example', client_id = 'g', \
             client_secret = 73166137 }",
            "client_secret: give text",
        ),
        (
            "[[identity.sources]]\nname = 'staff'\nevents = { client_id = 'g', client_secret = [73166137] }",
            "client_secret: give text",
        ),
        (
            "[identity.events]\nclient_id = 'g'\nclient_secret = 73166137",
            "identity.events.client_secret: give text",
        ),
        (
            "[[clients]]\nclient_id = 'a'\nname = 'A'\nredirect_uris = []\nsecret = 73166137",
            "clients.secret: give text",
        ),
    ] {
        let error = Settings::from_toml(text).expect_err(text).to_string();
        assert!(error.contains(named), "{error}");
        assert!(
            !error.contains("7316") && !error.contains("missing"),
            "{error}"
        );
    }
}

#[test]
fn credentials_of_the_apps_backend_are_judged_member_by_member() {
    let (errors, _) = told("[identity.events]\nclient_id = 'app'\n");
    let missing = "identity.events.client_secret: it is required and missing: give a value";
    assert!(errors.iter().any(|error| error == missing), "{errors:#?}");
    let source = "introspection = { url = 'https://a.example', client_id = 'g', client_secret = 's', audience = 'a' }\n\
                  events = { client_id = 'app', client_secret = '' }";
    let (errors, _) = told(&format!(
        "[identity.events]\nclient_id = 'app'\nclient_secret = 's'\n\
         [[identity.sources]]\nname = 'staff'\nissuer = 'i'\n{source}\n[[identity.sources]]\nname = 'city'\n{source}"
    ));
    for problem in [
        "identity.events: ends the sessions of persons of",
        "identity.sources.staff.events.client_secret: is empty",
        "identity.sources.city.events.client_secret: is empty",
        "identity.sources.events.client_id: two sources have the same one",
    ] {
        let found = errors.iter().filter(|error| error.starts_with(problem));
        assert_eq!(found.count(), 1, "{problem}: {errors:#?}");
    }
}
