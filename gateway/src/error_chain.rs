//! Errors in logs and on the terminal, with their causes.

use std::error::Error;

/// Returns an error's text with those of its causes, each once: some libraries repeat a cause in the text of the error that
/// it caused.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let told = error.to_string();
        if !text.ends_with(&told) {
            text = format!("{text}: {told}");
        }
        cause = error.source();
    }
    text
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
            chain(&error),
            "the store cannot be reached: connection refused"
        );
    }

    /// An error as the Redis client has it.
    #[derive(Debug, thiserror::Error)]
    #[error("cannot connect: {0}")]
    struct Repeating(#[source] std::io::Error);

    /// Row U19.
    #[test]
    fn u19_a_cause_that_an_error_repeats_prints_once() {
        let repeating = Repeating(std::io::Error::other("connection refused"));
        let error = StoreError::unavailable(std::io::Error::other(repeating));
        assert_eq!(
            chain(&error),
            "the store cannot be reached: cannot connect: connection refused"
        );
    }
}
