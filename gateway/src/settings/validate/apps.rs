//! Checks of the apps and of the check files.

use std::collections::HashSet;

use saoma_protocol::SteeringChar;
use url::Url;

use super::{check, invalid, is_page_uri};
use crate::settings::apps::CODE_IN_LINK;
use crate::settings::{AppSettings, CheckFileSettings, ClientSettings, Settings, SettingsError};

/// Maximum number of characters of a check file's name before its ending.
const MAX_NAME: usize = 64;

/// Maximum number of characters of a check file.
const MAX_CONTENT: usize = 1024;

impl Settings {
    pub(super) fn validate_apps(&self) -> Result<(), SettingsError> {
        let mut names = HashSet::new();
        let apps = self.apps.iter().flat_map(|app| {
            let once = check(
                names.insert(&app.name),
                "apps.name",
                format!("{:?} is there twice", app.name),
            );
            [validate_app(app), once]
        });
        let mut files = HashSet::new();
        let check_files = self.check_files.iter().flat_map(|file| {
            let once = check(
                files.insert(&file.name),
                "check_files.name",
                format!("{:?} is there twice", file.name),
            );
            [validate_check_file(file), once]
        });
        let of_clients = self.clients.iter().map(|client| self.check_apps_of(client));
        SettingsError::of_all(apps.chain(check_files).chain(of_clients))
    }

    /// Checks that the apps of a client are there.
    fn check_apps_of(&self, client: &ClientSettings) -> Result<(), SettingsError> {
        let is_known = |name: &&String| self.apps.iter().any(|app| app.name == **name);
        let unknown = client.apps.iter().flatten().find(|name| !is_known(name));
        let problem = unknown.map(|name| {
            let id = &client.client_id;
            format!("{id:?} names the app {name:?}, which is not among [[apps]]")
        });
        check(
            problem.is_none(),
            "clients.apps",
            problem.unwrap_or_default(),
        )
    }
}

fn validate_app(app: &AppSettings) -> Result<(), SettingsError> {
    let name = &app.name;
    let steering = SteeringChar::first_in(name).map(|steering| {
        let problem = format!("the name {name:?} holds {steering}: remove it");
        Err(invalid("apps.name", problem))
    });
    let named = check(
        !name.trim().is_empty(),
        "apps.name",
        "give the name that people know the app by",
    );
    let link = problem_with_link(&app.link);
    let link = check(
        link.is_none(),
        "apps.link",
        format!("{:?} of {name:?} {}", app.link, link.unwrap_or_default()),
    );
    let stores = app.stores().map(|(setting, address)| {
        let problem = format!(
            "{address:?} of {name:?} must be an absolute http or https URL without a fragment"
        );
        check(is_page_uri(address), setting, problem)
    });
    let package = app.android_package.as_ref().map(|package| {
        let problem =
            format!("{package:?} of {name:?} is no package: give one such as com.example.app");
        check(is_package(package), "apps.android_package", problem)
    });
    let both = check(
        app.android_package.is_some() != app.android_sha256.is_empty(),
        "apps.android_sha256",
        format!("{name:?} needs both android_package and android_sha256, or neither of them"),
    );
    let fingerprints = app.android_sha256.iter().map(|fingerprint| {
        let problem = format!(
            "{fingerprint:?} of {name:?} is no SHA-256 fingerprint: give 32 pairs of hexadecimal digits with colons between them"
        );
        check(is_fingerprint(fingerprint), "apps.android_sha256", problem)
    });
    let apple = app.apple_app_ids.iter().map(|id| {
        let problem = format!(
            "{id:?} of {name:?} is no App ID: give the team of 10 characters and the bundle, such as ABCDE12345.com.example.app"
        );
        check(is_apple_id(id), "apps.apple_app_ids", problem)
    });
    let harmony = app.harmony_app_ids.iter().map(|id| {
        let problem = format!(
            "{id:?} of {name:?} is no app identifier: give the digits that AppGallery Connect shows"
        );
        let is_number =
            (1..=32).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
        check(is_number, "apps.harmony_app_ids", problem)
    });
    let paths = app.paths.iter().map(|path| {
        let problem = format!("{path:?} of {name:?} is no path: give one such as /q/*");
        let is_path = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
        check(is_path, "apps.paths", problem)
    });
    SettingsError::of_all(
        [named, link, both]
            .into_iter()
            .chain(steering)
            .chain(stores)
            .chain(package)
            .chain(fingerprints)
            .chain(apple)
            .chain(harmony)
            .chain(paths),
    )
}

/// Returns the problem with a link to an app, as the end of a sentence. A page offers it, so it must not run in the page.
fn problem_with_link(link: &str) -> Option<&'static str> {
    const NO_LINK: &str =
        "is no absolute address: give one such as https://app.example/open?code={code}";
    // Before the code, the address is as it stands: a code chooses neither scheme nor host.
    let Some((start, _)) = link.split_once(CODE_IN_LINK) else {
        return Some(
            "lacks {code}: write it where the scan code belongs, such as https://app.example/open?code={code}",
        );
    };
    if link.bytes().any(|byte| !byte.is_ascii_graphic()) {
        return Some("holds a space or a character outside of ASCII: write it percent-encoded");
    }
    let Ok(url) = Url::parse(&link.replace(CODE_IN_LINK, "0")) else {
        return Some(NO_LINK);
    };
    match url.scheme() {
        "javascript" | "data" | "vbscript" | "blob" | "file" | "about" | "view-source" => {
            Some("would run or open in the browser itself: give an address that opens the app")
        }
        "http" | "https" if !url.username().is_empty() || url.password().is_some() => {
            Some("holds a user: leave it out")
        }
        "http" | "https" => {
            let authority = start.split_once("://").map(|(_, rest)| rest);
            let is_behind = authority.is_some_and(|rest| rest.contains(['/', '?', '#']));
            (!is_behind).then_some("has {code} in its host: write it into the path or the query")
        }
        _ if !start.contains(':') => Some(NO_LINK),
        _ => None,
    }
}

/// Returns true for the name of an Android package.
fn is_package(text: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    text.contains('.') && text.split('.').all(is_word)
}

fn is_fingerprint(text: &str) -> bool {
    let is_pair = |pair: &str| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split(':').count() == 32 && text.split(':').all(is_pair)
}

fn is_apple_id(text: &str) -> bool {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    text.split_once('.').is_some_and(|(team, bundle)| {
        team.len() == 10
            && team
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && !bundle.is_empty()
            && bundle.bytes().all(is_name)
    })
}

fn validate_check_file(file: &CheckFileSettings) -> Result<(), SettingsError> {
    let CheckFileSettings { name, content } = file;
    let stem = name.strip_suffix(".txt").unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let is_name = (1..=MAX_NAME).contains(&stem.len()) && stem.bytes().all(is_plain);
    let is_text = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    let is_content = (1..=MAX_CONTENT).contains(&content.len()) && content.bytes().all(is_text);
    SettingsError::of_all([
        check(
            is_name,
            "check_files.name",
            format!(
                "{name:?} is refused: give up to {MAX_NAME} letters, digits, _ and -, and .txt"
            ),
        ),
        check(
            is_content,
            "check_files.content",
            format!(
                "that of {name:?} is refused: give up to {MAX_CONTENT} characters of visible ASCII, on one line"
            ),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "name = 'App', link = 'https://app.example/open?code={code}'";

    fn told(toml: &str) -> Option<String> {
        Settings::from_toml(toml)
            .err()
            .map(|error| error.to_string())
    }

    #[test]
    fn b2_links_that_open_an_app_are_taken() {
        for link in [
            "https://app.example/open?code={code}",
            "https://app.example/open/{code}",
            "shili://scan?code={code}",
            "com.example.app:/scan/{code}",
            "intent://scan?code={code}#Intent;scheme=shili;package=com.example.app;end",
        ] {
            let toml = format!("apps = [{{ name = 'App', link = '{link}' }}]");
            assert_eq!(told(&toml), None, "{link}");
        }
    }

    #[test]
    fn b2_links_that_would_run_or_lose_the_code_are_refused() {
        for (link, why) in [
            ("javascript:alert('{code}')", "would run"),
            ("data:text/html,{code}", "would run"),
            ("view-source:https://app.example/{code}", "would run"),
            ("https://app.example/open", "lacks {code}"),
            ("https://app.example/{CODE}", "lacks {code}"),
            ("https://{code}.app.example/", "{code} in its host"),
            ("https://app.example{code}", "{code} in its host"),
            ("https://a:b@app.example/{code}", "holds a user"),
            ("{code}://app.example/", "no absolute address"),
            ("/open?code={code}", "no absolute address"),
            ("https://app.example/a b?code={code}", "holds a space"),
            ("", "lacks {code}"),
        ] {
            let toml = format!("apps = [{{ name = 'App', link = \"{link}\" }}]");
            let error = told(&toml).expect(link);
            assert!(error.starts_with("apps.link: "), "{error}");
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn b2_each_wrong_member_of_an_app_is_named() {
        assert_eq!(told(&format!("apps = [{{ {APP} }}]")), None);
        let fingerprint = ["AB"; 32].join(":");
        let right = format!(
            "android_package = 'com.example.app', android_sha256 = ['{fingerprint}'], \
             apple_app_ids = ['ABCDE12345.com.example.app'], harmony_app_ids = ['110123456'], \
             get = 'https://app.example/get', paths = ['/q/*']"
        );
        assert_eq!(told(&format!("apps = [{{ {APP}, {right} }}]")), None);
        for (right_part, wrong, named) in [
            ("com.example.app'", "example'", "apps.android_package"),
            ("com.example.app'", "com.1x'", "apps.android_package"),
            (&*fingerprint, "AB:CD", "apps.android_sha256"),
            (&fingerprint, &"AB".repeat(32), "apps.android_sha256"),
            ("ABCDE12345.", "", "apps.apple_app_ids"),
            ("110123456", "app", "apps.harmony_app_ids"),
            ("https://app.example/get", "javascript:x", "apps.get"),
            ("/q/*", "q", "apps.paths"),
        ] {
            let wrong = right.replacen(right_part, wrong, 1);
            let error = told(&format!("apps = [{{ {APP}, {wrong} }}]")).expect(&wrong);
            assert!(error.starts_with(&format!("{named}: ")), "{wrong}: {error}");
        }
        for (toml, named) in [
            (
                format!("{APP}, android_package = 'a.b'"),
                "apps.android_sha256",
            ),
            (APP.replace("'App'", "' '"), "apps.name"),
            (APP.replace("'App'", "\"A\\u202E\""), "apps.name"),
        ] {
            let error = told(&format!("apps = [{{ {toml} }}]")).expect(&toml);
            assert!(error.starts_with(&format!("{named}: ")), "{error}");
        }
        let twice = told(&format!("apps = [{{ {APP} }}, {{ {APP} }}]"));
        assert_eq!(twice.as_deref(), Some("apps.name: \"App\" is there twice"));
    }

    #[test]
    fn b2_a_client_names_apps_that_are_there() {
        let client = |apps: &str| {
            format!(
                "apps = [{{ {APP} }}]\n[[clients]]\nclient_id = 'hall'\nname = 'Hall'\napps = {apps}\n\
                 redirect_uris = ['https://hall.example/']"
            )
        };
        for right in ["['App']", "[]"] {
            assert_eq!(told(&client(right)), None, "{right}");
        }
        let error = told(&client("['Other']")).expect("no such app");
        assert!(error.starts_with("clients.apps: "), "{error}");
        assert!(error.contains("\"Other\""), "{error}");
    }

    #[test]
    fn b2_check_files_have_strict_names() {
        for (name, content, named) in [
            ("MP_verify_aB3-.txt", "aB3", None),
            ("../x.txt", "x", Some("check_files.name")),
            (".txt", "x", Some("check_files.name")),
            ("index.html", "x", Some("check_files.name")),
            ("a/b.txt", "x", Some("check_files.name")),
            ("{file}.txt", "x", Some("check_files.name")),
            ("a.txt", "", Some("check_files.content")),
            ("a.txt", "a\\nb", Some("check_files.content")),
        ] {
            let toml = format!("check_files = [{{ name = '{name}', content = \"{content}\" }}]");
            let error = told(&toml);
            assert_eq!(
                error
                    .as_deref()
                    .and_then(|error| error.split_once(": "))
                    .map(|(named, _)| named),
                named,
                "{toml}: {error:?}"
            );
        }
    }
}
