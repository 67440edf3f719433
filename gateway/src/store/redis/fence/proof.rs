//! A check that the server which is asked about its replicas has executed a step.

use redis::Cmd;

/// A part of a login that shows that a step has been executed.
///
/// The server that answered may have been restarted or superseded since. Its successor has replicas of its own, and
/// what they have says nothing of a step that it never saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store::redis) struct Proof {
    /// Key of the login.
    pub(in crate::store::redis) key: String,
    /// Field of the login, and the value that the step gave it.
    pub(in crate::store::redis) written: Option<(String, String)>,
    /// Evidence of the step after a later one has removed the field.
    pub(in crate::store::redis) later: Later,
}

/// A sign of a step that a later one leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store::redis) enum Later {
    /// No later step removes the field.
    Never,
    /// The login's sequence number is this or a higher one.
    Seq(u32),
    /// The login is in this state.
    State(&'static str),
}

impl Proof {
    /// Creates a check of the server alone, for an answer that left nothing in the login.
    pub(in crate::store::redis) fn of_server(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            written: None,
            later: Later::Never,
        }
    }

    /// Creates a check of a field.
    pub(in crate::store::redis) fn of_field(
        key: &str,
        field: &str,
        value: String,
        later: Later,
    ) -> Self {
        Self {
            written: Some((field.to_owned(), value)),
            later,
            ..Self::of_server(key)
        }
    }

    /// Creates a check of a change in the login's history.
    pub(in crate::store::redis) fn of_change(key: &str, seq: u32, change: &str) -> Self {
        Self::of_field(key, &format!("c{seq}"), change.to_owned(), Later::Seq(seq))
    }

    /// Creates a check of a session, by the number of its changes: no change removes a later one's number.
    pub(in crate::store::redis) fn of_session(key: &str, seq: u32) -> Self {
        Self::of_field(key, "no such field", String::new(), Later::Seq(seq))
    }

    /// Returns the command that reads the field, and the one that shows a later step.
    pub(super) fn question(&self) -> Cmd {
        let mut question = redis::cmd("HMGET");
        let field = self.written.as_ref().map_or("seq", |(field, _)| field);
        let later = match self.later {
            Later::Never | Later::Seq(_) => "seq",
            Later::State(_) => "state",
        };
        question.arg(&self.key).arg(field).arg(later);
        question
    }

    /// Returns true if the answer shows the step.
    pub(super) fn holds(&self, found: Option<&str>, later: Option<&str>) -> bool {
        match (&self.written, found) {
            (None, _) => true,
            (Some((_, value)), Some(found)) => value == found,
            (Some(_), None) => match self.later {
                Later::Never => false,
                Later::Seq(seq) => later
                    .and_then(|newest| newest.parse().ok())
                    .is_some_and(|newest: u32| newest >= seq),
                Later::State(state) => later == Some(state),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_seen_in_its_field_or_in_a_later_step() {
        let change = Proof::of_change("login", 3, "{}");
        assert!(change.holds(Some("{}"), Some("3")));
        assert!(change.holds(None, Some("4")));
        assert!(!change.holds(None, Some("2")));
        assert!(!change.holds(None, None));
        assert!(!change.holds(Some("{another}"), Some("3")));
        let token = Proof::of_field("login", "token", "t".into(), Later::State("redeemed"));
        assert!(token.holds(Some("t"), Some("redeemed")));
        assert!(token.holds(None, Some("redeemed")), "a replay has ended it");
        assert!(!token.holds(None, Some("confirmed")));
        assert!(!token.holds(Some("another"), Some("redeemed")));
        assert!(Proof::of_server("login").holds(None, None));
    }
}
