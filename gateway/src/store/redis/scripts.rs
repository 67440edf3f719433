//! The scripts, each one atomic step, and the parts of which their texts are made.

use super::keys::Keys;
use super::script::Script;

const CLOCK: &str = include_str!("scripts/clock.lua");
const DEADLINE: &str = include_str!("scripts/deadline.lua");
const ATTEMPTS: &str = include_str!("scripts/attempts.lua");
const STATES: &str = include_str!("scripts/states.lua");
const EVENT: &str = include_str!("scripts/event.lua");
const AGREEMENT: &str = include_str!("scripts/agreement.lua");
const HISTORY: &str = include_str!("scripts/history.lua");
const PUBLISH: &str = include_str!("scripts/publish.lua");
const SESSION: &str = include_str!("scripts/session.lua");
const INDEX: &str = include_str!("scripts/index.lua");
const MEMBERSHIP: &str = include_str!("scripts/membership.lua");
const OUTBOX: &str = include_str!("scripts/outbox.lua");
const HAND_OVER: &str = include_str!("scripts/hand_over.lua");

/// All scripts.
#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) check: Script,
    pub(super) claim_schema: Script,
    pub(super) take: Script,
    pub(super) give_back: Script,
    pub(super) open: Script,
    pub(super) attach: Script,
    pub(super) changes: Script,
    pub(super) read: Script,
    pub(super) apply: Script,
    pub(super) scan: Script,
    pub(super) confirm: Script,
    pub(super) redeem: Script,
    pub(super) poll_device: Script,
    pub(super) use_once: Script,
    pub(super) push_request: Script,
    pub(super) pushed_request: Script,
    pub(super) undo_redemption: Script,
    pub(super) access: Script,
    pub(super) begin_session: Script,
    pub(super) session_of: Script,
    pub(super) join_session: Script,
    pub(super) end_session: Script,
    pub(super) refresh: Script,
    pub(super) revoke: Script,
    pub(super) index_session: Script,
    pub(super) indexed: Script,
    pub(super) put_out: Script,
    pub(super) put_ahead: Script,
    pub(super) due_logouts: Script,
    pub(super) settle_logouts: Script,
}

/// A script's text. The parts come in the order in which they need each other.
macro_rules! script {
    ($keys:ident, $verb:literal, $($part:ident)*) => {
        Script::new($verb, $keys.in_script(&[$($part,)* include_str!(concat!("scripts/", $verb, ".lua"))].concat()))
    };
}

/// A script that changes nothing after its deadline.
macro_rules! timed_script {
    ($keys:ident, $verb:literal, $($part:ident)*) => {
        script!($keys, $verb, CLOCK DEADLINE $($part)*).timed()
    };
}

/// A timed script that tells nodes of changes, with a text for each publisher.
macro_rules! telling_script {
    ($keys:ident, $verb:literal, $($part:ident)*) => {
        Script::telling($verb, [PUBLISH, HAND_OVER].map(|publisher| {
            $keys.in_script(&[CLOCK, DEADLINE, publisher, $($part,)* include_str!(concat!("scripts/", $verb, ".lua"))].concat())
        })).timed()
    };
}

impl Scripts {
    /// Creates the scripts, which make some names of keys and channels themselves.
    pub(super) fn new(keys: &Keys) -> Self {
        Self {
            check: script!(keys, "check", CLOCK),
            claim_schema: script!(keys, "claim_schema",),
            take: timed_script!(keys, "take", ATTEMPTS),
            give_back: timed_script!(keys, "give_back",),
            open: timed_script!(keys, "open", ATTEMPTS),
            attach: telling_script!(keys, "attach", ATTEMPTS HISTORY),
            changes: script!(keys, "changes", CLOCK HISTORY),
            read: script!(keys, "read", CLOCK HISTORY),
            apply: telling_script!(keys, "apply", STATES EVENT),
            scan: telling_script!(keys, "scan", ATTEMPTS STATES EVENT AGREEMENT),
            confirm: telling_script!(keys, "confirm", ATTEMPTS STATES EVENT AGREEMENT),
            redeem: timed_script!(keys, "redeem", ATTEMPTS STATES SESSION INDEX MEMBERSHIP),
            poll_device: timed_script!(keys, "poll_device", STATES),
            use_once: timed_script!(keys, "use_once",),
            push_request: timed_script!(keys, "push_request", ATTEMPTS),
            pushed_request: script!(keys, "pushed_request",),
            // It only takes back, and has no deadline: done late, it still spares a client the refusal of its code.
            undo_redemption: script!(keys, "undo_redemption", CLOCK SESSION INDEX MEMBERSHIP),
            access: script!(keys, "access", CLOCK SESSION),
            begin_session: timed_script!(keys, "begin_session", STATES SESSION INDEX),
            session_of: script!(keys, "session_of", CLOCK),
            join_session: timed_script!(keys, "join_session", SESSION),
            end_session: timed_script!(keys, "end_session", SESSION OUTBOX),
            refresh: timed_script!(keys, "refresh", ATTEMPTS SESSION),
            revoke: timed_script!(keys, "revoke", SESSION),
            index_session: timed_script!(keys, "index_session", INDEX),
            indexed: script!(keys, "indexed",),
            put_out: timed_script!(keys, "put_out", OUTBOX),
            put_ahead: timed_script!(keys, "put_ahead", OUTBOX),
            due_logouts: timed_script!(keys, "due_logouts",),
            settle_logouts: timed_script!(keys, "settle_logouts", SESSION OUTBOX),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    /// Commands and options that came after Redis 6.0, which the settings promise to be enough.
    const NEWER: [&str; 9] = [
        "'GT'",
        "'LT'",
        "ZMSCORE",
        "SMISMEMBER",
        "GETDEL",
        "GETEX",
        "EXPIRETIME",
        "ZRANGESTORE",
        "LMOVE",
    ];

    #[test]
    fn scripts_need_no_newer_redis_than_version_6() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/redis/scripts");
        let files = fs::read_dir(folder).expect("the scripts' folder");
        let texts = files.map(|file| fs::read_to_string(file.expect("a file").path()));
        for text in texts {
            let text = text.expect("a script");
            let newer = NEWER.into_iter().find(|word| text.contains(word));
            assert_eq!(newer, None, "in\n{text}");
        }
    }
}
