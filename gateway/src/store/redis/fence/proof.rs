//! A check that the server which is asked about its replicas has executed a step.

use redis::Cmd;

/// A part of a key that shows that a step has been executed.
///
/// The server that answered may have been restarted or superseded since. Its successor has replicas of its own, and
/// what they have says nothing of a step that it never saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store::redis) struct Proof {
    /// The key.
    pub(in crate::store::redis) key: String,
    written: Written,
}

/// The part of a step that shows whether a server has it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Written {
    /// Nothing: the answer needs a server that is still the master.
    Nothing,
    /// A field of a hash with its value, and the evidence of the step after a later one has removed the field.
    Field {
        name: String,
        value: String,
        later: Later,
    },
    /// A member of a sorted set, with at least this score.
    Member { name: String, least: u64 },
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
    /// Creates a check of the server alone, for an answer that left nothing.
    pub(in crate::store::redis) fn of_server(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            written: Written::Nothing,
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
            key: key.to_owned(),
            written: Written::Field {
                name: field.to_owned(),
                value,
                later,
            },
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

    /// Creates a check of a member of a sorted set, with at least this score. A step that has removed the member since lets
    /// the check fail, so that the caller takes its own step again.
    pub(in crate::store::redis) fn of_member(key: &str, member: String, least: u64) -> Self {
        Self {
            key: key.to_owned(),
            written: Written::Member {
                name: member,
                least,
            },
        }
    }

    /// Returns the command that reads the field and what shows a later step, or the member's score.
    pub(super) fn question(&self) -> Cmd {
        let (field, later) = match &self.written {
            Written::Member { name, .. } => {
                let mut question = redis::cmd("ZSCORE");
                question.arg(&self.key).arg(name);
                return question;
            }
            Written::Field {
                name,
                later: Later::State(_),
                ..
            } => (name.as_str(), "state"),
            Written::Field { name, .. } => (name.as_str(), "seq"),
            Written::Nothing => ("seq", "seq"),
        };
        let mut question = redis::cmd("HMGET");
        question.arg(&self.key).arg(field).arg(later);
        question
    }

    /// Returns true if the answer shows the step.
    pub(super) fn holds(&self, found: Option<&str>, later: Option<&str>) -> bool {
        match (&self.written, found) {
            (Written::Nothing, _) => true,
            (Written::Member { least, .. }, found) => found
                .and_then(|score| score.parse().ok())
                .is_some_and(|score: f64| score >= *least as f64),
            (Written::Field { value, .. }, Some(found)) => value == found,
            (Written::Field { later: sign, .. }, None) => match sign {
                Later::Never => false,
                Later::Seq(seq) => later
                    .and_then(|newest| newest.parse().ok())
                    .is_some_and(|newest: u32| newest >= *seq),
                Later::State(state) => later == Some(*state),
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
        let member = Proof::of_member("outbox", "login".into(), 1_796_035_174_380);
        assert!(member.holds(Some("1796035174380"), None));
        assert!(member.holds(Some("1796035174381"), None));
        assert!(!member.holds(Some("1796035174379"), None));
        assert!(!member.holds(None, None), "another server never had it");
    }
}
