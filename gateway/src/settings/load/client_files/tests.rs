//! Tests of the folder of clients.

use crate::settings::{Loaded, Settings, Sources};

/// A folder of clients beside a settings file with one client, `hall`.
fn with_client_files(files: &[(&str, &str)]) -> (tempfile::TempDir, Loaded) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let folder = directory.path().join("clients");
    std::fs::create_dir(&folder).expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.join(name), text).expect("a file");
    }
    let file = directory.path().join("saoma.toml");
    let text = format!(
        "oidc.clients_folder = '{}'\n[[clients]]\nclient_id = 'hall'\nname = 'Hall'\n\
         redirect_uris = ['https://hall.example/']",
        folder.display()
    );
    std::fs::write(&file, text).expect("a file");
    let sources = Sources {
        file: Some(file),
        ..Sources::default()
    };
    let loaded = Settings::load_with_findings(&sources);
    (directory, loaded)
}

const SHOP: &str = "client_id = 'shop'\nname = 'Shop'\nredirect_uris = ['https://shop.example/']\n";

#[test]
fn each_file_of_the_folder_is_a_client() {
    let kiosk = SHOP.replace("shop", "kiosk");
    let (_directory, loaded) = with_client_files(&[
        ("shop.toml", SHOP),
        ("kiosk.toml", &kiosk),
        (".shop.toml", "an editor's own"),
        ("shop.toml~", "an editor's own"),
        ("README", "for people"),
    ]);
    let settings = loaded.effective.expect("readable settings").settings;
    let ids = settings.clients.iter().map(|client| &*client.client_id);
    assert_eq!(ids.collect::<Vec<_>>(), ["hall", "kiosk", "shop"]);
}

/// Each fault is told with its file and line, and a file with a fault gives no client.
#[test]
fn faults_of_client_files_are_told_with_file_and_line() {
    let (directory, loaded) = with_client_files(&[
        ("a.toml", SHOP),
        (
            "b.toml",
            "client_id = 'kiosk'\nname = 'Kiosk'\nredirect_uri = ['https://k.example/']",
        ),
        ("c.toml", &format!("{SHOP}agree = 'sometimes'")),
        (
            "d.toml",
            &format!("# The hall again.\n{}", SHOP.replace("shop'", "hall'")),
        ),
        ("e.toml", SHOP),
        ("f.toml", "client_id = 'kiosk'\nname = [\n"),
        (
            "g.toml",
            "client_id = 'g'\nname = 'G'\nredirect_uris = [\n'javascript:alert(1)']",
        ),
    ]);
    let folder = directory.path().join("clients");
    let place = |file: &str| folder.join(file).display().to_string();
    let errors: Vec<String> = loaded.errors.iter().map(ToString::to_string).collect();
    for (error, file, expected) in [
        (
            "clients.redirect_uri in ",
            "b.toml, line 3",
            " is not a setting; did you mean clients.redirect_uris?",
        ),
        ("clients.agree in ", "c.toml, line 4", ": unknown variant"),
        (
            "clients.client_id in ",
            "d.toml, line 2",
            ": \"hall\" is the client of ",
        ),
        (
            "clients.client_id in ",
            "e.toml, line 1",
            &format!(": \"shop\" is the client of {} too", place("a.toml")),
        ),
        ("", "f.toml", ": invalid TOML at line "),
        (
            "clients.redirect_uris in ",
            "g.toml, line 3",
            ": \"javascript:alert(1)\" of \"g\" would run",
        ),
    ] {
        let expected = format!("{error}{}{expected}", place(file));
        assert!(
            errors.iter().any(|error| error.starts_with(&expected)),
            "{expected}: {errors:#?}"
        );
    }
    let settings = loaded.effective.expect("readable settings").settings;
    let ids = settings.clients.iter().map(|client| &*client.client_id);
    assert_eq!(ids.collect::<Vec<_>>(), ["hall", "shop"]);
}

#[test]
fn a_folder_of_clients_that_is_missing_is_told() {
    let variable = ("SAOMA_OIDC_CLIENTS_FOLDER", "/nowhere/clients");
    let sources = Sources {
        environment: vec![(variable.0.into(), variable.1.into())],
        ..Sources::default()
    };
    let error = Settings::load(&sources).expect_err("no folder").to_string();
    assert!(
        error.starts_with("oidc.clients_folder: cannot read /nowhere/clients"),
        "{error}"
    );
}

/// The examples of the docs are written for the settings' file, with `[[clients]]`.
#[test]
fn a_file_that_is_written_like_the_settings_is_told_what_to_leave_out() {
    let (_directory, loaded) = with_client_files(&[("a.toml", &format!("[[clients]]\n{SHOP}"))]);
    let errors = loaded.errors.iter().map(ToString::to_string);
    let errors = errors.collect::<Vec<_>>().join("\n");
    assert!(errors.contains("leave [[clients]] out"), "{errors}");
    assert!(!errors.contains("did you mean"), "{errors}");
}
