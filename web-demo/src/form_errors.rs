//! Errors of forms: for each field the reason, as a status and as a text.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use http::header::RETRY_AFTER;
use saoma_protocol::{ParseCodeError, SteeringChar, UserCode, typed};

use crate::accounts::attempts::Wait;
use crate::accounts::id_number::IdNumberError;
use crate::accounts::{PasswordError, PasswordRefused, UserNameRefused};
use crate::cards::{CardPasswordRefused, TypedPassword};
use crate::pages::{Failure, Locale, page};
use crate::sms_codes::CodeRefused;

/// A field, by its name in the form.
type Field = &'static str;

/// Why a field is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldError {
    NotAgreed,
    /// It holds a character that would mislead its readers (threat T17).
    Steering(SteeringChar),
    /// It is no ID number.
    IdNumber(IdNumberError),
    /// It cannot be the code of a login.
    UserCode(UserCodeRefused),
    /// No login waits with this code.
    UserCodeUnknown,
    /// It is no ID number; a login does not say more.
    WrongIdNumber,
    NameMissing,
    /// The population register knows no such person under this number.
    NotInRegister,
    RegisterDown,
    HasAccount,
    /// A provisional account has the number, which its owner may take back.
    HasProvisionalAccount,
    /// Only the phone on file with the card proves the owner of a number that a provisional account has.
    NotPhoneOnFile,
    TooMany(Wait),
    /// It may be no user name.
    UserName(UserNameRefused),
    UserNameTaken,
    /// It may be no password.
    Password(PasswordRefused),
    /// User name or password is wrong.
    Login,
    /// User name or password is wrong, and the password holds what none has.
    LoginByStrangePassword,
    /// It is not the account's password.
    PasswordAtPresent,
    /// The new password is the old one.
    PasswordUnchanged,
    /// No unit was chosen.
    UnitMissing,
    /// The person is the unit's legal representative.
    IsRepresentative,
    /// The person is an operator of the unit already.
    IsOperator,
    /// It differs from the password.
    Confirmation,
    Phone,
    /// The number is given out in another province.
    PhoneElsewhere,
    /// The code does not count.
    Code(CodeRefused),
    /// The next code can be sent later.
    CodeTooSoon(Wait),
    CarrierDown,
    /// The face check was too long ago.
    FaceCheckOver,
    /// The proof of the person is used up or too old.
    ProofOver,
    Email,
    Qq,
    WeChat,
    /// The physical card's password is wrong; this many tries are left.
    PhysicalCardPassword(u32),
    /// The physical card's password is locked.
    PhysicalCardLocked,
    /// It may be no password of an electronic card.
    CardPassword(CardPasswordRefused),
    /// It is not the electronic card's password.
    WrongCardPassword,
    /// The electronic card has no password yet.
    CardPasswordNotSet,
}

impl FieldError {
    /// Returns the sentence beside the field.
    pub(crate) fn text(self, locale: Locale) -> String {
        let (all, texts) = (locale.texts(), &locale.texts().problems);
        let text = match self {
            Self::TooMany(Wait(seconds)) => return texts.too_many(seconds),
            Self::Steering(found) => {
                let effect = texts.steering_effects[found.effect() as usize];
                return texts.steering(found.code_point(), effect);
            }
            Self::CodeTooSoon(Wait(seconds)) => return texts.code_too_soon(seconds),
            Self::Code(CodeRefused::Wrong(left)) => return texts.code_wrong(left),
            Self::PhysicalCardPassword(left) => return all.verification.wrong_password(left),
            Self::Code(CodeRefused::Missing) => texts.code_missing,
            Self::Code(CodeRefused::NoneSent) => texts.code_none_sent,
            Self::Code(CodeRefused::TriesUsedUp) => texts.code_tries_used_up,
            Self::IdNumber(IdNumberError::Length) => texts.id_number_length,
            Self::IdNumber(IdNumberError::Form) => texts.id_number_form,
            Self::IdNumber(IdNumberError::Date) => texts.id_number_date,
            Self::IdNumber(IdNumberError::CheckCharacter) => texts.id_number_check,
            Self::UserCode(UserCodeRefused::Missing) => texts.user_code_missing,
            Self::UserCode(UserCodeRefused::Length(count)) => return texts.user_code_length(count),
            Self::UserCode(UserCodeRefused::Character) => texts.user_code_character,
            Self::UserCodeUnknown => texts.user_code_unknown,
            Self::WrongIdNumber => all.face.wrong_id_number,
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
            Self::Login => all.portal.wrong_password,
            Self::LoginByStrangePassword => texts.strange_password,
            Self::NotAgreed => texts.not_agreed,
            Self::NameMissing => texts.name_missing,
            Self::NotInRegister => texts.not_in_register,
            Self::RegisterDown => texts.register_down,
            Self::HasAccount => texts.has_account,
            Self::HasProvisionalAccount => texts.has_provisional_account,
            Self::NotPhoneOnFile => texts.not_phone_on_file,
            Self::UserNameTaken => texts.user_name_taken,
            Self::PasswordAtPresent => all.account.wrong_password,
            Self::PasswordUnchanged => all.account.same_password,
            Self::UnitMissing => all.developer.unit_missing,
            Self::IsRepresentative => all.developer.is_representative,
            Self::IsOperator => all.developer.is_operator,
            Self::Confirmation => texts.passwords_differ,
            Self::Phone => texts.phone,
            Self::PhoneElsewhere => texts.phone_elsewhere,
            Self::CarrierDown => texts.carrier_down,
            Self::FaceCheckOver => texts.face_check_over,
            Self::ProofOver => all.e_card.problems.proof_over,
            Self::Email => texts.email,
            Self::Qq => texts.qq,
            Self::WeChat => texts.wechat,
            Self::PhysicalCardLocked => all.verification.wrong_password_locked,
            Self::CardPassword(CardPasswordRefused::NotSixDigits) => {
                all.e_card.problems.not_six_digits
            }
            Self::CardPassword(CardPasswordRefused::Simple) => all.e_card.problems.simple,
            Self::CardPassword(CardPasswordRefused::OwnNumber) => all.e_card.problems.own_number,
            Self::WrongCardPassword => all.e_card.problems.wrong,
            Self::CardPasswordNotSet => all.e_card.problems.not_set,
        };
        text.to_owned()
    }

    /// Returns the error of a text in one line, such as a name, that would mislead its readers.
    pub(crate) fn of_line(text: &str) -> Option<Self> {
        SteeringChar::first_in(text).map(Self::Steering)
    }

    /// Returns the error of a text of several lines that would mislead its readers.
    pub(crate) fn of_lines(text: &str) -> Option<Self> {
        SteeringChar::first_in_lines(text).map(Self::Steering)
    }

    /// Returns the error of a typed password of the electronic card; `None` if it is right.
    pub(crate) const fn of_card_password(typed: TypedPassword) -> Option<Self> {
        match typed {
            TypedPassword::Right => None,
            TypedPassword::Wrong => Some(Self::WrongCardPassword),
            TypedPassword::NotSet => Some(Self::CardPasswordNotSet),
            TypedPassword::NotSixDigits => {
                Some(Self::CardPassword(CardPasswordRefused::NotSixDigits))
            }
            TypedPassword::TooMany(wait) => Some(Self::TooMany(wait)),
        }
    }
}

/// Why a text cannot be the code of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UserCodeRefused {
    /// Nothing was typed.
    Missing,
    /// It has this number of characters.
    Length(usize),
    /// It has a character that no code has.
    Character,
}

impl UserCodeRefused {
    /// Returns why the gateway would refuse a typed code without looking it up.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let count = typed::code(text).chars().count();
        match text.parse::<UserCode>() {
            Ok(_) => None,
            Err(_) if count == 0 => Some(Self::Missing),
            Err(ParseCodeError::Alphabet) => Some(Self::Character),
            Err(_) => Some(Self::Length(count)),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FormErrors(Vec<(Field, FieldError)>);

impl FormErrors {
    pub(crate) fn one(field: Field, error: FieldError) -> Self {
        Self(vec![(field, error)])
    }

    /// Returns the error of a login by this password. A password is compared as it was typed, so what people do not see in
    /// it is said: no password has spaces or full-width letters.
    pub(crate) fn of_login(error: PasswordError, password: &str) -> Result<Self, Failure> {
        match error {
            PasswordError::Wrong if password.bytes().any(|byte| !byte.is_ascii_graphic()) => {
                Ok(Self::one("login", FieldError::LoginByStrangePassword))
            }
            PasswordError::Wrong => Ok(Self::one("login", FieldError::Login)),
            PasswordError::TooMany(wait) => Ok(Self::one("login", FieldError::TooMany(wait))),
            PasswordError::Database(error) => Err(error.into()),
        }
    }

    pub(crate) fn add(&mut self, field: Field, error: FieldError) {
        self.0.push((field, error));
    }

    /// Returns the value if it is right, and adds the error otherwise.
    pub(crate) fn take<T>(&mut self, field: Field, result: Result<T, FieldError>) -> Option<T> {
        result.map_err(|error| self.add(field, error)).ok()
    }

    /// Adds an error unless a field is right.
    pub(crate) fn require(&mut self, is_right: bool, field: Field, error: FieldError) {
        if !is_right {
            self.add(field, error);
        }
    }

    /// Returns true if the form has no errors.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the first error of a field.
    pub(crate) fn of(&self, field: &str) -> Option<FieldError> {
        let error = self.0.iter().find(|(of, _)| *of == field);
        error.map(|(_, error)| *error)
    }

    /// Returns the first error of a field, as a text.
    pub(crate) fn text(&self, field: &str, locale: Locale) -> Option<String> {
        self.of(field).map(|error| error.text(locale))
    }

    /// Returns the time to wait if there were too many tries.
    pub(crate) fn wait(&self) -> Option<Wait> {
        self.0.iter().find_map(|(_, error)| match error {
            FieldError::TooMany(wait) | FieldError::CodeTooSoon(wait) => Some(*wait),
            _ => None,
        })
    }

    /// Returns the status of a page that shows the errors.
    pub(crate) fn status(&self) -> StatusCode {
        match (self.wait(), self.0.as_slice()) {
            (Some(_), _) => StatusCode::TOO_MANY_REQUESTS,
            (None, []) => StatusCode::OK,
            (None, [(_, FieldError::CardPasswordNotSet), ..]) => StatusCode::CONFLICT,
            (None, _) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// Answers with a page that shows the errors.
    pub(crate) fn page(&self, template: &impl Template) -> Result<Response, Failure> {
        let mut response = page(self.status(), template)?;
        if let Some(wait) = self.wait() {
            response.headers_mut().insert(RETRY_AFTER, wait.0.into());
        }
        Ok(response)
    }
}
