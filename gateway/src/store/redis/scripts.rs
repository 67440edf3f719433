//! The scripts: each is one atomic step on one login.

use redis::Script;

/// All of them, with their digests.
#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) open: Script,
    pub(super) attach: Script,
    pub(super) changes: Script,
    pub(super) read: Script,
    pub(super) apply: Script,
    pub(super) redeem: Script,
    pub(super) count_failed_redemption: Script,
    pub(super) access: Script,
}

macro_rules! script {
    ($file:literal) => {
        Script::new(concat!(include_str!("scripts/lib.lua"), include_str!(concat!("scripts/", $file))))
    };
}

impl Default for Scripts {
    fn default() -> Self {
        Self {
            open: script!("open.lua"),
            attach: script!("attach.lua"),
            changes: script!("changes.lua"),
            read: script!("read.lua"),
            apply: script!("apply.lua"),
            redeem: script!("redeem.lua"),
            count_failed_redemption: script!("count_failed_redemption.lua"),
            access: script!("access.lua"),
        }
    }
}
