//! What is wrong, in words: what happened, and what to do.

use super::problem::Problem;
use crate::accounts::attempts::Wait;
use crate::accounts::id_number::IdNumberError;
use crate::accounts::{PasswordRefused, UserNameRefused};
use crate::pages::Locale;
use crate::sms_codes::CodeRefused;

impl Problem {
    /// The sentence beside the field.
    pub fn text(self, locale: Locale) -> String {
        let (chinese, english) = match self {
            Self::TooMany(Wait(seconds)) => return too_many(locale, seconds),
            Self::CodeTooSoon(Wait(seconds)) => return code_too_soon(locale, seconds),
            Self::Code(refused) => return code(locale, refused),
            Self::IdNumber(error) => id_number(error),
            Self::UserName(refused) => user_name(refused),
            Self::Password(refused) => password(refused),
            Self::NotAgreed => (
                "请先阅读并同意协议。",
                "Read and accept the agreement first.",
            ),
            Self::NameMissing => (
                "请填写与身份证一致的真实姓名。",
                "Enter your name as it stands on your ID card.",
            ),
            Self::NotInRegister => (
                "身份证号与姓名不一致，请核对后重新填写。",
                "The ID number and the name do not belong together. Check both.",
            ),
            Self::RegisterDown => (
                "暂时无法核验身份，请稍后再试。",
                "Identities cannot be checked right now. Try again shortly.",
            ),
            Self::HasAccount => (
                "该身份证号已注册，网页端和手机端使用同一账号，请直接登录。",
                "This person has an account already. It serves the website and the app: log in with it.",
            ),
            Self::UserNameTaken => (
                "该用户名已被他人使用，请更换。",
                "Somebody else has this user ID. Choose another.",
            ),
            Self::Confirmation => ("两次输入的密码不一致。", "The two passwords differ."),
            Self::Phone => (
                "请填写11位手机号码。",
                "Enter a mobile number of 11 digits.",
            ),
            Self::PhoneElsewhere => (
                "该号码不属于省内号段，暂不支持省外手机号。请更换省内移动、联通或电信手机号。",
                "This number is given out in another province, which is not supported. Use one of this province.",
            ),
            Self::CarrierDown => (
                "短信暂时无法发送，请稍后再试。",
                "No message can be sent right now. Try again shortly.",
            ),
            Self::FaceCheckOver => (
                "人脸验证已超过10分钟，请重新验证，或使用省内手机号和短信验证码。",
                "The face check was more than ten minutes ago. Check again, or use a phone of this province and a code.",
            ),
            Self::Email => ("电子邮箱格式不正确。", "This is no e-mail address."),
            Self::Qq => ("QQ号为5至11位数字。", "A QQ number has 5 to 11 digits."),
            Self::WeChat => (
                "微信号为6至20位字母、数字、下划线或减号。",
                "A WeChat ID has 6 to 20 letters, digits, underscores or hyphens.",
            ),
        };
        locale.pick(chinese, english).to_owned()
    }
}

const fn id_number(error: IdNumberError) -> (&'static str, &'static str) {
    match error {
        IdNumberError::Length => ("身份证号应为18位。", "An ID number has 18 characters."),
        IdNumberError::Form => (
            "身份证号应为17位数字加1位数字或字母X。",
            "An ID number is 17 digits, then a digit or the letter X.",
        ),
        IdNumberError::Date => (
            "身份证号中的出生日期不存在，请核对第7至14位。",
            "The date of birth in the ID number does not exist. Check characters 7 to 14.",
        ),
        IdNumberError::CheckCharacter => (
            "身份证号校验位不正确，请逐位核对。",
            "The ID number's last character does not fit the others: one of them is mistyped.",
        ),
    }
}

const fn user_name(refused: UserNameRefused) -> (&'static str, &'static str) {
    match refused {
        UserNameRefused::Missing => ("请填写用户ID。", "Enter a user ID."),
        UserNameRefused::TooLong => ("用户ID最多18位。", "A user ID has at most 18 characters."),
        UserNameRefused::ChineseCharacter => (
            "用户ID不可填写汉字，请使用字母和数字。",
            "A user ID has no Chinese characters: use letters and digits.",
        ),
        UserNameRefused::OtherCharacter => (
            "用户ID只能使用字母和数字。",
            "A user ID has letters and digits only.",
        ),
        UserNameRefused::IdNumberOfAnother => (
            "不可使用他人的身份证号作为用户ID。",
            "This is another person's ID number. Use your own, or something else.",
        ),
    }
}

const fn password(refused: PasswordRefused) -> (&'static str, &'static str) {
    match refused {
        PasswordRefused::Length => ("密码应为4至16位。", "A password has 4 to 16 characters."),
        PasswordRefused::Character => (
            "密码请使用字母、数字和键盘上的英文符号，不含空格和汉字。",
            "A password has letters, digits and the signs of an English keyboard, no spaces.",
        ),
        PasswordRefused::LettersAndDigits => (
            "密码应同时包含字母和数字。",
            "A password has both letters and digits.",
        ),
        PasswordRefused::FewCharacters => (
            "密码过于简单：不同的字符少于3个。",
            "The password is too simple: it has fewer than three different characters.",
        ),
        PasswordRefused::InARow => (
            "密码过于简单：字母和数字都是连续或重复的，如 abc123。",
            "The password is too simple: letters and digits are in a row or repeated, as in abc123.",
        ),
        PasswordRefused::Common => (
            "密码过于简单：这是最常见的密码之一。",
            "The password is too simple: it is one of those that everybody tries first.",
        ),
        PasswordRefused::OfThePerson => (
            "密码过于简单：包含您的用户ID、出生日期、手机号或身份证号末6位。",
            "The password is too simple: your user ID, your date of birth or the last digits of your phone or ID number are in it.",
        ),
    }
}

fn code(locale: Locale, refused: CodeRefused) -> String {
    let (chinese, english) = match refused {
        CodeRefused::Wrong(left) => {
            return match locale {
                Locale::Chinese => format!("验证码不正确，还可以输入 {left} 次。"),
                Locale::English => format!("The code is wrong. Tries left: {left}."),
            };
        }
        CodeRefused::Missing => (
            "请输入短信中的6位验证码。",
            "Enter the six digits of the message.",
        ),
        CodeRefused::NoneSent => (
            "验证码已失效或未发送到该手机，请重新获取。",
            "No code that still counts was sent to this phone. Get a new one.",
        ),
        CodeRefused::TriesUsedUp => (
            "验证码错误次数过多，请重新获取。",
            "The code was wrong too often. Get a new one.",
        ),
    };
    locale.pick(chinese, english).to_owned()
}

fn too_many(locale: Locale, seconds: u32) -> String {
    match locale {
        Locale::Chinese => format!("尝试次数过多，请 {seconds} 秒后再试。"),
        Locale::English => format!("Too many tries. Try again in {seconds} seconds."),
    }
}

fn code_too_soon(locale: Locale, seconds: u32) -> String {
    match locale {
        Locale::Chinese => format!("验证码发送过于频繁，请 {seconds} 秒后再获取。"),
        Locale::English => format!("The next code can be sent in {seconds} seconds."),
    }
}
