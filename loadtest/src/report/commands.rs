//! What can be done with reports at the command line.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use clap::Args;

use super::compare::{Comparison, Share};
use super::model::Report;
use super::threshold::Threshold;

/// The exit code of a run that does not keep its thresholds, and of a comparison that is worse than allowed.
pub const EX_THRESHOLD: u8 = 4;

/// A report to show again.
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// The report (JSON)
    report: PathBuf,
    /// Write it as a page that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Judge it by this instead of what the run was judged by; may be given again
    #[arg(long = "threshold", value_name = "FIGURE<NUMBER")]
    thresholds: Vec<Threshold>,
}

impl ShowArguments {
    /// Prints the report, and says whether it keeps its thresholds.
    ///
    /// # Errors
    /// The report cannot be read or printed, or its page cannot be written.
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

/// Two reports to compare.
#[derive(Debug, Args)]
pub struct CompareArguments {
    /// The report of the earlier run (JSON)
    before: PathBuf,
    /// The report of the later run (JSON)
    after: PathBuf,
    /// End with exit code 4 if a figure is worse by more than this, such as 10%
    #[arg(long, value_name = "SHARE")]
    fail_if_worse: Option<Share>,
}

impl CompareArguments {
    /// Prints the comparison, and says whether it is as good as demanded.
    ///
    /// # Errors
    /// A report cannot be read, or the comparison cannot be printed.
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

/// Prints to whoever reads; one who has seen enough, as `head` has, is no error.
fn print(text: &impl Display) -> io::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}
