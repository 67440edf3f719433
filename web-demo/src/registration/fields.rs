//! The fields of the step that creates the user.

use serde::{Deserialize, Serialize};

use super::draft::Person;
use super::problem::{Problem, Problems};
use crate::accounts::contacts::{is_email, is_qq, is_wechat, optional};
use crate::accounts::{Contacts, PhoneNumber, UserName, check_password};

/// The fields that a draft keeps, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserFields {
    /// What the person will log in by.
    pub user_name: String,
    /// A phone.
    pub phone: String,
    /// An e-mail address, or nothing.
    pub email: String,
    /// A QQ number, or nothing.
    pub qq: String,
    /// A WeChat number, or nothing.
    pub wechat: String,
}

/// The fields that no draft keeps.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct CredentialFields {
    /// The password.
    pub password: String,
    /// The same again.
    pub confirmation: String,
    /// The code of the short message.
    pub code: String,
}

impl std::fmt::Debug for CredentialFields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CredentialFields(…)")
    }
}

/// What the fields say, once all of them are right.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) user_name: UserName,
    pub(super) phone: PhoneNumber,
    pub(super) contacts: Contacts,
}

impl UserFields {
    /// Checks each field by itself: what they say, or all that is wrong.
    pub(super) fn check(
        &self,
        person: &Person,
        credentials: &CredentialFields,
    ) -> Result<Checked, Problems> {
        let mut problems = Problems::default();
        let user_name =
            UserName::choose(&self.user_name, &person.id_number).map_err(Problem::UserName);
        let user_name = problems.take("user_name", user_name);
        let CredentialFields {
            password,
            confirmation,
            ..
        } = credentials;
        let allowed = check_password(
            password,
            &self.user_name,
            person.id_number.as_str(),
            &self.phone,
        );
        problems.take("password", allowed.map_err(Problem::Password));
        problems.take(
            "confirmation",
            (password == confirmation)
                .then_some(())
                .ok_or(Problem::Confirmation),
        );
        let phone = problems.take("phone", self.phone());
        let email = problems.take(
            "email",
            optional(&self.email, is_email).ok_or(Problem::Email),
        );
        let qq = problems.take("qq", optional(&self.qq, is_qq).ok_or(Problem::Qq));
        let wechat = problems.take(
            "wechat",
            optional(&self.wechat, is_wechat).ok_or(Problem::WeChat),
        );
        match (user_name, phone, email, qq, wechat) {
            (Some(user_name), Some(phone), Some(email), Some(qq), Some(wechat))
                if problems.is_empty() =>
            {
                Ok(Checked {
                    user_name,
                    phone,
                    contacts: Contacts { email, qq, wechat },
                })
            }
            _ => Err(problems),
        }
    }

    /// The phone.
    pub(super) fn phone(&self) -> Result<PhoneNumber, Problem> {
        PhoneNumber::try_from(&*self.phone).map_err(|_| Problem::Phone)
    }
}

/// The phone that was typed, as others may see it; nothing when it is none.
pub fn masked_phone(typed: &str) -> String {
    PhoneNumber::try_from(typed)
        .map(|phone| phone.masked())
        .unwrap_or_default()
}
