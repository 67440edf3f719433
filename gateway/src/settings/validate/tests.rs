//! Tests of `validate`.

use super::*;

#[test]
fn the_defaults_are_right_but_nobody_can_log_in_with_them() {
    let settings = Settings::from_toml("").expect("the defaults are right");
    assert!(settings.validate_complete().is_err());
}

#[test]
fn each_wrong_setting_is_named() {
    for (toml, named) in [
        (
            "server.public_url = 'https://login.example/path'",
            "server.public_url",
        ),
        (
            "server.public_url = 'https://LOGIN.example'",
            "server.public_url",
        ),
        ("server.backlog = 0", "server.backlog"),
        ("server.header_timeout = '0s'", "server.header_timeout"),
        ("server.idle_timeout = '0s'", "server.idle_timeout"),
        (
            "server.listen = 'unix:/a'\noperations.listen = 'unix:/a'",
            "operations.listen",
        ),
        (
            "server.listen = 'unix:/a'\nproxy_protocol.from = ['192.0.2.1']",
            "proxy_protocol.from",
        ),
        ("tls.certificate_file = 'a'", "tls.key_file"),
        ("tls.key_file = 'a'", "tls.certificate_file"),
        (
            "tls = { certificate_file = 'a', key_file = 'a' }",
            "server.public_url",
        ),
        (
            "server = { listen = 'unix:/a', public_url = 'https://a' }\ntls = { certificate_file = 'a', key_file = 'a' }",
            "tls.certificate_file",
        ),
        ("store.url = 'redis+unix://a'", "store.url"),
        (
            "store = { url = 'redis://a', certificate_file = 'a', key_file = 'a' }",
            "store.certificate_file",
        ),
        (
            "store = { url = 'rediss://a', certificate_file = 'a' }",
            "store.key_file",
        ),
        ("store.url = 'mysql://x'", "store.url"),
        ("store.url = 'redis:'", "store.url"),
        ("store.url = 'rediss://a/#insecure'", "store.url"),
        ("store.url = 'redis://a,b'", "store.url"),
        ("store.url = 'redis+sentinel://a,b'", "store.url"),
        ("store.url = 'redis+cluster://a/1'", "store.url"),
        (
            "store = { url = 'redis://a', ca_file = 'ca.pem' }",
            "store.ca_file",
        ),
        ("store.url = 'redis://x'", "oidc.signing_keys"),
        (
            "store.url = 'redis://x'\noidc.signing_keys = ['key.pem']",
            "cluster.secret_files",
        ),
        ("store.pool_size = 0", "store.pool_size"),
        ("sockets.ping_interval = '0s'", "sockets.ping_interval"),
        ("sockets.ping_interval = '1m'", "sockets.ping_interval"),
        ("lifetimes.scanned = '0s'", "lifetimes.scanned"),
        ("lifetimes.waiting = '1m'", "lifetimes.waiting"),
        (
            "lifetimes.authorization_code = '11m'",
            "lifetimes.authorization_code",
        ),
        (
            "limits.scan_per_person.per = '0s'",
            "limits.scan_per_person.per",
        ),
        (
            "limits.scan_per_person = { burst = 4000000000, per = '1s' }",
            "limits.scan_per_person",
        ),
        ("log.filter = 'saoma=loud'", "log.filter"),
        (
            "identity.introspection = { url = 'https://a:b@c/', client_id = 'a', client_secret = 'b' }",
            "identity.introspection.url",
        ),
        (
            "identity.jwks = { url = 'jwks.json', issuer = 'i', audience = 'a' }",
            "identity.jwks.url",
        ),
    ] {
        let error = Settings::from_toml(toml).expect_err(toml).to_string();
        assert!(error.starts_with(&format!("{named}: ")), "{toml}: {error}");
    }
}

/// Threat T17: the operator reads in the message what cannot be seen in the file.
#[test]
fn a_name_that_would_mislead_people_is_refused_with_the_character() {
    for (character, reason) in [
        ("\\u202E", "U+202E, which turns the direction of text"),
        ("\\u200B", "U+200B, which is invisible"),
        ("\\n", "U+000A, which ends a line"),
    ] {
        let client = format!(
            "client_id = 'a', name = \"A{character}B\", redirect_uris = ['https://a.example/']"
        );
        let error = Settings::from_toml(&format!("clients = [{{ {client} }}]"))
            .expect_err("a name that misleads");
        let expected = format!("clients.name: the name of \"a\" holds {reason}: remove it");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn each_wrong_setting_of_a_client_is_named() {
    let good = "client_id = 'a', name = 'A', redirect_uris = ['https://a.example/']";
    Settings::from_toml(&format!("clients = [{{ {good} }}]")).expect("a good client");
    for (right, wrong, named) in [
        ("'a'", "'a b'", "clients.client_id"),
        ("'A'", "' '", "clients.name"),
        ("'A'", "'A', secret = ''", "clients.secret"),
        ("'A'", "'A', pkce = 'optional'", "clients.pkce"),
        ("['https://a.example/']", "[]", "clients.redirect_uris"),
        ("https://a.example/", "/callback", "clients.redirect_uris"),
        (
            "https://a.example/",
            "https://a.example/#x",
            "clients.redirect_uris",
        ),
        (
            "https://a.example/",
            "javascript://a.example/%0aalert(1)",
            "clients.redirect_uris",
        ),
        (
            "'A'",
            "'A', origins = ['https://a.example/']",
            "clients.origins",
        ),
        ("'A'", "'A', origins = ['*']", "clients.origins"),
    ] {
        let client = good.replacen(right, wrong, 1);
        let error = Settings::from_toml(&format!("clients = [{{ {client} }}]"))
            .expect_err(&client)
            .to_string();
        assert!(
            error.starts_with(&format!("{named}: ")),
            "{client}: {error}"
        );
    }
    let error = Settings::from_toml(&format!("clients = [{{ {good} }}, {{ {good} }}]"))
        .expect_err("two of one id");
    assert_eq!(error.to_string(), "clients: \"a\" is there twice");
}

/// RFC 8252 §7 and §8.4: what an app may register, and what no client may.
#[test]
fn addresses_that_an_app_may_not_have_are_refused_by_name() {
    let told = |uri: &str, native: bool| {
        let client = format!(
            "clients = [{{ client_id = 'app', name = 'App', redirect_uris = ['{uri}'], native = {native} }}]"
        );
        Settings::from_toml(&client)
            .err()
            .map(|error| error.to_string())
    };
    for right in [
        "http://127.0.0.1/callback",
        "http://127.0.0.1:8400/callback",
        "http://[::1]/callback",
        "com.example.app:/callback",
        "https://app.example/callback",
    ] {
        assert_eq!(told(right, true), None, "{right}");
    }
    for (wrong, why) in [
        ("javascript:alert(1)", "would run"),
        ("data:text/html,x", "would run"),
        ("file:///etc/passwd", "would run"),
        ("myapp:/callback", "any app may take"),
        ("com.example.app://callback", "one slash"),
        ("com.example.app:callback", "one slash"),
        ("com.example.app:/callback#x", "without a fragment"),
        ("http://localhost/callback", "not on this machine"),
        ("http://app.example/callback", "not on this machine"),
        ("/callback", "absolute"),
    ] {
        let error = told(wrong, true).expect(wrong);
        assert!(
            error.starts_with(&format!("clients.redirect_uris: \"{wrong}\" of \"app\" ")),
            "{error}"
        );
        assert!(error.contains(why), "{error}");
    }
    for wrong in [
        "com.example.app:/callback",
        "javascript:alert(1)",
        "data:,x",
    ] {
        assert!(told(wrong, false).is_some(), "{wrong}");
    }
}

#[test]
fn a_client_has_its_secret_in_one_form_only() {
    let told = |secrets: &str| {
        let client = format!(
            "clients = [{{ client_id = 'a', name = 'A', redirect_uris = ['https://a.example/'], {secrets} }}]"
        );
        Settings::from_toml(&client)
            .err()
            .map(|error| error.to_string())
    };
    let hash = format!("secret_hash = 'sha256:{}'", "0".repeat(64));
    for one in ["secret = 's'", "secret_file = 'f'", &hash] {
        assert_eq!(told(one), None, "{one}");
    }
    for (secrets, setting) in [
        ("secret = 's', secret_file = 'f'", "clients.secret: "),
        (&format!("secret = 's', {hash}"), "clients.secret: "),
        (&format!("secret_file = 's', {hash}"), "clients.secret: "),
        ("secret_hash = 'hunter2'", "clients.secret_hash: "),
    ] {
        let error = told(secrets).expect(secrets);
        assert!(error.starts_with(setting), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
