//! The scripts: each is one atomic step on one login.

use super::script::Script;

/// All of them.
#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) open: Script,
    pub(super) attach: Script,
    pub(super) changes: Script,
    pub(super) read: Script,
    pub(super) apply: Script,
    pub(super) grant: Script,
    pub(super) redeem: Script,
    pub(super) count_failed_redemption: Script,
    pub(super) access: Script,
}

macro_rules! script {
    ($verb:literal) => {
        Script::new(
            $verb,
            concat!(
                include_str!("../../limits/scripts/clock.lua"),
                include_str!("scripts/lib.lua"),
                include_str!(concat!("scripts/", $verb, ".lua"))
            ),
        )
    };
    ($verb:literal counting) => {
        Script::new(
            $verb,
            concat!(
                include_str!("../../limits/scripts/clock.lua"),
                include_str!("../../limits/scripts/take.lua"),
                include_str!("scripts/lib.lua"),
                include_str!("scripts/toll.lua"),
                include_str!(concat!("scripts/", $verb, ".lua"))
            ),
        )
    };
    ($verb:literal counting telling) => {
        Script::telling(
            $verb,
            concat!(
                include_str!("scripts/tell_by_publishing.lua"),
                include_str!("../../limits/scripts/clock.lua"),
                include_str!("../../limits/scripts/take.lua"),
                include_str!("scripts/lib.lua"),
                include_str!("scripts/toll.lua"),
                include_str!(concat!("scripts/", $verb, ".lua"))
            ),
            concat!(
                include_str!("scripts/tell_by_answer.lua"),
                include_str!("../../limits/scripts/clock.lua"),
                include_str!("../../limits/scripts/take.lua"),
                include_str!("scripts/lib.lua"),
                include_str!("scripts/toll.lua"),
                include_str!(concat!("scripts/", $verb, ".lua"))
            ),
        )
    };
    ($verb:literal telling) => {
        Script::telling(
            $verb,
            concat!(
                include_str!("scripts/tell_by_publishing.lua"),
                include_str!("../../limits/scripts/clock.lua"),
                include_str!("scripts/lib.lua"),
                include_str!(concat!("scripts/", $verb, ".lua"))
            ),
            concat!(
                include_str!("scripts/tell_by_answer.lua"),
                include_str!("../../limits/scripts/clock.lua"),
                include_str!("scripts/lib.lua"),
                include_str!(concat!("scripts/", $verb, ".lua"))
            ),
        )
    };
}

impl Default for Scripts {
    fn default() -> Self {
        Self {
            open: script!("open" counting),
            attach: script!("attach" telling),
            changes: script!("changes"),
            read: script!("read"),
            apply: script!("apply" counting telling),
            grant: script!("grant" counting),
            redeem: script!("redeem"),
            count_failed_redemption: script!("count_failed_redemption"),
            access: script!("access"),
        }
    }
}
