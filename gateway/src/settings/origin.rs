//! Origins of settings.

use std::fmt;
use std::path::PathBuf;

/// The place that set a value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// TOML that was handed over by the program.
    Text,
    /// The settings file.
    File(PathBuf),
    /// A line of a client's own file, from 1.
    ClientFile {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
    },
    /// A variable of the environment.
    Variable(String),
    /// A flag of the command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("the settings"),
            Self::File(path) => path.display().fmt(f),
            Self::ClientFile { path, line } => write!(f, "{}, line {line}", path.display()),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

impl Origin {
    /// Returns the name under which the author of the value finds it.
    pub(super) fn name_of(&self, key: &str) -> String {
        match self {
            Self::Text => key.to_owned(),
            Self::File(path) => format!("{key} in {}", path.display()),
            Self::ClientFile { .. } => format!("{key} in {self}"),
            Self::Variable(_) | Self::Flag(_) => self.to_string(),
        }
    }
}
