//! The binary `saoma`.

use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use saoma_gateway::settings::{Effective, Flag, SafetyWarning, Secret, Sources, weakness};
use saoma_gateway::{
    CheckError, Gateway, InheritedListeners, KeyKind, Settings, check, check_and_probe,
    error_chain, generate_secret, hash_secret, service_manager, telemetry,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

/// Gives what sockets that have gone took to those that come: docs/decisions/0005-sleeping-sockets.md.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// QR-login gateway: a browser shows a code, a phone confirms, the browser is logged in.
#[derive(Debug, Parser)]
#[command(
    name = "saoma",
    version,
    after_help = "Settings: flags over environment (SAOMA_SECTION_KEY, PORT, REDIS_URL) over file over defaults.\n\
Exit codes: 0 done, 1 failed, 64 wrong usage, or wrong settings on serve."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a node until SIGTERM or SIGINT; a second one ends it at once
    Serve,
    /// Check the settings and the files that they name, as a start does, and name everything that is wrong
    CheckConfig {
        #[arg(
            long,
            help = "Also ask the store for each command that a login needs, and the app's backend for its keys or an answer"
        )]
        probe: bool,
    },
    /// Print the settings as they are in effect, and what set them; secrets are starred out
    PrintConfig,
    /// Make a key that signs tokens, for oidc.signing_keys: an RSA key, for RS256, unless told otherwise
    GenerateKey {
        /// File to write the key to, in place of standard output; an existing file is left alone
        file: Option<PathBuf>,
        #[arg(
            long,
            conflicts_with = "eddsa",
            help = "Make a P-256 key, for ES256: a signature costs a small part of one by RS256, which every relying party knows"
        )]
        es256: bool,
        #[arg(
            long,
            help = "Make an Ed25519 key, for EdDSA: a signature costs as little as one by ES256"
        )]
        eddsa: bool,
    },
    /// Make a secret, for cluster.secret_files, oidc.pairwise_secret_file or a client
    GenerateSecret {
        /// File to write the secret to, in place of standard output; an existing file is left alone
        file: Option<PathBuf>,
    },
    /// Print the hash of a client's secret, for clients.secret_hash: a SHA-256 of one that generate-secret has made, else
    /// an Argon2 hash
    HashSecret {
        /// File that holds the secret, in place of standard input; a newline at its end does not count
        file: Option<PathBuf>,
    },
}

/// Most bytes of a secret that is hashed.
const MOST_SECRET_BYTES: u64 = 4096;

#[derive(Debug, Args)]
struct Flags {
    /// The settings file (TOML)
    #[arg(long, global = true, env = CONFIG_VARIABLE, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address for browsers and phones [server.listen]
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Origin under which browsers and phones reach the gateway [server.public_url]
    #[arg(long, global = true, value_name = "URL")]
    public_url: Option<String>,
    /// Address for health and metrics [operations.listen]
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    operations_listen: Option<String>,
    /// memory: or redis://… [store.url]
    #[arg(long, visible_alias = "redis-url", global = true, value_name = "URL")]
    store_url: Option<String>,
    /// The form of log lines, text or json [log.format]
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
}

/// Names the settings file; it is no setting in it.
const CONFIG_VARIABLE: &str = "SAOMA_CONFIG";

/// Wrong usage or settings, as `sysexits.h` has it.
const EX_USAGE: u8 = 64;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors. If even these cannot be printed, no message can be.
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::from(EX_USAGE)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            for line in error_chain(error.as_ref()).lines() {
                eprintln!("saoma: {line}");
            }
            let check = error.downcast_ref::<CheckError>();
            warn(check.map(CheckError::warnings).unwrap_or_default());
            let wrong_settings = check.is_some_and(CheckError::is_of_settings);
            let code = if wrong_settings && matches!(cli.command, Command::Serve) {
                EX_USAGE
            } else {
                1
            };
            ExitCode::from(code)
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<()> {
    let sources = cli.flags.sources();
    match &cli.command {
        Command::Serve => {
            // Before the runtime has threads, because it changes the environment.
            let listeners = InheritedListeners::take()?;
            tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()?
                .block_on(async { serve(check(&sources).await?, &sources, listeners).await })
        }
        Command::CheckConfig { probe } => {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            if *probe {
                let (_, warnings) = runtime.block_on(check_and_probe(&sources))?;
                warn(&warnings);
                return print("the settings are right, and a login would be served\n");
            }
            let effective = runtime.block_on(check(&sources))?;
            warn(&effective.safety_warnings());
            print("the settings are right\n")
        }
        Command::PrintConfig => print(&Settings::load(&sources)?.to_redacted_toml()),
        Command::GenerateKey { file, es256, eddsa } => {
            let kind = match (es256, eddsa) {
                (true, _) => KeyKind::P256,
                (_, true) => KeyKind::Ed25519,
                _ => KeyKind::Rsa,
            };
            match file {
                None => print(&kind.generate_pem()?),
                Some(file) => write_private(file, || Ok(kind.generate_pem()?)),
            }
        }
        Command::GenerateSecret { file: None } => print(&generate_secret()),
        Command::GenerateSecret { file: Some(file) } => {
            write_private(file, || Ok(generate_secret()))
        }
        Command::HashSecret { file: Some(file) } => {
            let secret =
                Secret::read(file).with_context(|| format!("cannot use {}", file.display()))?;
            print_hash(secret.expose())
        }
        Command::HashSecret { file: None } => {
            let mut text = String::new();
            let mut input = std::io::stdin().take(MOST_SECRET_BYTES + 1);
            input
                .read_to_string(&mut text)
                .context("cannot read standard input")?;
            anyhow::ensure!(
                u64::try_from(text.len()).is_ok_and(|bytes| bytes <= MOST_SECRET_BYTES),
                "the secret is too long: give one of at most {MOST_SECRET_BYTES} bytes"
            );
            let secret = text.strip_suffix('\n').unwrap_or(&text);
            anyhow::ensure!(
                !secret.is_empty(),
                "give the secret on standard input, or name its file"
            );
            print_hash(secret)
        }
    }
}

/// Prints the hash of a secret, and warns of a weak one: its hash does not show that it is weak.
fn print_hash(secret: &str) -> anyhow::Result<()> {
    if let Some(problem) = weakness(secret, "") {
        eprintln!("saoma: warning: the secret {problem}");
    }
    print(&format!("{}\n", hash_secret(secret)?))
}

fn warn(warnings: &[SafetyWarning]) {
    for SafetyWarning { setting, problem } in warnings {
        eprintln!("saoma: warning: {setting}: {problem}");
    }
}

fn log_warnings(warnings: &[SafetyWarning]) {
    for SafetyWarning { setting, problem } in warnings {
        tracing::warn!(setting, problem, "a setting is unsafe");
    }
}

async fn serve(
    effective: Effective,
    sources: &Sources,
    listeners: InheritedListeners,
) -> anyhow::Result<()> {
    let log_filter = telemetry::start(&effective.settings.log).context("log.filter")?;
    log_warnings(&effective.safety_warnings());
    let settings = effective.settings;
    // Before the node takes anything on: by itself a hangup ends the process.
    let (mut terminate, mut interrupt, mut hangup) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
        signal(SignalKind::hangup())?,
    );
    let drain = settings.server.drain_delay + settings.server.drain_window;
    let mut gateway = Gateway::start_on_inherited(listeners, settings.clone()).await?;
    gateway.reload_log_filter(log_filter, &settings);
    let operations = gateway.operations_listen_address();
    let operations = operations.map(tracing::field::display);
    tracing::info!(listen = %gateway.listen_address(), operations, "serving");
    service_manager::ready();
    let mut watchdog = JoinSet::new();
    watchdog.spawn(service_manager::watchdog());
    let mut asked_to_stop = async || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    loop {
        tokio::select! {
            () = asked_to_stop() => break,
            _ = hangup.recv() => {
                service_manager::reloading();
                // A failure has been logged, and has changed nothing.
                drop(gateway.reload(sources).await);
                service_manager::ready();
            }
        }
    }
    service_manager::stopping(drain);
    tracing::info!(
        waiting = gateway.waiting(),
        "draining; a second signal ends it at once"
    );
    tokio::select! {
        () = gateway.shutdown() => tracing::info!("drained"),
        () = asked_to_stop() => tracing::warn!("ended at once"),
    }
    Ok(())
}

/// Writes what `make` returns to a new file.
fn write_private(file: &Path, make: impl FnOnce() -> anyhow::Result<String>) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    // Created anew and readable by the owner only, before a key is made that could not be kept.
    let created = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file);
    let mut created = created.with_context(|| format!("cannot create {}", file.display()))?;
    created
        .write_all(make()?.as_bytes())
        .with_context(|| format!("cannot write {}", file.display()))
}

/// Prints to standard output. A reader that has had enough, such as `head`, is no failure.
fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

impl Flags {
    fn sources(&self) -> Sources {
        let flags = [
            ("--listen", "server.listen", &self.listen),
            ("--public-url", "server.public_url", &self.public_url),
            (
                "--operations-listen",
                "operations.listen",
                &self.operations_listen,
            ),
            ("--store-url", "store.url", &self.store_url),
            ("--log-format", "log.format", &self.log_format),
        ];
        let flags = flags.into_iter().filter_map(|(name, path, value)| {
            let value = value.clone()?;
            Some(Flag { name, path, value })
        });
        Sources {
            file: self.config.clone(),
            environment: environment(),
            flags: flags.collect(),
        }
    }
}

/// The environment as far as it is text: no variable that counts here is anything else.
fn environment() -> Vec<(String, String)> {
    let text = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    text.filter(|(name, _)| name != CONFIG_VARIABLE).collect()
}
