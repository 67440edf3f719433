//! Errors of settings.

use std::path::PathBuf;

use super::Origin;

/// Errors of settings. Each message names the setting and says what to do; no message holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read the settings file {}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The text is not valid TOML. The line itself is not shown, because it may hold a secret.
    #[error("{origin}: invalid TOML at line {line}: {problem}")]
    Syntax {
        /// Origin of the text.
        origin: Origin,
        /// The line, from 1.
        line: usize,
        /// The problem there.
        problem: String,
    },
    /// A name that is not a setting.
    #[error("{} is not a setting; did you mean {nearest}?", .origin.name_of(.key))]
    Unknown {
        /// Origin of the setting.
        origin: Origin,
        /// Its name there.
        key: String,
        /// The most similar setting, in the same notation.
        nearest: String,
    },
    /// A value that its setting cannot take.
    #[error("{}: {problem}", .origin.name_of(.key))]
    Value {
        /// Origin of the setting.
        origin: Origin,
        /// The setting.
        key: String,
        /// The problem, with the expected form.
        problem: String,
    },
    /// The settings cannot be read as a whole.
    #[error("the settings are not complete: {0}")]
    Incomplete(String),
    /// A value that does not go with the others, or is out of range.
    #[error("{setting}: {problem}")]
    Invalid {
        /// The path of the setting.
        setting: String,
        /// The problem, with advice.
        problem: String,
    },
    /// Several of these, each on a line.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Several(Vec<Self>),
}

impl SettingsError {
    /// Returns the path of the setting, or the name of the variable, if the error is about one.
    pub(super) fn path(&self) -> Option<&str> {
        match self {
            Self::Value { key, .. } => Some(key),
            Self::Invalid { setting, .. } => Some(setting),
            Self::File { .. }
            | Self::Syntax { .. }
            | Self::Unknown { .. }
            | Self::Incomplete(_)
            | Self::Several(_) => None,
        }
    }

    /// Returns true if the setting of this path may be missing because of the error: it was mistyped, or its value refused.
    pub(super) fn explains(&self, path: &str) -> bool {
        match self {
            Self::Unknown { .. } => true,
            error => error.is_about(path),
        }
    }

    /// Returns true for an error about the setting of this path.
    pub(crate) fn is_about(&self, path: &str) -> bool {
        self.path() == Some(path)
    }

    /// Returns the error with the client that it is about, where there are several.
    pub(super) fn of_client(self, name: &str) -> Self {
        match self {
            Self::Unknown {
                origin,
                key,
                nearest,
            } => Self::Unknown {
                origin,
                key: format!("{key} of {name}"),
                nearest,
            },
            Self::Value {
                origin,
                key,
                problem,
            } => Self::Value {
                origin,
                key,
                problem: format!("{problem} (in {name})"),
            },
            Self::Invalid { setting, problem } => Self::Invalid {
                setting,
                problem: format!("{problem} (in {name})"),
            },
            error => error,
        }
    }

    /// Returns the errors one by one.
    pub(super) fn into_list(self) -> Vec<Self> {
        match self {
            Self::Several(errors) => errors,
            error => vec![error],
        }
    }

    /// Joins errors, if there are any.
    ///
    /// # Errors
    /// Returns the error, or all of them as one.
    pub(super) fn join(errors: impl IntoIterator<Item = Self>) -> Result<(), Self> {
        let mut all = Vec::new();
        for error in errors {
            match error {
                Self::Several(errors) => all.extend(errors),
                error => all.push(error),
            }
        }
        match all.len() {
            0 => Ok(()),
            1 => all.pop().map_or(Ok(()), Err),
            _ => Err(Self::Several(all)),
        }
    }

    /// Joins the errors among the results of checks.
    ///
    /// # Errors
    /// As [`SettingsError::join`].
    pub(super) fn of_all(checks: impl IntoIterator<Item = Result<(), Self>>) -> Result<(), Self> {
        Self::join(checks.into_iter().filter_map(Result::err))
    }
}
