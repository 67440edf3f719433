//! What can be done with reports at the command line.

use std::path::PathBuf;

use clap::Args;

use super::compare::{Comparison, Share};
use super::file::ReadError;
use super::model::Report;

/// The exit code of a run that does not keep its thresholds, and of a comparison that is worse than allowed.
pub const EX_THRESHOLD: u8 = 4;

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
    /// A report cannot be read.
    pub fn run(&self) -> Result<bool, ReadError> {
        let comparison = Comparison::new(&Report::read(&self.before)?, &Report::read(&self.after)?);
        println!("{comparison}");
        let Some(share) = self.fail_if_worse else { return Ok(true) };
        let worse = comparison.worse_than(share);
        for row in &worse {
            eprintln!("saoma-load: {} is worse than allowed", row.name);
        }
        Ok(worse.is_empty())
    }
}
