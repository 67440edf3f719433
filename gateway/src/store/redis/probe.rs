//! A look at a Redis before a node runs on it: every command that a login needs, on keys that are thrown away.

use std::collections::BTreeSet;
use std::time::Duration;

use data_encoding::HEXLOWER;
use redis::{Cmd, RedisError, Value};
use tokio::time::timeout;

use super::RedisStore;
use crate::error_chain::chain;
use crate::random;
use crate::store::{NodeId, SCHEMA, SchemaFound, Store, StoreError, StoreFinding};
use crate::wall_clock;

/// Time that a key lives if it cannot be deleted, in seconds.
const LIFETIME: u64 = 10;

/// Runs the command in its arguments.
const ONE_COMMAND: &str = "return redis.call(unpack(ARGV))";

/// Commands that the scripts run on each kind of key, with their arguments. `$at` is an instant shortly ahead.
static IN_SCRIPTS: [(&str, &[&str]); 22] = [
    ("text", &["SET", "1", "PX", "10000"]),
    ("text", &["GET"]),
    ("text", &["EXISTS"]),
    ("hash", &["HSET", "a", "1"]),
    ("hash", &["PEXPIREAT", "$at"]),
    ("hash", &["PEXPIRE", "10000"]),
    ("hash", &["HSETNX", "b", "1"]),
    ("hash", &["HINCRBY", "a", "1"]),
    ("hash", &["HGET", "a"]),
    ("hash", &["HMGET", "a", "b"]),
    ("hash", &["HEXISTS", "a"]),
    ("hash", &["HKEYS"]),
    ("hash", &["HGETALL"]),
    ("hash", &["HDEL", "b"]),
    ("set", &["ZADD", "1", "a"]),
    ("set", &["PEXPIRE", "10000"]),
    ("set", &["ZSCORE", "a"]),
    ("set", &["ZRANGE", "0", "-1"]),
    ("set", &["ZRANGEBYSCORE", "0", "1"]),
    ("set", &["ZREMRANGEBYSCORE", "-inf", "0"]),
    ("set", &["ZREM", "a"]),
    ("set", &["DEL"]),
];

/// Commands that nodes send themselves.
static SENT: [(&str, &[&str]); 9] = [
    ("text", &["SET", "1", "PX", "10000"]),
    ("text", &["GET"]),
    ("hash", &["HGET", "a"]),
    ("hash", &["HMGET", "a", "b"]),
    ("set", &["ZSCORE", "a"]),
    ("set", &["ZREM", "a"]),
    ("stream", &["XADD", "*", "a", "1"]),
    ("stream", &["EXPIRE", "10"]),
    ("stream", &["XRANGE", "-", "+"]),
];

/// What was found so far.
#[derive(Default)]
struct Findings {
    /// Words for the server's ACL that would allow what was refused.
    to_allow: BTreeSet<String>,
    /// Other problems, each once.
    others: Vec<StoreFinding>,
}

impl Findings {
    /// Notes what a server says to a command. Returns false if it gives no answer, so that the rest would not either.
    fn note(&mut self, command: &str, prefix: &str, answer: Result<(), StoreError>) -> bool {
        let Err(error) = answer else { return true };
        let Some(said) = refusal(&error) else {
            self.add(true, format!("it does not answer: {}", chain(&error)));
            return false;
        };
        let has = |part: &str| said.contains(part);
        let is_permission = ["NOPERM", "permission", "The user executing the script"];
        if is_permission.into_iter().any(has) {
            // The server names a command that it refuses itself; of one within a script it may only say that it has.
            let named = said.split_once("run the '");
            let named = named.and_then(|(_, rest)| rest.split('\'').next());
            let command = named.unwrap_or(command).to_ascii_lowercase();
            let is_of_name = |name: &str| named.is_none() && has(name);
            self.to_allow.insert(if is_of_name("channel") {
                format!("&{prefix}*")
            } else if is_of_name("key") {
                format!("~{prefix}*")
            } else if command.is_empty() {
                // The commands of this script are tried by themselves.
                return true;
            } else {
                format!("+{command}")
            });
        } else if has("OOM") {
            let problem = "it has reached its maxmemory and takes no login: give it more, or a server of its own";
            self.add(true, problem.to_owned());
        } else if has("READONLY") || has("read only replica") || has("replica instances") {
            let problem =
                "it is a read-only replica: name the master, or its Sentinels by redis+sentinel://";
            self.add(true, problem.to_owned());
        } else {
            self.add(true, format!("it refuses what a login needs: {said}"));
        }
        true
    }

    fn add(&mut self, is_fatal: bool, problem: String) {
        let finding = StoreFinding { problem, is_fatal };
        if !self.others.contains(&finding) {
            self.others.push(finding);
        }
    }

    fn into_list(self) -> Vec<StoreFinding> {
        let mut list = self.others;
        if !self.to_allow.is_empty() {
            let words: Vec<String> = self.to_allow.into_iter().collect();
            let problem = format!(
                "its ACL keeps the gateway's user from what a login needs: allow it by ACL SETUSER with {}",
                words.join(" ")
            );
            list.push(StoreFinding {
                problem,
                is_fatal: true,
            });
        }
        list
    }
}

impl RedisStore {
    /// Tries everything that a login needs, and returns what is wrong with the store.
    pub(super) async fn run_probe(&self) -> Vec<StoreFinding> {
        let mut found = Findings::default();
        let prefix = self.keys.prefix();
        let name = HEXLOWER.encode(&random::bytes::<8>());
        // The first answer tells whether there is a server, with these credentials. In a cluster each master is tried.
        // The commands of its script are tried one by one below.
        if found.note("", prefix, self.check().await) {
            self.try_commands(&name, &mut found).await;
            self.try_channels(&name, &mut found).await;
            self.look_at_schema(&mut found).await;
            self.look_at_memory(&mut found).await;
        }
        found.into_list()
    }

    async fn try_commands(&self, name: &str, found: &mut Findings) {
        let prefix = self.keys.prefix();
        let in_scripts = IN_SCRIPTS.iter().map(|(kind, words)| (kind, words, true));
        let sent = SENT.iter().map(|(kind, words)| (kind, words, false));
        for (kind, words, is_in_script) in in_scripts.chain(sent) {
            let key = self.keys.probe(name, kind);
            let command = command(&key, words, is_in_script);
            let answer = self.connections.query::<Value>("probe", &command).await;
            let shown = words.first().copied().unwrap_or_default();
            if !found.note(shown, prefix, answer.map(drop)) {
                return;
            }
        }
        for kind in ["text", "hash", "set", "stream"] {
            let mut delete = redis::cmd("DEL");
            delete.arg(self.keys.probe(name, kind));
            // Those that stay end by themselves.
            drop(self.connections.query::<Value>("probe", &delete).await);
        }
        let mut clock = redis::cmd("EVAL");
        clock
            .arg(ONE_COMMAND)
            .arg(1)
            .arg(self.keys.probe(name, "text"))
            .arg("TIME");
        let answer = self.connections.query::<Value>("probe", &clock).await;
        found.note("TIME", prefix, answer.map(drop));
        if self.connections.is_one_server() && self.connections.waits_for_replicas() {
            let role = self
                .connections
                .query::<Value>("probe", &redis::cmd("ROLE"))
                .await;
            found.note("ROLE", prefix, role.map(drop));
            let mut wait = redis::cmd("WAIT");
            wait.arg(0).arg(1);
            let wait = self.connections.query::<Value>("probe", &wait).await;
            found.note("WAIT", prefix, wait.map(drop));
        }
    }

    async fn try_channels(&self, name: &str, found: &mut Findings) {
        let prefix = self.keys.prefix();
        let channel = self.keys.inbox(&NodeId::new(name));
        let published = self.connections.publish(&channel, "").await;
        found.note("PUBLISH", prefix, published);
        if self.connections.is_one_server() {
            let mut publish = redis::cmd("EVAL");
            publish
                .arg(ONE_COMMAND)
                .arg(0)
                .arg("PUBLISH")
                .arg(&channel)
                .arg("");
            let answer = self.connections.query::<Value>("probe", &publish).await;
            found.note("PUBLISH", prefix, answer.map(drop));
        }
        let patience = self.connections.timeout() * 3;
        let subscribed = match timeout(patience, self.connections.subscribe(&channel)).await {
            Ok(subscribed) => subscribed.map(drop).map_err(StoreError::unavailable),
            Err(_) => Err(StoreError::Timeout),
        };
        found.note("SUBSCRIBE", prefix, subscribed);
    }

    async fn look_at_schema(&self, found: &mut Findings) {
        match self.read_schema().await {
            Ok(SchemaFound::Newer(version)) => found.add(
                true,
                format!(
                    "it holds data of schema {version}, and this version understands up to {SCHEMA}: use a newer \
                     version, or another store.key_prefix"
                ),
            ),
            // A refused GET has been told.
            Ok(SchemaFound::Understood) | Err(_) => {}
        }
    }

    /// All keys have an end, so that each policy but `noeviction` may take a login that is going on.
    async fn look_at_memory(&self, found: &mut Findings) {
        let mut info = redis::cmd("INFO");
        info.arg("memory");
        // A server that does not tell is no problem.
        let Ok(said) = self.connections.query::<String>("probe", &info).await else {
            return;
        };
        let value = |name: &str| {
            let mut lines = said.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        };
        let (maximum, policy) = (value("maxmemory"), value("maxmemory_policy"));
        if let Some(policy) = policy
            && policy != "noeviction"
            && maximum.is_some_and(|bytes| bytes != "0")
        {
            found.add(
                false,
                format!(
                    "its maxmemory-policy is {policy}: a full server throws logins and sessions away unnoticed; set \
                     noeviction"
                ),
            );
        }
    }
}

/// Returns a command on a key, sent itself or run by a script.
fn command(key: &str, words: &[&str], is_in_script: bool) -> Cmd {
    let (name, arguments) = words.split_first().unwrap_or((&"PING", &[]));
    let mut command = if is_in_script {
        let mut script = redis::cmd("EVAL");
        script.arg(ONE_COMMAND).arg(1).arg(key).arg(*name);
        script
    } else {
        redis::cmd(name)
    };
    command.arg(key);
    let at = wall_clock::since_epoch() + Duration::from_secs(LIFETIME);
    for argument in arguments {
        match *argument {
            "$at" => command.arg(at.as_millis().to_string()),
            argument => command.arg(argument),
        };
    }
    command
}

/// Returns what a server says to a command that it refuses; `None` if there is no answer of a server.
fn refusal(error: &StoreError) -> Option<String> {
    let StoreError::Unavailable(source) = error else {
        return None;
    };
    let refused = source.downcast_ref::<RedisError>()?;
    refused.code().map(|_| refused.to_string())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Every command of the scripts is tried, so that none is missed at the first login.
    #[test]
    fn the_probe_tries_each_command_of_the_scripts() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/redis/scripts");
        let mut tried: BTreeSet<&str> = IN_SCRIPTS.iter().map(|(_, words)| words[0]).collect();
        tried.extend(["TIME", "PUBLISH"]);
        for file in fs::read_dir(folder).expect("the scripts' folder") {
            let text = fs::read_to_string(file.expect("a file").path()).expect("a script");
            for call in text.split("redis.call('").skip(1) {
                let command = call.split('\'').next().unwrap_or_default();
                assert!(tried.contains(command), "{command} is not tried");
            }
        }
    }
}
