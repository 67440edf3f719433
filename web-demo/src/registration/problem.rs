//! What is wrong with what somebody has typed, by the field that it stands beside.

use crate::accounts::attempts::Wait;
use crate::accounts::id_number::IdNumberError;
use crate::accounts::{PasswordRefused, UserNameRefused};
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
