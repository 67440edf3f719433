//! Errors in logs, with their causes.

use std::error::Error;
use std::fmt;

/// An error that prints with all its causes: each once, since no error of ours repeats its source in its own text.
struct Chain<'a>(&'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// Returns an error's text with those of its causes, for a log line.
pub(crate) fn chain(error: &dyn Error) -> impl fmt::Display {
    Chain(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;

    #[test]
    fn an_error_prints_each_cause_once() {
        let refused = std::io::Error::other("connection refused");
        let error = StoreError::unavailable(refused);
        assert_eq!(
            chain(&error).to_string(),
            "the store cannot be reached: connection refused"
        );
    }
}
