//! The words of the verification, in both languages.

use super::ways::WayClosed;
use crate::accounts::Service;
use crate::pages::Locale;
use crate::registers::CardState;

/// The words of one language.
#[derive(Debug)]
pub struct Texts {
    locale: Locale,
    pub provisional: &'static str,
    pub provisional_hint: &'static str,
    pub allowed: &'static str,
    pub lacking: &'static str,
    pub verify: &'static str,
    pub verify_hint: &'static str,
    pub by_code: &'static str,
    pub code: &'static str,
    pub code_hint: &'static str,
    pub get_code: &'static str,
    pub by_password: &'static str,
    pub by_password_hint: &'static str,
    pub card_password: &'static str,
    pub card_password_hint: &'static str,
    pub submit: &'static str,
    pub later: &'static str,
    pub back: &'static str,
    pub wrong_password_locked: &'static str,
    pub verified: &'static str,
    pub verified_hint: &'static str,
}

const CHINESE: Texts = Texts {
    locale: Locale::Chinese,
    provisional: "您是临时用户",
    provisional_hint: "完成个人身份认证后，即可使用全部功能。",
    allowed: "现在可以使用",
    lacking: "身份认证后可以使用",
    verify: "个人身份认证",
    verify_hint: "以下两种方式任选其一。没有参加社会保险的，可以继续作为临时用户使用。",
    by_code: "社保卡登记手机号验证",
    code: "验证码",
    code_hint: "6位数字，10分钟内有效。",
    get_code: "获取验证码",
    by_password: "社保卡密码验证",
    by_password_hint: "可能需要您先到当地定点医院、药店进行一次刷卡消费或密码修改。",
    card_password: "社会保障卡密码",
    card_password_hint: "6位数字。连续输错将被锁定。",
    submit: "提交认证",
    later: "以后再说",
    back: "返回首页",
    wrong_password_locked: "社保卡密码错误次数过多，已被锁定。请到社保卡经办窗口解锁，或使用登记手机号验证。",
    verified: "身份认证成功",
    verified_hint: "您已成为正式用户，可以使用全部功能。",
};

const ENGLISH: Texts = Texts {
    locale: Locale::English,
    provisional: "Your account is provisional",
    provisional_hint: "Verify your identity to use everything.",
    allowed: "You can use now",
    lacking: "Once you are verified",
    verify: "Verify your identity",
    verify_hint: "Choose one of the two ways. People without social insurance may stay provisional.",
    by_code: "By the phone on file with your card",
    code: "Code",
    code_hint: "Six digits, good for ten minutes.",
    get_code: "Get the code",
    by_password: "By your card's password",
    by_password_hint: "You may have to pay once with the card at a hospital or pharmacy, or change its password there, before.",
    card_password: "Password of the social-security card",
    card_password_hint: "Six digits. Several wrong ones in a row lock it.",
    submit: "Verify",
    later: "Later",
    back: "Back to home",
    wrong_password_locked: "The card's password was wrong too often and is locked. Have it unlocked at a counter, or verify by the phone on file.",
    verified: "You are verified",
    verified_hint: "Your account can be used for everything now.",
};

impl Texts {
    /// The words of a language.
    pub const fn of(locale: Locale) -> &'static Self {
        locale.pick(&CHINESE, &ENGLISH)
    }

    /// The name of a service.
    pub const fn service(&self, service: Service) -> &'static str {
        match service {
            Service::Exams => self.locale.pick("考试报名", "Exam registration"),
            Service::Applications => self.locale.pick("行政审批", "Administrative applications"),
            Service::OwnAccount => self.locale.pick("我的账户", "My account"),
            Service::InsuranceRecords => self.locale.pick("参保信息查询", "Insurance records"),
            Service::EmploymentRecords => self.locale.pick("就业信息查询", "Employment records"),
            Service::CardServices => self.locale.pick("社会保障卡服务", "Card services"),
        }
    }

    /// Where the code goes.
    pub fn phone_on_file(&self, masked: &str) -> String {
        match self.locale {
            Locale::Chinese => format!("验证码将发送到您社会保障卡登记的手机号 {masked}。"),
            Locale::English => {
                format!("A code is sent to {masked}, the number on file with your card.")
            }
        }
    }

    /// That the card's password is wrong.
    pub fn wrong_password(&self, left: u32) -> String {
        match self.locale {
            Locale::Chinese => format!("社保卡密码不正确，还可以输入 {left} 次。"),
            Locale::English => format!("The card's password is wrong. Tries left: {left}."),
        }
    }

    /// Why a way is not open, and what to do.
    pub const fn closed(&self, closed: WayClosed) -> &'static str {
        let (chinese, english) = match closed {
            WayClosed::NoCard => (
                "未查到您的社会保障卡。您可以继续作为临时用户，使用考试报名、行政审批等功能。",
                "You have no social-security card. You can stay provisional, for exam registration and administrative applications.",
            ),
            WayClosed::NoPhone => (
                "您的社会保障卡没有登记手机号，请就近到当地人社部门登记。",
                "No phone is on file with your card. Have one put on file at a counter.",
            ),
            WayClosed::PhoneElsewhere => (
                "您社会保障卡登记的手机号不是省内号段，请就近到当地人社部门修改。",
                "The phone on file with your card is one of another province. Have it changed at a counter.",
            ),
            WayClosed::NoPasswordCheck => (
                "您的社会保障卡所在地区暂不支持密码认证。",
                "Your card's region does not support verification by password.",
            ),
            WayClosed::State(CardState::NotActivated) => (
                "您的社会保障卡尚未激活，请先激活。",
                "Your card is not activated. Activate it first.",
            ),
            WayClosed::State(CardState::Sealed) => (
                "您的社会保障卡已封存，请到经办窗口办理启封。",
                "Your card is sealed. See a counter.",
            ),
            WayClosed::State(CardState::ReportedLost) => (
                "您的社会保障卡已挂失，请先办理解挂或补办。",
                "Your card is reported lost. Undo that, or have it replaced.",
            ),
            WayClosed::State(CardState::ApplicationLocked) => (
                "您的社会保障卡应用已锁定，请到经办窗口办理解锁。",
                "Your card is locked. See a counter.",
            ),
            WayClosed::State(CardState::Cancelled) => (
                "您的社会保障卡已注销，请先申领新卡。",
                "Your card is cancelled. Apply for a new one.",
            ),
            WayClosed::State(CardState::Active) => ("", ""),
        };
        self.locale.pick(chinese, english)
    }
}
