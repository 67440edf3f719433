//! What is wrong with what somebody has typed, by the field that it stands beside.

use crate::accounts::attempts::Wait;
use crate::accounts::id_number::IdNumberError;
use crate::accounts::{PasswordRefused, UserNameRefused};
use crate::pages::Locale;
use crate::sms_codes::CodeRefused;

/// A field of a registration, by the name that it has in forms.
type Field = &'static str;

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The agreement was not accepted.
    NotAgreed,
    /// It is no ID number.
    IdNumber(IdNumberError),
    /// There is no name.
    NameMissing,
    /// The population register knows no such person under this number.
    NotInRegister,
    /// The register gives no answer.
    RegisterDown,
    /// There is an account of this person.
    HasAccount,
    /// Too many tries.
    TooMany(Wait),
    /// It may be no user name.
    UserName(UserNameRefused),
    /// Somebody else has the user name.
    UserNameTaken,
    /// It may be no password.
    Password(PasswordRefused),
    /// It is not the same as the password.
    Confirmation,
    /// It is no mobile number.
    Phone,
    /// The number is given out in another province.
    PhoneElsewhere,
    /// The code does not count.
    Code(CodeRefused),
    /// The next code can be sent later.
    CodeTooSoon(Wait),
    /// No message can be sent.
    CarrierDown,
    /// The face check was too long ago.
    FaceCheckOver,
    /// It is no e-mail address.
    Email,
    /// It is no QQ number.
    Qq,
    /// It is no WeChat number.
    WeChat,
}

impl Problem {
    /// The sentence beside the field.
    pub fn text(self, locale: Locale) -> String {
        let texts = &locale.texts().problems;
        let text = match self {
            Self::TooMany(Wait(seconds)) => return texts.too_many(seconds),
            Self::CodeTooSoon(Wait(seconds)) => return texts.code_too_soon(seconds),
            Self::Code(CodeRefused::Wrong(left)) => return texts.code_wrong(left),
            Self::Code(CodeRefused::Missing) => texts.code_missing,
            Self::Code(CodeRefused::NoneSent) => texts.code_none_sent,
            Self::Code(CodeRefused::TriesUsedUp) => texts.code_tries_used_up,
            Self::IdNumber(IdNumberError::Length) => texts.id_number_length,
            Self::IdNumber(IdNumberError::Form) => texts.id_number_form,
            Self::IdNumber(IdNumberError::Date) => texts.id_number_date,
            Self::IdNumber(IdNumberError::CheckCharacter) => texts.id_number_check,
            Self::UserName(UserNameRefused::Missing) => texts.user_name_missing,
            Self::UserName(UserNameRefused::TooLong) => texts.user_name_too_long,
            Self::UserName(UserNameRefused::ChineseCharacter) => texts.user_name_chinese,
            Self::UserName(UserNameRefused::OtherCharacter) => texts.user_name_character,
            Self::UserName(UserNameRefused::IdNumberOfAnother) => texts.user_name_of_another,
            Self::Password(PasswordRefused::Length) => texts.password_length,
            Self::Password(PasswordRefused::Character) => texts.password_character,
            Self::Password(PasswordRefused::LettersAndDigits) => texts.password_letters_and_digits,
            Self::Password(PasswordRefused::FewCharacters) => texts.password_few_characters,
            Self::Password(PasswordRefused::InARow) => texts.password_in_a_row,
            Self::Password(PasswordRefused::Common) => texts.password_common,
            Self::Password(PasswordRefused::OfThePerson) => texts.password_of_the_person,
            Self::NotAgreed => texts.not_agreed,
            Self::NameMissing => texts.name_missing,
            Self::NotInRegister => texts.not_in_register,
            Self::RegisterDown => texts.register_down,
            Self::HasAccount => texts.has_account,
            Self::UserNameTaken => texts.user_name_taken,
            Self::Confirmation => texts.passwords_differ,
            Self::Phone => texts.phone,
            Self::PhoneElsewhere => texts.phone_elsewhere,
            Self::CarrierDown => texts.carrier_down,
            Self::FaceCheckOver => texts.face_check_over,
            Self::Email => texts.email,
            Self::Qq => texts.qq,
            Self::WeChat => texts.wechat,
        };
        text.to_owned()
    }
}

/// All that is wrong with a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<(Field, Problem)>);

impl Problems {
    /// One problem.
    pub fn one(field: Field, problem: Problem) -> Self {
        Self(vec![(field, problem)])
    }

    /// Adds one.
    pub fn add(&mut self, field: Field, problem: Problem) {
        self.0.push((field, problem));
    }

    /// Takes what is right, notes what is not.
    pub fn take<T>(&mut self, field: Field, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.add(field, problem)).ok()
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first problem of a field.
    pub fn of(&self, field: &str) -> Option<Problem> {
        self.0
            .iter()
            .find(|(of, _)| *of == field)
            .map(|(_, problem)| *problem)
    }

    /// How long to wait, where that is what is wrong.
    pub fn wait(&self) -> Option<Wait> {
        self.0.iter().find_map(|(_, problem)| match problem {
            Problem::TooMany(wait) | Problem::CodeTooSoon(wait) => Some(*wait),
            _ => None,
        })
    }
}
