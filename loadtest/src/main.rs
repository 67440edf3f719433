//! The binary `saoma-load`.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::{Args, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use saoma_load::deployment::{self, Deployment};
use saoma_load::login_run::LoginRun;
use saoma_load::report::commands::{CompareArguments, EX_THRESHOLD};
use saoma_load::report::threshold::Threshold;
use saoma_load::report::{self, Report};
use saoma_load::running::{Progress, Running};
use saoma_load::waiting_browser::Loss;
use url::Url;

/// Load tester of the Saoma gateway.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 clean, 1 the run could not be made, 2 the ledger is not clean, \
3 the generator was too late for its figures to count, 4 a threshold was not kept, 64 wrong usage."
)]
struct Cli {
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Debug, Subcommand)]
enum Scenario {
    /// Browsers wait; at a fixed rate they are scanned and confirmed, each by a phone at another node
    Login(LoginArguments),
    /// Put the reports of two runs side by side
    Compare(CompareArguments),
    /// Print the JSON Schema of a report
    Schema,
    /// Write a key, and settings with it for a gateway and for this tester, into a directory
    MakeDeployment(MakeArguments),
}

#[derive(Debug, Args)]
struct MakeArguments {
    /// The directory: it holds signing.pem already, made by `saoma generate-key`
    directory: PathBuf,
    /// The gateway's store
    #[arg(long, value_name = "URL", default_value = "memory:")]
    store_url: String,
}

#[derive(Debug, Args)]
struct LoginArguments {
    /// A gateway node's address; give it once for each node
    #[arg(long = "target", required = true, value_name = "URL")]
    targets: Vec<Url>,
    /// Browsers that wait at any time; without --duration also the number of logins
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    logins: u64,
    /// Logins a second
    #[arg(long, value_name = "R")]
    rate: f64,
    /// Go on for so many seconds, with a new browser for each that is done
    #[arg(long, value_name = "SECONDS")]
    duration: Option<f64>,
    /// Let browsers come back when their connection ends, and phones ask another node, as when nodes are restarted
    #[arg(long)]
    come_back: bool,
    /// How app tokens are had and where browsers redirect (TOML; see loadtest/README.md)
    #[arg(long, value_name = "FILE", default_value = "deployment.toml")]
    deployment: PathBuf,
    /// End with exit code 4 unless this is kept, such as 'push.p99<5ms' or ledger.lost==0; may be given again
    #[arg(long = "threshold", value_name = "FIGURE<NUMBER")]
    thresholds: Vec<Threshold>,
    /// Write the result as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

const EX_USAGE: u8 = 64;

/// A generator that is later than this with one arrival in a hundred measures itself.
const TOLERATED_LATENESS_MS: f64 = 100.0;

/// Files beside the sockets of browsers.
const OTHER_FILES: u64 = 600;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; where even this cannot be printed there is nobody to tell.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(EX_USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let done = match cli.scenario {
        Scenario::Login(arguments) => login(&arguments).map(|report| verdict(&report)),
        Scenario::Compare(arguments) => arguments.run().map(kept).map_err(Into::into),
        Scenario::Schema => {
            print!("{}", report::file::schema());
            Ok(ExitCode::SUCCESS)
        }
        Scenario::MakeDeployment(MakeArguments { directory, store_url }) => {
            deployment::make(&directory, &store_url).map(|()| ExitCode::SUCCESS)
        }
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("saoma-load: {error:#}");
            ExitCode::from(1)
        }
    }
}

fn login(arguments: &LoginArguments) -> anyhow::Result<Report> {
    ensure!(arguments.rate.is_finite() && arguments.rate > 0.0, "--rate must be more than 0");
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1024);
    ensure!(
        arguments.logins + OTHER_FILES <= files,
        "{} browsers need more files than the {files} that this process may open: raise `ulimit -n`",
        arguments.logins
    );
    let deployment = Deployment::read(&arguments.deployment)?;
    let run = LoginRun {
        targets: arguments.targets.clone(),
        party: deployment.relying_party(),
        tokens: deployment.tokens()?,
        waiting: arguments.logins,
        logins: arguments.duration.map_or(arguments.logins, |seconds| (seconds * arguments.rate).round() as u64),
        rate: arguments.rate,
        loss: if arguments.come_back { Loss::IsMended } else { Loss::Fails },
    };
    let mut report = tokio::runtime::Runtime::new()?.block_on(shown(run))?;
    report.judge(&arguments.thresholds);
    println!("{report}");
    if let Some(file) = &arguments.json {
        std::fs::write(file, report.to_json()).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(report)
}

async fn shown(run: LoginRun) -> anyhow::Result<Report> {
    let (running, deadline, logins) = (Running::default(), run.deadline(), run.logins);
    let showing = tokio::spawn(show(running.clone(), logins));
    let finished = tokio::time::timeout(deadline, run.run(running)).await;
    showing.abort();
    finished.with_context(|| format!("the run did not end within {deadline:?}"))?.context("the run could not be made")
}

/// Once a second, or as a moving bar where there is a terminal.
async fn show(running: Running, logins: u64) {
    let bar = std::io::stderr().is_terminal().then(|| ProgressBar::new(logins));
    if let (Some(bar), Ok(style)) =
        (&bar, ProgressStyle::with_template("{elapsed} {wide_bar} {pos}/{len} logins {msg}"))
    {
        bar.set_style(style);
    }
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        let Progress { opened, done, balance } = running.progress();
        let lost = format!("{opened} browsers opened, {} confirmed, {} failed", balance.expected, balance.failed);
        match &bar {
            Some(bar) => {
                bar.set_position(done);
                bar.set_message(lost);
            }
            None => eprintln!("{done}/{logins} logins, {lost}"),
        }
    }
}

fn kept(demands: bool) -> ExitCode {
    if demands { ExitCode::SUCCESS } else { ExitCode::from(EX_THRESHOLD) }
}

fn verdict(report: &Report) -> ExitCode {
    if !report.ledger.is_clean() {
        return ExitCode::from(2);
    }
    if report.generator.lateness.p99 > TOLERATED_LATENESS_MS {
        eprintln!(
            "saoma-load: the generator was {:.0} ms late at p99: its figures do not count",
            report.generator.lateness.p99
        );
        return ExitCode::from(3);
    }
    kept(report.keeps_thresholds())
}
