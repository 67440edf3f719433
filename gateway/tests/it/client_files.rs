//! Clients in files of their own, read again on SIGHUP, and secrets in files or known by their hash only.

use std::os::unix::fs::PermissionsExt;

use saoma_gateway::{generate_secret, hash_secret};
use saoma_protocol::paths;

use crate::cli::{COMPLETE, Place, Server};

const SHOP: &str = "client_id = 'shop'\nname = 'Shop'\nredirect_uris = ['https://shop.example/cb']\n\
                    origins = ['https://shop.example']\n";

pub(crate) fn private(place: &Place, name: &str, text: &str) {
    let file = place.path(name);
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// A place with a folder for clients.
fn place() -> Place {
    let place = Place::with(&format!("oidc.clients_folder = 'clients'\n{COMPLETE}"));
    std::fs::create_dir(place.path("clients")).unwrap();
    std::fs::set_permissions(
        place.path("clients"),
        std::fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    place
}

/// A running node, asked over HTTP.
struct Asked {
    url: String,
    http: reqwest::Client,
}

impl Asked {
    fn of(server: &mut Server) -> Self {
        Self {
            url: format!("http://{}", server.listening()),
            http: reqwest::Client::new(),
        }
    }

    /// Returns true if the client proves itself by this secret: it is then told that a code is missing.
    async fn admits(&self, client: &str, secret: &str) -> bool {
        let request = self.http.post(format!("{}{}", self.url, paths::TOKEN));
        let request = request.basic_auth(client, Some(secret));
        let sent = request.form(&[("grant_type", "authorization_code")]).send();
        match sent.await.unwrap().status().as_u16() {
            400 => true,
            401 => false,
            status => panic!("{status}"),
        }
    }

    /// Returns true if pages of the shop may ask the gateway.
    async fn admits_pages_of_shop(&self) -> bool {
        let request = self.http.post(format!("{}{}", self.url, paths::TOKEN));
        let sent = request.header("Origin", "https://shop.example").send();
        sent.await
            .unwrap()
            .headers()
            .contains_key("access-control-allow-origin")
    }

    /// Returns true if a browser may be sent to this address of the shop.
    async fn admits_redirect(&self, uri: &str) -> bool {
        let query = [
            ("client_id", "shop"),
            ("redirect_uri", uri),
            ("response_type", "code"),
            ("scope", "openid"),
            ("code_challenge_method", "S256"),
            (
                "code_challenge",
                "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            ),
        ];
        let url =
            reqwest::Url::parse_with_params(&format!("{}{}", self.url, paths::AUTHORIZE), query);
        self.http.get(url.unwrap()).send().await.unwrap().status() == 200
    }
}

/// Rows I6 and K4: clients come, change and go without a restart; a file with a fault leaves all as they were.
#[tokio::test]
async fn k4_sighup_reads_the_clients_again_and_a_fault_changes_nothing() {
    let place = place();
    let mut server = place.serve();
    let asked = Asked::of(&mut server);
    assert!(!asked.admits("shop", "").await, "it is not registered yet");
    assert!(!asked.admits_pages_of_shop().await);

    let (first, second) = (generate_secret(), generate_secret());
    private(&place, "shop.secret", &first);
    private(
        &place,
        "clients/shop.toml",
        &format!("{SHOP}secret_file = 'shop.secret'\n"),
    );
    server.hang_up();
    let told = server.logged("reloaded a part");
    assert_eq!(
        (&told["added"], &told["removed"]),
        (&"[\"shop\"]".into(), &"[]".into())
    );
    assert!(asked.admits("shop", first.trim_end()).await);
    assert!(!asked.admits("shop", "").await);
    assert!(asked.admits_pages_of_shop().await);
    assert!(asked.admits_redirect("https://shop.example/cb").await);
    assert!(!asked.admits_redirect("http://127.0.0.1:51004/cb").await);

    // The secret's file alone has changed.
    private(&place, "shop.secret", &second);
    server.hang_up();
    assert_eq!(server.logged("reloaded a part")["changed"], "[\"shop\"]");
    assert!(!asked.admits("shop", first.trim_end()).await);
    assert!(asked.admits("shop", second.trim_end()).await);

    // A fault in one file keeps the clients of all.
    let hash = hash_secret("correct horse battery staple").unwrap();
    let native = SHOP.replace("['https://shop.example/cb']", "['http://127.0.0.1/cb']");
    let native = format!("{native}native = true\nsecret_hash = '{hash}'\n");
    private(&place, "clients/shop.toml", &native);
    private(
        &place,
        "clients/z.toml",
        "client_id = 'shop'\nname = 'Kiosk'\n",
    );
    server.hang_up();
    let told = server.logged("could not reload the settings");
    let error = told["error"].as_str().unwrap();
    for part in ["clients/shop.toml", "clients/z.toml", "redirect_uris"] {
        assert!(error.contains(part), "{error}");
    }
    assert!(asked.admits("shop", second.trim_end()).await);

    std::fs::remove_file(place.path("clients/z.toml")).unwrap();
    server.hang_up();
    server.logged("reloaded a part");
    assert!(!asked.admits("shop", second.trim_end()).await);
    assert!(asked.admits("shop", "correct horse battery staple").await);
    assert!(
        asked.admits("shop", "correct horse battery staple").await,
        "the second time too"
    );
    assert!(asked.admits_redirect("http://127.0.0.1:51004/cb").await);
    assert!(!asked.admits_redirect("https://shop.example/cb").await);

    std::fs::remove_file(place.path("clients/shop.toml")).unwrap();
    server.hang_up();
    assert_eq!(server.logged("reloaded a part")["removed"], "[\"shop\"]");
    assert!(!asked.admits("shop", "correct horse battery staple").await);
    assert!(!asked.admits_pages_of_shop().await);
}

/// Files with secrets are opened by check-config as by a start, and others must not be able to read them.
#[test]
fn a13_files_of_secrets_are_opened_and_must_be_private() {
    let secret = "8f14e45fceea167a5a36dedd4bea2543\n";
    for (contents, mode, expected) in [
        (Some(secret), 0o600, None),
        (None, 0o600, Some("cannot read hall.secret")),
        (
            Some("\n"),
            0o600,
            Some("cannot use hall.secret: it is empty"),
        ),
        (
            Some(secret),
            0o644,
            Some("hall.secret has the permissions 644"),
        ),
    ] {
        for (from, to, setting) in [
            (
                "secret = \"hunter2-0f9e8d7c6b5a\"",
                "secret_file = 'hall.secret'",
                "clients.secret_file",
            ),
            (
                "client_secret = \"hunter2-1a2b3c4d5e6f\"",
                "client_secret_file = 'hall.secret'",
                "identity.introspection.client_secret_file",
            ),
            (
                "[[clients]]",
                "[store]\nurl = 'redis://127.0.0.1:1'\npassword_file = 'hall.secret'\n[oidc]\n\
                 signing_keys = ['key.pem']\n[cluster]\nsecret_files = ['c.secret']\n[[clients]]",
                "store.password_file",
            ),
        ] {
            assert!(COMPLETE.contains(from), "{from}");
            let place = Place::with(&COMPLETE.replace(from, to));
            private(&place, "key.pem", &saoma_gateway::generate_pem().unwrap());
            private(&place, "c.secret", &generate_secret());
            if let Some(contents) = contents {
                private(&place, "hall.secret", contents);
                let mode = std::fs::Permissions::from_mode(mode);
                std::fs::set_permissions(place.path("hall.secret"), mode).unwrap();
            }
            let checked = place.run(&["check-config", "--config", "saoma.toml"]);
            let told: Vec<_> = checked
                .err
                .lines()
                .filter(|line| !line.contains("warning"))
                .collect();
            match expected {
                None => assert_eq!(checked.code, Some(0), "{setting}: {checked:?}"),
                Some(expected) => {
                    // Of several clients the one at fault is named.
                    let owner = match setting {
                        "clients.secret_file" => "use hall.secret of \"hall\":",
                        _ => "use hall.secret:",
                    };
                    let expected = expected.replace("use hall.secret:", owner);
                    let expected = format!("saoma: {setting}: {expected}");
                    assert_eq!(told.len(), 1, "{setting}: {told:#?}");
                    assert!(told[0].starts_with(&expected), "{expected}: {told:?}");
                }
            }
        }
    }
}

#[test]
fn a13_a_weak_secret_in_a_file_and_an_open_folder_are_refused() {
    let settings = COMPLETE.replace(
        "secret = \"hunter2-0f9e8d7c6b5a\"",
        "secret_file = 'hall.secret'",
    );
    let remote = "[server]\npublic_url = 'https://login.example'\ntrusted_proxies = []";
    let settings = settings.replace("[server]", remote);
    let place = Place::with(&format!("oidc.clients_folder = 'clients'\n{settings}"));
    private(&place, "hall.secret", "password\n");
    std::fs::create_dir(place.path("clients")).unwrap();
    std::fs::set_permissions(
        place.path("clients"),
        std::fs::Permissions::from_mode(0o777),
    )
    .unwrap();
    let checked = place.run(&["check-config", "--config", "saoma.toml"]);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    for expected in [
        "saoma: clients.secret: the secret of \"hall\" is shorter than 16 characters",
        "saoma: oidc.clients_folder: clients has the permissions 777",
    ] {
        assert!(checked.err.contains(expected), "{expected}: {checked:?}");
    }
}

#[test]
fn a_secret_is_hashed_from_its_file() {
    let place = Place::with("");
    private(&place, "made.secret", &generate_secret());
    let hashed = place.run(&["hash-secret", "made.secret"]);
    assert!(hashed.out.starts_with("sha256:"), "{hashed:?}");
    private(&place, "own.secret", "correct horse battery staple");
    let hashed = place.run(&["hash-secret", "own.secret"]);
    assert!(hashed.out.starts_with("$argon2id$"), "{hashed:?}");
    private(&place, "empty.secret", "");
    assert_eq!(place.run(&["hash-secret", "empty.secret"]).code, Some(1));
}

/// The file of a client is held to the same as other files that decide who logs in.
#[test]
fn a_client_that_others_can_change_is_refused() {
    for (mode, is_refused) in [(0o644, false), (0o664, true), (0o646, true)] {
        let place = place();
        private(&place, "clients/shop.toml", SHOP);
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(place.path("clients/shop.toml"), permissions).unwrap();
        let checked = place.run(&["check-config", "--config", "saoma.toml"]);
        assert_eq!(checked.code, Some(i32::from(is_refused)), "{checked:?}");
        let expected =
            format!("saoma: oidc.clients_folder: clients/shop.toml has the permissions {mode:03o}");
        assert_eq!(checked.err.contains(&expected), is_refused, "{checked:?}");
    }
}

#[test]
fn the_printed_settings_name_the_file_of_each_client() {
    let place = place();
    private(&place, "clients/shop.toml", SHOP);
    let printed = place.run(&["print-config", "--config", "saoma.toml"]).out;
    let headers: Vec<_> = printed
        .lines()
        .filter(|line| line.starts_with("[[clients]]"))
        .collect();
    let expected = [
        "[[clients]]  # saoma.toml",
        "[[clients]]  # clients/shop.toml",
    ];
    assert_eq!(headers, expected, "{printed}");
}

/// A reload warns of the unsafe settings that it brings, as a start does.
#[test]
fn a_reload_logs_the_unsafe_settings() {
    let place = place();
    let mut server = place.serve();
    server.listening();
    private(
        &place,
        "clients/shop.toml",
        &format!("{SHOP}secret = 'weak'\n"),
    );
    server.hang_up();
    let warned = server.logged("a setting is unsafe");
    assert_eq!(warned["setting"], "clients.secret", "{warned}");
    server.logged("reloaded the settings");
}

/// A node that a program starts reads no secret out of a file that others can read.
#[tokio::test]
async fn a_start_looks_at_the_permissions_of_a_secret_before_it_reads_it() {
    let world = crate::support::World::in_memory();
    let file = world.path("hall.secret");
    std::fs::write(&file, generate_secret()).unwrap();
    let start = async |mode| {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let mut settings = world.settings();
        settings.server.allow_insecure = false;
        settings.server.public_url = "http://127.0.0.1:8080".into();
        settings.oidc.signing_keys.clear();
        settings.cluster.secret_files.clear();
        settings.clients[0].secret = None;
        settings.clients[0].secret_file = Some(file.clone());
        saoma_gateway::Gateway::start(settings).await
    };
    let refused = start(0o644).await.expect_err("a refusal").to_string();
    assert!(
        refused.starts_with("clients.secret_file: ") && refused.contains("permissions 644"),
        "{refused}"
    );
    start(0o600).await.expect("a private file");
}
