//! Report files and their JSON Schema.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::html;
use super::model::{Report, SCHEMA};

/// Error of reading a report.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("cannot read {}", file.display())]
    File {
        /// File.
        file: PathBuf,
        /// Cause.
        #[source]
        error: std::io::Error,
    },
    /// The file is not a report.
    #[error("{}: not a report of a load test", file.display())]
    Shape {
        /// File.
        file: PathBuf,
        /// Error of the JSON parser.
        #[source]
        error: serde_json::Error,
    },
    /// The report has another schema than this version reads.
    #[error("{}: expected schema {SCHEMA} and found {found}: use the saoma-load that wrote it", file.display())]
    Schema {
        /// File.
        file: PathBuf,
        /// Version of the file's schema.
        found: u64,
    },
}

impl Report {
    /// Reads a report that [`Report::to_json`] wrote.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, is not a report, or has another schema.
    pub fn read(file: &Path) -> Result<Self, ReadError> {
        let shape = |error| ReadError::Shape {
            file: file.to_owned(),
            error,
        };
        let text = std::fs::read_to_string(file).map_err(|error| ReadError::File {
            file: file.to_owned(),
            error,
        })?;
        let json: serde_json::Value = serde_json::from_str(&text).map_err(shape)?;
        if let Some(found) = json["schema"].as_u64()
            && found != u64::from(SCHEMA)
        {
            return Err(ReadError::Schema {
                file: file.to_owned(),
                found,
            });
        }
        serde_json::from_value(json).map_err(shape)
    }

    /// Writes the report as a self-contained page.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn write_page(&self, file: &Path) -> anyhow::Result<()> {
        let page = html::page(self)?;
        std::fs::write(file, page).with_context(|| format!("cannot write {}", file.display()))
    }

    /// Returns the report as JSON, as [`schema`] describes it.
    pub fn to_json(&self) -> String {
        // Serialisation cannot fail: all maps have string keys.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// Returns the JSON Schema of a report.
pub fn schema() -> String {
    let schema = schemars::schema_for!(Report);
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::sample::sample;
    use super::*;

    /// Compares the committed schema with the types, or writes it when `SAOMA_REGEN` is set.
    #[test]
    fn the_committed_schema_is_that_of_the_types() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("report.schema.json");
        if std::env::var_os("SAOMA_REGEN").is_some() {
            std::fs::write(&file, schema()).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            committed == schema(),
            "loadtest/report.schema.json is stale: run `make regen` and commit what it writes"
        );
    }

    #[test]
    fn a_written_report_can_be_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), sample().to_json()).unwrap();
        assert_eq!(Report::read(file.path()).unwrap(), sample());
    }

    #[test]
    fn a_report_of_another_schema_is_refused_by_its_number() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let refused = |text: &str| {
            std::fs::write(file.path(), text).unwrap();
            saoma_client::error_chain(&Report::read(file.path()).unwrap_err())
        };
        assert!(
            refused(r#"{"schema": 1, "scenario": "login"}"#)
                .contains("expected schema 2 and found 1")
        );
        assert!(refused("{}").contains("not a report of a load test: missing field"));
        assert!(refused("no").contains("not a report of a load test"));
    }
}
