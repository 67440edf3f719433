//! Why settings cannot be used.

use std::path::PathBuf;

use super::Origin;

/// What is wrong with the settings. Each message names the setting and says what to do; none holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read the settings file {}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is no TOML. The line itself is not shown, for it may hold a secret.
    #[error("{origin}: invalid TOML at line {line}: {problem}")]
    Syntax {
        /// Where the text came from.
        origin: Origin,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// Something that looks like a setting but is none.
    #[error("{} is not a setting; did you mean {nearest}?", .origin.name_of(.key))]
    Unknown {
        /// Where it stands.
        origin: Origin,
        /// What it is called there.
        key: String,
        /// The most similar setting, in the same notation.
        nearest: String,
    },
    /// A value that its setting cannot take.
    #[error("{}: {problem}", .origin.name_of(.key))]
    Value {
        /// Where it stands.
        origin: Origin,
        /// The setting.
        key: String,
        /// What was expected instead.
        problem: String,
    },
    /// A section that is there, but not whole.
    #[error("the settings are not complete: {0}")]
    Incomplete(String),
    /// A value that does not go with the others, or is out of range.
    #[error("{setting}: {problem}")]
    Invalid {
        /// The path of the setting.
        setting: String,
        /// What is wrong and what to do.
        problem: String,
    },
}
