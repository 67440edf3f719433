//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use saoma_load::coordinator::processes::ProcessGroup;
use saoma_load::report::commands::{CompareArguments, ShowArguments};
use saoma_load::report::threshold::Threshold;
use saoma_load::scenario::Overrides;
use url::Url;

/// Load tester of the Saoma gateway.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 clean, 1 the run could not be made, 2 the ledger is not clean, \
3 the figures do not count because the generator was late or lost a worker, 4 a threshold was not kept, 64 wrong usage."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a scenario
    Run(Box<RunArguments>),
    /// Print the built-in scenarios
    Scenarios,
    /// Print a report, or write it as a page
    Show(ShowArguments),
    /// Compare the reports of two runs
    Compare(CompareArguments),
    /// Print the JSON Schema of a report
    Schema,
    /// Write a key and the settings of a gateway and of this tester into a directory
    MakeDeployment(MakeArguments),
    /// Carry out a coordinator's commands
    #[command(hide = true, name = saoma_load::coordinator::WORKER)]
    Worker,
}

#[derive(Debug, Args)]
pub(crate) struct MakeArguments {
    /// Directory that holds signing.pem already, made by `saoma generate-key`, and for a Redis cluster.secret, made by
    /// `saoma generate-secret`
    pub directory: PathBuf,
    /// Store of the gateway
    #[arg(long, value_name = "URL", default_value = "memory:")]
    pub store_url: String,
    /// Keep the gateway's default limits
    #[arg(long)]
    pub limits: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// Built-in scenario (see `saoma-load scenarios`) or a file
    pub scenario: String,
    /// Address of a gateway node; repeat it for each node
    #[arg(long = "target", value_name = "URL")]
    pub targets: Vec<Url>,
    /// File with the certificate authorities, in PEM, to trust for https:// targets; the system's by default
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// File with the relying party and the origin of app tokens (see loadtest/README.md)
    #[arg(long, value_name = "FILE", default_value = "deployment.toml")]
    pub deployment: PathBuf,
    /// WebSocket address to subscribe at on a plain server, with {id} for the channel
    #[arg(long, value_name = "URL")]
    pub subscribe: Option<String>,
    /// HTTP address to publish at on a plain server, with {id} for the channel
    #[arg(long, value_name = "URL")]
    pub publish: Option<String>,
    /// Override the number of waiting browsers; several numbers measure memory at each
    #[arg(long, value_name = "N,N", value_delimiter = ',')]
    pub browsers: Vec<u64>,
    /// Override the rate of every phase with arrivals, per second
    #[arg(long, value_name = "R")]
    pub rate: Option<f64>,
    /// Override the duration of every phase that has one
    #[arg(long, value_name = "SECONDS")]
    pub duration: Option<f64>,
    /// Leave out the phases of a kind
    #[arg(long, value_name = "KIND")]
    pub skip: Vec<String>,
    /// Override another setting, or with KIND.NAME=VALUE that of the phases of a kind
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Number of processes that make the load
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub workers: u32,
    /// Server process to watch; those of one name are counted together
    #[arg(long = "pid", value_name = "NAME=PID")]
    pub pids: Vec<ProcessGroup>,
    /// File with NAME=PID on each line
    #[arg(long, value_name = "FILE")]
    pub pid_file: Option<PathBuf>,
    /// End with exit code 4 unless a figure is within a bound, such as 'push.p99<5ms' or ledger.lost==0
    #[arg(long = "threshold", value_name = "FIGURE<NUMBER")]
    pub thresholds: Vec<Threshold>,
    /// Write the report as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the report as a self-contained page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Print one line per second in place of the full-screen view
    #[arg(long)]
    pub no_tui: bool,
}

impl RunArguments {
    /// Returns the overrides of the scenario.
    pub(crate) fn overrides(&self) -> Overrides {
        Overrides {
            browsers: self.browsers.clone(),
            rate: self.rate,
            duration: self.duration,
            skip: self.skip.clone(),
            set: self.set.clone(),
        }
    }
}
