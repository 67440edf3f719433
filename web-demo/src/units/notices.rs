//! What an agent is told of an appointment and of its end, and an employee of what the unit does for them.

use super::delegations::NewDelegation;
use crate::pages::Locale;
use crate::records::inbox::Notice;
use crate::records::{Words, Yuan};
use crate::registers::Unit;

/// Somebody has been appointed.
pub fn appointed(new: &NewDelegation<'_>) -> Notice {
    let NewDelegation {
        unit: Unit { name: unit, .. },
        scope,
        ends_on,
        by,
        ..
    } = new;
    let (by, zh, en) = (
        &by.name,
        scope.words(Locale::Chinese),
        scope.words(Locale::English),
    );
    let title = Words::new(
        format!("您已成为“{unit}”的授权经办人"),
        format!("You are an authorised agent of {unit}"),
    );
    let body = Words::new(
        format!(
            "授权事项：{zh}\n有效期：至{ends_on}（含当日）\n授权人：{by}（法定代表人）\n扫码登录时选择“单位登录”即可办理。如果您不知情，请联系该单位。"
        ),
        format!(
            "You may act in: {en}\nUntil: {ends_on}, that day included\nAppointed by: {by}, legal representative\nChoose the unit when you log in by scanning. If you know nothing of this, ask the unit."
        ),
    );
    Notice::new(title, body)
}

/// Somebody's appointment has been withdrawn.
pub fn withdrawn(Unit { name: unit, .. }: &Unit) -> Notice {
    let title = Words::new(
        format!("“{unit}”已撤销对您的授权"),
        format!("Your authorisation to act for {unit} has been withdrawn"),
    );
    let body = Words::new(
        "授权即时终止，以该单位身份登录的电脑均已退出。如有疑问，请联系该单位的法定代表人。",
        "It ended at once, and computers where you were logged in for the unit were logged out. Ask the unit's legal representative if this is unclear.",
    );
    Notice::new(title, body)
}

/// Somebody has been registered as an employee.
pub fn registered(Unit { name: unit, .. }: &Unit, base: Yuan) -> Notice {
    let title = Words::new(
        format!("“{unit}”已为您办理参保登记"),
        format!("{unit} has registered you with the social insurance"),
    );
    let body = Words::new(
        format!("缴费基数：每月{base}元\n如果您不知情，请联系该单位。"),
        format!(
            "Base of the contributions: {base} yuan a month\nIf you know nothing of this, ask the unit."
        ),
    );
    Notice::new(title, body)
}

/// Somebody works for the unit no more.
pub fn left(Unit { name: unit, .. }: &Unit) -> Notice {
    let title = Words::new(
        format!("“{unit}”已为您办理停保"),
        format!("{unit} has ended your registration with the social insurance"),
    );
    let body = Words::new(
        "如有疑问，请联系该单位。",
        "Ask the unit if this is unclear.",
    );
    Notice::new(title, body)
}

/// The unit reminds somebody of their card.
pub fn card_reminder(Unit { name: unit, .. }: &Unit) -> Notice {
    let title = Words::new(
        format!("“{unit}”提醒您办理社会保障卡业务"),
        format!("{unit} reminds you to see to your social-security card"),
    );
    let body = Words::new(
        "您没有社会保障卡，或其目前不能正常使用。请在“我的社会保障卡”中查看并办理。",
        "You have no card, or it cannot be used at present. See “My social-security card” for what to do.",
    );
    Notice::new(title, body)
}
