//! The subcommands for reports.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use clap::Args;

use super::compare::{Comparison, Share};
use super::model::Report;
use super::threshold::Threshold;

/// Exit code of a run that misses a threshold, and of a comparison that is worse than allowed.
pub const EX_THRESHOLD: u8 = 4;

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// Report (JSON)
    report: PathBuf,
    /// Write the report as a self-contained page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Judge the report by this threshold in place of the run's own; repeat it for each
    #[arg(long = "threshold", value_name = "FIGURE<NUMBER")]
    thresholds: Vec<Threshold>,
}

impl ShowArguments {
    /// Prints the report. Returns true if it keeps its thresholds.
    ///
    /// # Errors
    /// Returns an error if the report cannot be read or printed, or its page cannot be written.
    pub fn run(&self) -> anyhow::Result<bool> {
        let mut report = Report::read(&self.report)?;
        if !self.thresholds.is_empty() {
            report.judge(&self.thresholds);
        }
        print(&report)?;
        if let Some(file) = &self.html {
            report.write_page(file)?;
        }
        Ok(report.keeps_thresholds())
    }
}

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub struct CompareArguments {
    /// Report of the earlier run (JSON)
    before: PathBuf,
    /// Report of the later run (JSON)
    after: PathBuf,
    /// End with exit code 4 if a figure is worse by more than this, such as 10%
    #[arg(long, value_name = "SHARE")]
    fail_if_worse: Option<Share>,
}

impl CompareArguments {
    /// Prints the comparison. Returns true if no figure is worse than allowed.
    ///
    /// # Errors
    /// Returns an error if a report cannot be read or the comparison cannot be printed.
    pub fn run(&self) -> anyhow::Result<bool> {
        let comparison = Comparison::new(&Report::read(&self.before)?, &Report::read(&self.after)?);
        print(&comparison)?;
        let Some(share) = self.fail_if_worse else {
            return Ok(true);
        };
        let worse = comparison.worse_than(share);
        for row in &worse {
            eprintln!("saoma-load: {} is worse than allowed", row.name);
        }
        Ok(worse.is_empty())
    }
}

/// Prints to standard output. A closed pipe, such as after `head`, is not an error.
fn print(text: &impl Display) -> io::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}
