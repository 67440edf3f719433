//! Lua scripts and their runs.

use redis::{Cmd, ToRedisArgs, Value};

use super::limits::RateLimitCheck;

/// A script, with its text and digest.
#[derive(Debug)]
pub(super) struct Script {
    verb: &'static str,
    publishing: Text,
    handing_over: Option<Text>,
    /// Its last argument is a deadline.
    is_timed: bool,
}

/// The party that publishes a script's message to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Publisher {
    /// The script, in the same step.
    Script,
    /// The caller, right after: the script returns the message. In a cluster a script reaches the channels of its own
    /// slot only.
    Caller,
}

#[derive(Debug)]
struct Text {
    source: String,
    digest: String,
}

/// A run of a script: its keys and arguments.
#[derive(Debug)]
pub(super) struct Call<'a> {
    script: &'a Script,
    keys: Vec<String>,
    arguments: Vec<Vec<u8>>,
}

impl Text {
    fn new(source: String) -> Self {
        Self {
            digest: redis::Script::new(&source).get_hash().to_owned(),
            source,
        }
    }
}

impl Script {
    /// Creates a script that tells nodes of nothing. `verb` is its name in metrics.
    pub(super) fn new(verb: &'static str, source: String) -> Self {
        Self {
            verb,
            publishing: Text::new(source),
            handing_over: None,
            is_timed: false,
        }
    }

    /// Creates a script that tells nodes of changes, from a text that publishes and one that hands over to the caller.
    pub(super) fn telling(verb: &'static str, [publishing, handing_over]: [String; 2]) -> Self {
        Self {
            verb,
            publishing: Text::new(publishing),
            handing_over: Some(Text::new(handing_over)),
            is_timed: false,
        }
    }

    /// The same where the text reads a deadline, as `deadline.lua` does.
    pub(super) fn timed(self) -> Self {
        Self {
            is_timed: true,
            ..self
        }
    }

    /// Returns a run of the script on this key.
    pub(super) fn on(&self, key: impl Into<String>) -> Call<'_> {
        self.on_none().key(key)
    }

    /// Returns a run of the script on no key so far.
    pub(super) const fn on_none(&self) -> Call<'_> {
        Call {
            script: self,
            keys: Vec::new(),
            arguments: Vec::new(),
        }
    }
}

impl Call<'_> {
    /// Adds an argument.
    #[must_use]
    pub(super) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.arguments.extend(argument.to_redis_args());
        self
    }

    /// Adds a key, which must be on the same server.
    #[must_use]
    pub(super) fn key(mut self, key: impl Into<String>) -> Self {
        self.keys.push(key.into());
        self
    }

    /// Adds attempts for the script to count before it does anything else.
    #[must_use]
    pub(super) fn counting(self, checks: &[RateLimitCheck]) -> Self {
        checks.iter().fold(self, |call, check| {
            call.key(check.key.as_str())
                .arg(check.interval)
                .arg(check.burst)
        })
    }

    /// Returns the key that decides in which slot of a cluster the script runs.
    pub(super) fn first_key(&self) -> &str {
        self.keys.first().map_or("", String::as_str)
    }

    pub(super) const fn verb(&self) -> &'static str {
        self.script.verb
    }

    /// Returns the command for a server that has run the script before. The deadline is one of the server's clock, in
    /// milliseconds, by which a script that changes anything must begin.
    pub(super) fn by_digest(&self, publisher: Publisher, deadline: u64) -> Cmd {
        self.command("EVALSHA", &self.text(publisher).digest, deadline)
    }

    /// Returns the command for a server that has not.
    pub(super) fn by_source(&self, publisher: Publisher, deadline: u64) -> Cmd {
        self.command("EVAL", &self.text(publisher).source, deadline)
    }

    /// Returns the server's time, in milliseconds, if this is the answer of a script that began after its deadline.
    pub(super) fn late(&self, answer: &Value) -> Option<u64> {
        let Value::Array(answer) = answer else {
            return None;
        };
        match &answer[..] {
            [Value::BulkString(word), Value::BulkString(time)]
                if self.script.is_timed && word == b"late" =>
            {
                std::str::from_utf8(time).ok()?.parse().ok()
            }
            _ => None,
        }
    }

    fn text(&self, publisher: Publisher) -> &Text {
        match (publisher, &self.script.handing_over) {
            (Publisher::Caller, Some(text)) => text,
            _ => &self.script.publishing,
        }
    }

    fn command(&self, name: &str, script: &str, deadline: u64) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len()).arg(&self.keys);
        for argument in &self.arguments {
            command.arg(argument.as_slice());
        }
        if self.script.is_timed {
            command.arg(deadline);
        }
        command
    }
}
