//! The binary `saoma`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use saoma_gateway::settings::{LogFormat, SettingsError, Sources};
use saoma_gateway::{Gateway, Settings, generate_pem, telemetry};
use tokio::signal::unix::{SignalKind, signal};

/// QR-login gateway: a browser shows a code, a phone confirms, the browser is logged in.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Settings: flags over environment (SAOMA_SECTION_KEY, PORT, REDIS_URL) over file over defaults.\n\
Exit codes: 0 done, 1 failed, 64 wrong usage or settings."
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
    /// Say whether the settings are right and complete
    CheckConfig,
    /// Print the settings as they are in effect, secrets starred out
    PrintConfig,
    /// Make a key that signs ID tokens
    GenerateKey {
        /// Where to write it; an existing file is left alone
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
struct Flags {
    /// The settings file (TOML)
    #[arg(long, global = true, env = "SAOMA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where browsers and phones connect [server.listen]
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// The origin under which everybody reaches the gateway [server.public_url]
    #[arg(long, global = true, value_name = "URL")]
    public_url: Option<String>,
    /// Where health and metrics are [operations.listen]
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    operations_listen: Option<String>,
    /// memory: or redis://… [store.url]
    #[arg(long, global = true, value_name = "URL")]
    store_url: Option<String>,
    /// The form of log lines [log.format]
    #[arg(long, global = true, value_enum)]
    log_format: Option<LogFormat>,
}

/// Wrong usage or settings, as `sysexits.h` has it.
const EX_USAGE: u8 = 64;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; where even this cannot be printed there is nobody to tell.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(EX_USAGE) } else { ExitCode::SUCCESS };
        }
    };
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("saoma: {error:#}");
            let wrong_settings = error.downcast_ref::<SettingsError>().is_some();
            let code = if wrong_settings && matches!(cli.command, Command::Serve) { EX_USAGE } else { 1 };
            ExitCode::from(code)
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<()> {
    if let Command::GenerateKey { file } = &cli.command {
        return write_key(file);
    }
    let settings = Settings::load(&cli.flags.sources())?;
    match cli.command {
        Command::Serve => {
            settings.validate_complete()?;
            tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(settings))
        }
        Command::CheckConfig => {
            settings.validate_complete()?;
            println!("the settings are right");
            Ok(())
        }
        Command::PrintConfig => {
            print!("{}", settings.to_redacted_toml());
            Ok(())
        }
        Command::GenerateKey { .. } => Ok(()),
    }
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    telemetry::start(&settings.log).context("log.filter")?;
    let gateway = Gateway::start(settings).await?;
    let operations = gateway.operations_address().map(tracing::field::display);
    tracing::info!(listen = %gateway.address(), operations, "serving");
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut asked_to_stop = async || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    asked_to_stop().await;
    tracing::info!(waiting = gateway.waiting(), "draining; a second signal ends it at once");
    tokio::select! {
        () = gateway.shutdown() => tracing::info!("drained"),
        () = asked_to_stop() => tracing::warn!("ended at once"),
    }
    Ok(())
}

fn write_key(file: &PathBuf) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let key = generate_pem()?;
    // Created anew and readable by the owner only.
    let created = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut created = created.with_context(|| format!("cannot create {}", file.display()))?;
    created.write_all(key.as_bytes()).with_context(|| format!("cannot write {}", file.display()))
}

impl Flags {
    fn sources(&self) -> Sources {
        let format = self.log_format.map(|format| if format == LogFormat::Json { "json" } else { "text" }.to_owned());
        let flags = [
            ("server.listen", self.listen.clone()),
            ("server.public_url", self.public_url.clone()),
            ("operations.listen", self.operations_listen.clone()),
            ("store.url", self.store_url.clone()),
            ("log.format", format),
        ];
        Sources {
            file: self.config.clone(),
            // SAOMA_CONFIG names the file; it is no setting in it.
            environment: std::env::vars().filter(|(name, _)| name != "SAOMA_CONFIG").collect(),
            flags: flags.into_iter().filter_map(|(path, value)| Some((path, value?))).collect(),
        }
    }
}
