//! The words around the electronic card, in both languages.

use crate::cards::{CardPasswordRefused, CardRefusal, Obstacle, TypedPassword};
use crate::pages::Locale;
use crate::records::Words;
use crate::records::inbox::Notice;
use crate::registration::Problem;

/// A text in Chinese and in English.
type Pair = (&'static str, &'static str);

/// What is agreed to.
pub const AGREEMENT: [Pair; 3] = [
    (
        "电子社保卡与您的实体社会保障卡关联，只供您本人使用，请勿转借他人。",
        "The electronic card belongs to your physical card. It is for you alone; lend it to nobody.",
    ),
    (
        "请妥善保管电子社保卡密码，不要告诉任何人，包括工作人员。",
        "Keep its password to yourself. Tell nobody, not even staff.",
    ),
    (
        "实体卡挂失、封存、锁定或注销时，电子社保卡不能用于扫码登录。",
        "While the physical card is reported lost, sealed, locked or cancelled, it cannot be used to log in by scanning.",
    ),
];

/// Why somebody cannot apply, and what to do.
pub const fn obstacle_words(obstacle: Obstacle) -> Pair {
    match obstacle {
        Obstacle::Provisional => (
            "您是临时用户，请先完成身份认证，再申领电子社保卡。",
            "Your account is provisional. Verify your identity first, then apply.",
        ),
        Obstacle::RegionClosed => (
            "您的社会保障卡所在地区尚未开通电子社保卡。请留意公告，开通后再申领；目前可用用户名和密码登录。",
            "Your card's region issues no electronic cards yet. Watch the announcements; until then log in by user name and password.",
        ),
        Obstacle::Card(CardRefusal::NoCard) => (
            "您还没有实体社会保障卡。请携带身份证到社保服务窗口或合作银行网点申领实体卡。",
            "You have no physical card. Take your ID card to a service counter or a partner bank to get one.",
        ),
        Obstacle::Card(CardRefusal::NotActivated) => (
            "您的社会保障卡尚未激活。请在电脑上登录网上服务大厅办理卡激活。",
            "Your card is not activated. Activate it in the service hall, on a computer.",
        ),
        Obstacle::Card(CardRefusal::Sealed) => (
            "您的社会保障卡已封存。请携带身份证到社保服务窗口办理启封。",
            "Your card is sealed. Take your ID card to a service counter.",
        ),
        Obstacle::Card(CardRefusal::ReportedLost) => (
            "您的社会保障卡已挂失。请在电脑上登录网上服务大厅办理卡解挂或卡补办。",
            "Your card is reported lost. Undo that or have it replaced in the service hall, on a computer.",
        ),
        Obstacle::Card(CardRefusal::ApplicationLocked) => (
            "您的社会保障卡应用已锁定。请携带身份证和卡片到社保服务窗口解锁。",
            "Your card's application is locked. Take your ID card and the card to a service counter.",
        ),
        Obstacle::Card(CardRefusal::Cancelled) => (
            "您的社会保障卡已注销。请在电脑上登录网上服务大厅办理卡补办，激活新卡后再申领。",
            "Your card is cancelled. Have it replaced in the service hall, on a computer, and apply once the new one is activated.",
        ),
    }
}

/// Why a password is refused.
pub const fn password_words(refused: CardPasswordRefused) -> Pair {
    match refused {
        CardPasswordRefused::NotSixDigits => ("密码须为6位数字。", "The password is six digits."),
        CardPasswordRefused::Simple => (
            "密码过于简单，请勿使用相同或连续的数字。",
            "This is too easily guessed: no digit six times, no digits in a row.",
        ),
        CardPasswordRefused::OwnNumber => (
            "密码不能是身份证号码的一部分，如出生日期。",
            "The password must not stand in your ID number, as your date of birth does.",
        ),
    }
}

/// Tells that the card was issued.
pub fn issued() -> Notice {
    Notice::new(
        Words::new("电子社保卡申领成功", "Your electronic card was issued"),
        Words::new(
            "您现在可以扫码登录网上服务大厅。如果不是您本人申领，请立即挂失社会保障卡并修改登录密码。",
            "You can log in by scanning now. If it was not you who applied, report your card lost and change your password at once.",
        ),
    )
}

/// Tells that the card's password was set anew.
pub fn password_changed() -> Notice {
    Notice::new(
        Words::new(
            "您的电子社保卡密码已修改",
            "The password of your electronic card was changed",
        ),
        Words::new(
            "如果不是您本人操作，请立即挂失社会保障卡并修改登录密码。",
            "If this was not you, report your card lost and change your login password at once.",
        ),
    )
}

/// Tells that the card's number was shown.
pub fn number_shown() -> Notice {
    Notice::new(
        Words::new("您的完整卡号被查看", "Your card's full number was shown"),
        Words::new(
            "在手机应用中输入电子社保卡密码后显示了完整卡号。如果不是您本人操作，请立即修改电子社保卡密码和登录密码。",
            "It was shown in the app after the card's password was typed. If this was not you, change that password and your login password now.",
        ),
    )
}

/// What is said to a typed password that does not count.
pub fn typed_words(typed: TypedPassword, locale: Locale) -> Option<String> {
    let (zh, en) = match typed {
        TypedPassword::Right => return None,
        TypedPassword::TooMany(wait) => return Some(Problem::TooMany(wait).text(locale)),
        TypedPassword::Wrong => ("电子社保卡密码不正确。", "This is not the card's password."),
        TypedPassword::NotSet => (
            "您还没有设置电子社保卡密码，请先设置。",
            "The card has no password yet. Set one first.",
        ),
    };
    Some(locale.pick(zh, en).to_owned())
}

/// That the password and its repetition differ.
pub const fn differ(locale: Locale) -> &'static str {
    locale.pick("两次输入的密码不一致。", "The two passwords differ.")
}
