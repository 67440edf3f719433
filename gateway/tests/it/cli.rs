//! The binary `saoma` as operators meet it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use tempfile::TempDir;

pub(crate) const COMPLETE: &str = r#"
    [server]
    listen = "127.0.0.1:0"
    drain_delay = "0s"
    drain_window = "1h"
    header_timeout = "5m"
    [operations]
    enabled = false
    [log]
    format = "json"
    [identity.introspection]
    url = "http://127.0.0.1:1/introspect"
    client_id = "gateway"
    client_secret = "hunter2-1a2b3c4d5e6f"
    audience = "saoma"
    [[clients]]
    client_id = "hall"
    name = "Service hall"
    secret = "hunter2-0f9e8d7c6b5a"
    redirect_uris = ["https://hall.example/callback"]
"#;

/// A folder with a settings file.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn with(settings: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        std::fs::write(place.path("saoma.toml"), settings).unwrap();
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saoma"));
        command
            .args(arguments)
            .env_clear()
            .current_dir(self.0.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        self.run_with(arguments, &[])
    }

    /// The same with variables of the environment.
    pub(crate) fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Answer {
        let mut command = self.command(arguments);
        let command = command.envs(environment.iter().copied());
        command.output().unwrap().into()
    }

    pub(crate) fn serve(&self) -> Server {
        let command = self
            .command(&["serve", "--config", "saoma.toml"])
            .stderr(Stdio::piped())
            .spawn();
        let mut process = command.unwrap();
        let log = BufReader::new(process.stderr.take().unwrap());
        Server { process, log }
    }
}

#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}

/// A node in a process of its own, which does not outlive its test.
pub(crate) struct Server {
    process: Child,
    log: BufReader<ChildStderr>,
}

impl Server {
    /// Waits for the log line of this message.
    pub(crate) fn logged(&mut self, message: &str) -> serde_json::Value {
        loop {
            let line = self.next_line();
            let said = line["message"].as_str();
            if said.is_some_and(|said| said.starts_with(message)) {
                return line;
            }
        }
    }

    /// Waits for the next log line.
    pub(crate) fn next_line(&mut self) -> serde_json::Value {
        let mut line = String::new();
        self.log.read_line(&mut line).unwrap();
        serde_json::from_str::<serde_json::Value>(&line).unwrap()["fields"].clone()
    }

    pub(crate) fn listening(&mut self) -> String {
        self.logged("serving")["listen"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Asks it to read its settings again.
    pub(crate) fn hang_up(&self) {
        self.signal("HUP");
    }

    fn ask_to_stop(&self) {
        self.signal("TERM");
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.process.id());
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
    }

    fn exit_code(&mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn settings_are_checked_before_a_node_is_started_with_them() {
    let answer = Place::with(COMPLETE).run(&["check-config", "--config", "saoma.toml"]);
    assert_eq!(
        answer,
        Answer {
            code: Some(0),
            out: "the settings are right\n".into(),
            err: String::new()
        }
    );
    let answer = Place::with(&format!("store.ulr = 'memory:'\n{COMPLETE}")).run(&[
        "check-config",
        "--config",
        "saoma.toml",
    ]);
    let said = "saoma: store.ulr in saoma.toml is not a setting; did you mean store.url?\n";
    assert_eq!(
        answer,
        Answer {
            code: Some(1),
            out: String::new(),
            err: said.into()
        }
    );
}

#[test]
fn wrong_usage_and_wrong_settings_do_not_start_a_node() {
    let place = Place::with(COMPLETE);
    for (arguments, said) in [
        (&["serve"][..], "[[clients]]"),
        (&["serve", "--config", "nowhere.toml"], "nowhere.toml"),
        (
            &["serve", "--config", "saoma.toml", "--listen", "everywhere"],
            "--listen",
        ),
        (
            &[
                "serve",
                "--config",
                "saoma.toml",
                "--redis-url",
                "redis://127.0.0.1",
            ],
            "oidc.signing_keys",
        ),
        (&["serve", "--lisen", "127.0.0.1:0"], "--listen"),
        (&["dance"], "dance"),
    ] {
        let answer = place.run(arguments);
        assert_eq!(answer.code, Some(64), "{arguments:?}: {answer:?}");
        assert!(answer.err.contains(said), "{arguments:?}: {answer:?}");
    }
}

#[test]
fn a_node_that_cannot_have_its_address_says_which_setting_names_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let answer =
        Place::with(COMPLETE).run(&["serve", "--config", "saoma.toml", "--listen", &address]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(
        answer.err.contains(&address) && answer.err.contains("server.listen"),
        "{answer:?}"
    );
}

#[test]
fn what_is_printed_says_where_it_came_from_and_holds_no_secret() {
    let place = Place::with(COMPLETE);
    let mut command = place.command(&[
        "print-config",
        "--config",
        "saoma.toml",
        "--public-url",
        "https://a.example",
    ]);
    let answer: Answer = command.env("PORT", "7").output().unwrap().into();
    assert_eq!((answer.code, answer.err.as_str()), (Some(0), ""));
    assert!(!answer.out.contains("hunter2"), "{}", answer.out);
    for line in [
        "listen = \"127.0.0.1:7\"  # PORT",
        "public_url = \"https://a.example\"  # --public-url",
        "drain_window = \"1h\"  # saoma.toml",
        "backlog = 4096",
    ] {
        assert!(
            answer.out.lines().any(|printed| printed == line),
            "{line}: {}",
            answer.out
        );
    }
}

#[test]
fn a_new_key_is_the_owners_alone_and_replaces_none() {
    let place = Place::with(&format!("oidc.signing_keys = ['key.pem']\n{COMPLETE}"));
    assert_eq!(place.run(&["generate-key", "key.pem"]).code, Some(0));
    let mode = std::fs::metadata(place.path("key.pem"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let key = std::fs::read(place.path("key.pem")).unwrap();
    let again = place.run(&["generate-key", "key.pem"]);
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("key.pem"), "{again:?}");
    assert_eq!(std::fs::read(place.path("key.pem")).unwrap(), key);
    assert!(
        place
            .run(&["generate-key", "--es256"])
            .out
            .starts_with("-----BEGIN PRIVATE KEY-----\n")
    );
    let printed = place.run(&["generate-key"]);
    assert!(printed.out.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert_ne!(printed.out.as_bytes(), key);
    place.serve().listening();
}

/// Row A16: nodes that share a Redis share a secret, and a start without one says what to do.
#[test]
fn nodes_on_a_redis_need_a_secret_of_their_own_making() {
    let settings = "oidc.signing_keys = ['key.pem']\ncluster.secret_files = ['cluster.secret']";
    let place = Place::with(&format!("{settings}\n{COMPLETE}"));
    assert_eq!(place.run(&["generate-key", "key.pem"]).code, Some(0));
    let made = place.run(&["generate-secret", "cluster.secret"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let file = place.path("cluster.secret");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let secret = std::fs::read_to_string(&file).unwrap();
    let digits = secret.trim_end();
    assert_eq!(digits.len(), 64);
    assert!(digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let again = place.run(&["generate-secret", "cluster.secret"]);
    assert_eq!(again.code, Some(1), "an existing file is left alone");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), secret);
    assert_ne!(place.run(&["generate-secret"]).out, secret);
    place.serve().listening();

    // Another text is no secret, and is not shown.
    std::fs::write(&file, "hunter2").unwrap();
    let refused = place.run(&["serve", "--config", "saoma.toml"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("cluster.secret"), "{refused:?}");
    assert!(refused.err.contains("generate-secret"), "{refused:?}");
    assert!(!refused.err.contains("hunter2"), "{refused:?}");

    let alone = Place::with(&format!("oidc.signing_keys = ['key.pem']\n{COMPLETE}"));
    assert_eq!(alone.run(&["generate-key", "key.pem"]).code, Some(0));
    let url = "redis://127.0.0.1";
    let refused = alone.run(&["serve", "--config", "saoma.toml", "--redis-url", url]);
    assert_eq!(refused.code, Some(64), "{refused:?}");
    assert!(refused.err.contains("cluster.secret_files"), "{refused:?}");
    assert!(refused.err.contains("generate-secret"), "{refused:?}");
}

#[test]
fn a_node_that_is_asked_to_stop_drains_and_ends_well() {
    let place = Place::with(COMPLETE);
    let mut server = place.serve();
    server.listening();
    server.ask_to_stop();
    server.logged("drained");
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn a_second_signal_ends_a_node_that_still_drains() {
    let place = Place::with(COMPLETE);
    let mut server = place.serve();
    // A request whose body does not come keeps the drain waiting; "100 Continue" says that the node
    // waits for it.
    let mut slow = TcpStream::connect(server.listening()).unwrap();
    slow.write_all(
        b"POST /oauth2/token HTTP/1.1\r\nhost: a.example\r\nexpect: 100-continue\r\n\
          content-type: application/x-www-form-urlencoded\r\ncontent-length: 9\r\n\r\n",
    )
    .unwrap();
    let mut continued = [0; 12];
    slow.read_exact(&mut continued).unwrap();
    assert_eq!(&continued, b"HTTP/1.1 100");
    server.ask_to_stop();
    server.logged("draining");
    server.ask_to_stop();
    server.logged("ended at once");
    assert_eq!(server.exit_code(), Some(0));
}

/// The settings above for other machines.
fn for_the_internet(more: &str) -> String {
    let public = format!("[server]\npublic_url = \"https://login.example\"\n{more}");
    COMPLETE.replace("[server]", &public)
}

/// The number of lines of errors. All warnings follow them.
fn errors_before_warnings(answer: &Answer) -> usize {
    let is_warning = |line: &&str| line.starts_with("saoma: warning: ");
    let lines: Vec<_> = answer.err.lines().collect();
    let errors = lines.iter().position(is_warning).unwrap_or(lines.len());
    assert!(lines[errors..].iter().all(is_warning), "{answer:?}");
    errors
}

/// Row A5, threat T38.
#[test]
fn a5_an_https_gateway_starts_only_with_a_statement_on_proxies() {
    let check = ["check-config", "--config", "saoma.toml"];
    let serve = ["serve", "--config", "saoma.toml"];
    let silent = Place::with(&for_the_internet(""));
    for (arguments, code) in [(check, 1), (serve, 64)] {
        let answer = silent.run(&arguments);
        assert_eq!(answer.code, Some(code), "{answer:?}");
        assert!(
            answer.err.starts_with("saoma: server.trusted_proxies: "),
            "{answer:?}"
        );
        assert_eq!(errors_before_warnings(&answer), 1, "{answer:?}");
    }
    let mut by_environment = silent.command(&check);
    by_environment.env("SAOMA_SERVER_TRUSTED_PROXIES", "");
    let answer: Answer = by_environment.output().unwrap().into();
    assert_eq!(answer.code, Some(0), "{answer:?}");
    for list in ["", "'192.0.2.10'", "'10.0.0.0/8', 'fd00::/8'"] {
        let stated = for_the_internet(&format!("trusted_proxies = [{list}]"));
        let answer = Place::with(&stated).run(&check);
        assert_eq!(answer.code, Some(0), "{list}: {answer:?}");
    }
}

/// Row A13.
#[test]
fn a13_all_unsafe_settings_are_named_at_once_and_can_be_allowed() {
    let check = ["check-config", "--config", "saoma.toml"];
    let serve = ["serve", "--config", "saoma.toml"];
    let settings = |more: &str| {
        for_the_internet(more)
            .replace("https://login", "http://login")
            .replace("https://hall", "http://hall")
            .replace("hunter2-0f9e8d7c6b5a", "x")
    };
    let mut unsafe_settings = settings("trusted_proxies = ['0.0.0.0/0']");
    unsafe_settings.push_str("[oidc]\nsigning_keys = ['missing.pem']\n");
    let place = Place::with(&unsafe_settings);
    let refused = place.run(&check);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    for name in [
        "server.public_url",
        "server.trusted_proxies",
        "clients.secret",
        "clients.redirect_uris",
        "oidc.signing_keys",
    ] {
        let line = format!("saoma: {name}: ");
        assert!(
            refused.err.lines().any(|told| told.starts_with(&line)),
            "{name}: {refused:?}"
        );
    }
    assert_eq!(errors_before_warnings(&refused), 5, "{refused:?}");
    assert_eq!(place.run(&serve).code, Some(64));

    let allowed = Place::with(&settings(
        "trusted_proxies = ['0.0.0.0/0']\nallow_insecure = true",
    ));
    let answer = allowed.run(&check);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(
        answer
            .err
            .starts_with("saoma: warning: server.allow_insecure: "),
        "{answer:?}"
    );
    let mut server = allowed.serve();
    let warned = server.logged("a setting is unsafe");
    assert_eq!(warned["setting"], "server.allow_insecure");
    server.listening();
}
