//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use saoma_load::conductor::processes::Group;
use saoma_load::report::commands::{CompareArguments, ShowArguments};
use saoma_load::report::threshold::Threshold;
use url::Url;

/// Load tester of the Saoma gateway.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 clean, 1 the run could not be made, 2 the ledger is not clean, \
3 the generator could not keep up or lost a worker, so that the figures do not count, 4 a threshold was not kept, 64 wrong usage."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a run, by a scenario
    Run(Box<RunArguments>),
    /// Print the scenarios that are built in
    Scenarios,
    /// Print a report again, or write it as a page
    Show(ShowArguments),
    /// Put the reports of two runs side by side
    Compare(CompareArguments),
    /// Print the JSON Schema of a report
    Schema,
    /// Write a key, and settings with it for a gateway and for this tester, into a directory
    MakeDeployment(MakeArguments),
    /// Carry out a conductor's orders
    #[command(hide = true, name = saoma_load::conductor::WORKER)]
    Worker,
}

#[derive(Debug, Args)]
pub struct MakeArguments {
    /// The directory: it holds signing.pem already, made by `saoma generate-key`
    pub directory: PathBuf,
    /// The gateway's store
    #[arg(long, value_name = "URL", default_value = "memory:")]
    pub store_url: String,
    /// Leave the gateway its limits, as where strangers come
    #[arg(long)]
    pub limits: bool,
}

#[derive(Debug, Args)]
pub struct RunArguments {
    /// A built-in scenario (see `saoma-load scenarios`) or a file
    pub scenario: String,
    /// A gateway node's address; give it once for each node
    #[arg(long = "target", value_name = "URL")]
    pub targets: Vec<Url>,
    /// How app tokens are had and where browsers redirect (TOML; see loadtest/README.md)
    #[arg(long, value_name = "FILE", default_value = "deployment.toml")]
    pub deployment: PathBuf,
    /// Where a plain server is subscribed to, with {id} for the channel (ws://)
    #[arg(long, value_name = "URL")]
    pub subscribe: Option<String>,
    /// Where messages are posted to a plain server, with {id} for the channel
    #[arg(long, value_name = "URL")]
    pub publish: Option<String>,
    /// Browsers that wait at any time
    #[arg(long, value_name = "N")]
    pub browsers: Option<u64>,
    /// Numbers of browsers at which memory is measured
    #[arg(long, value_name = "N,N", value_delimiter = ',')]
    pub sizes: Vec<u64>,
    /// Logins, or messages, a second
    #[arg(long, value_name = "R")]
    pub rate: Option<f64>,
    /// How many seconds they come
    #[arg(long, value_name = "SECONDS")]
    pub duration: Option<f64>,
    /// Another setting of the scenario
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Processes that make the load
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub workers: u32,
    /// A process of the server under load, whose memory and processor time is told; those of one name together
    #[arg(long = "pid", value_name = "NAME=PID")]
    pub pids: Vec<Group>,
    /// A file with such a process in each line
    #[arg(long, value_name = "FILE")]
    pub pid_file: Option<PathBuf>,
    /// End with exit code 4 unless this is kept, such as 'push.p99<5ms' or ledger.lost==0; may be given again
    #[arg(long = "threshold", value_name = "FIGURE<NUMBER")]
    pub thresholds: Vec<Threshold>,
    /// Write the result as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the result as a page that needs nothing else
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Show the run as a line each second, as where there is no terminal
    #[arg(long)]
    pub no_tui: bool,
}

impl RunArguments {
    /// Settings on top of the scenario's.
    pub fn settings(&self) -> Vec<String> {
        let mut settings = self.set.clone();
        settings.extend(self.browsers.map(|browsers| format!("browsers={browsers}")));
        settings.extend((!self.sizes.is_empty()).then(|| format!("sizes={:?}", self.sizes)));
        // TOML has no integers that are fractions: 200 is read as either.
        settings.extend(self.rate.map(|rate| format!("rate={rate:?}")));
        settings.extend(
            self.duration
                .map(|duration| format!("duration={duration:?}")),
        );
        settings
    }
}
