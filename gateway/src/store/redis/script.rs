//! Scripts: each is one atomic step on one login.

use redis::{Cmd, ToRedisArgs};

use crate::store::Toll;

/// A script, ready to be run on keys.
#[derive(Debug)]
pub struct Script {
    verb: &'static str,
    publishing: Text,
    handing_over: Option<Text>,
}

/// Who publishes what a script has to say to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Publisher {
    /// The script, in the same step.
    Script,
    /// Whoever runs it, right after: the script answers what there is to say. In a cluster a script reaches the
    /// channels of its own slot only.
    Caller,
}

#[derive(Debug)]
struct Text {
    source: &'static str,
    digest: String,
}

/// A script with its keys and arguments.
#[derive(Debug)]
pub struct Call<'a> {
    script: &'a Script,
    keys: Vec<String>,
    arguments: Vec<Vec<u8>>,
}

impl Text {
    fn new(source: &'static str) -> Self {
        Self {
            source,
            digest: redis::Script::new(source).get_hash().to_owned(),
        }
    }
}

impl Script {
    /// A script that has nothing to say to nodes. `verb` is its name in metrics.
    pub fn new(verb: &'static str, source: &'static str) -> Self {
        Self {
            verb,
            publishing: Text::new(source),
            handing_over: None,
        }
    }

    /// A script that has: its text for either publisher.
    pub(super) fn telling(
        verb: &'static str,
        publishing: &'static str,
        handing_over: &'static str,
    ) -> Self {
        Self {
            verb,
            publishing: Text::new(publishing),
            handing_over: Some(Text::new(handing_over)),
        }
    }

    /// A run on this key.
    pub fn on(&self, key: impl Into<String>) -> Call<'_> {
        Call {
            script: self,
            keys: vec![key.into()],
            arguments: Vec::new(),
        }
    }
}

impl Call<'_> {
    /// The same with one more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.arguments.extend(argument.to_redis_args());
        self
    }

    /// The same with one more key, which must be with the same server.
    #[must_use]
    pub(super) fn key(mut self, key: impl Into<String>) -> Self {
        self.keys.push(key.into());
        self
    }

    /// The same, which counts an attempt before it does anything else.
    #[must_use]
    pub(super) fn counting(self, tolls: &[Toll]) -> Self {
        tolls.iter().fold(self, |call, toll| {
            call.key(toll.key.as_str())
                .arg(toll.interval)
                .arg(toll.burst)
        })
    }

    pub(super) const fn verb(&self) -> &'static str {
        self.script.verb
    }

    /// For a server that has run the script before.
    pub(super) fn by_digest(&self, publisher: Publisher) -> Cmd {
        self.command("EVALSHA", &self.text(publisher).digest)
    }

    /// For one that has not.
    pub(super) fn by_source(&self, publisher: Publisher) -> Cmd {
        self.command("EVAL", self.text(publisher).source)
    }

    fn text(&self, publisher: Publisher) -> &Text {
        match (publisher, &self.script.handing_over) {
            (Publisher::Caller, Some(text)) => text,
            _ => &self.script.publishing,
        }
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len()).arg(&self.keys);
        for argument in &self.arguments {
            command.arg(argument.as_slice());
        }
        command
    }
}
