//! The fields of the step that creates the user.

use saoma_protocol::typed;
use serde::{Deserialize, Serialize};

use super::citizen::Citizen;
use crate::accounts::{ContactError, ContactForm, Contacts, PhoneNumber, UserName, check_password};
use crate::form_errors::{FieldError, FormErrors};

/// The fields that a draft keeps, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct UserFields {
    pub user_name: String,
    pub phone: String,
    /// E-mail address, QQ number and WeChat name; each may be empty.
    #[serde(flatten)]
    pub contacts: ContactForm,
}

/// The fields that no draft keeps.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct CredentialFields {
    pub password: String,
    /// The same again.
    pub confirmation: String,
    /// The code of the short message.
    pub code: String,
}

/// All fields of the form.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct UserForm {
    #[serde(flatten)]
    pub user: UserFields,
    #[serde(flatten)]
    pub credentials: CredentialFields,
}

/// The values of the fields, once all of them are right.
#[derive(Debug)]
pub(super) struct CheckedUser {
    pub user_name: UserName,
    pub phone: PhoneNumber,
    pub contacts: Contacts,
}

impl UserFields {
    /// Checks each field by itself. `any_phone` accepts numbers of other provinces too.
    pub(super) fn check(
        &self,
        citizen: &Citizen,
        credentials: &CredentialFields,
        any_phone: bool,
    ) -> (Option<CheckedUser>, FormErrors) {
        let mut errors = FormErrors::default();
        let id_number = &citizen.id_number;
        let user_name = UserName::choose(&self.user_name, id_number).map_err(FieldError::UserName);
        let user_name = errors.take("user_name", user_name);
        let password = &credentials.password;
        let (named, called) = (
            UserName::folded(&self.user_name),
            typed::phone_number(&self.phone),
        );
        let allowed = check_password(password, &named, id_number.as_str(), &called);
        let allowed = errors.take("password", allowed.map_err(FieldError::Password));
        // A password that has to be chosen anew is typed twice anew.
        let confirmed = allowed.is_none() || *password == credentials.confirmation;
        errors.require(confirmed, "confirmation", FieldError::Confirmation);
        let phone = errors.take("phone", self.phone(any_phone));
        let contacts = self.contacts.check().map_err(|wrong| {
            for wrong in wrong {
                match wrong {
                    ContactError::Email => errors.add("email", FieldError::Email),
                    ContactError::Qq => errors.add("qq", FieldError::Qq),
                    ContactError::Wechat => errors.add("wechat", FieldError::WeChat),
                }
            }
        });
        let checked = match (user_name, phone, contacts) {
            (Some(user_name), Some(phone), Ok(contacts)) => Some(CheckedUser {
                user_name,
                phone,
                contacts,
            }),
            _ => None,
        };
        (checked, errors)
    }

    /// Returns the mobile number; none that is known to be of another province unless `any` is set.
    pub(super) fn phone(&self, any: bool) -> Result<PhoneNumber, FieldError> {
        let phone = PhoneNumber::try_from(&*self.phone).map_err(|_| FieldError::Phone)?;
        if !any && phone.is_known_elsewhere() {
            Err(FieldError::PhoneElsewhere)
        } else {
            Ok(phone)
        }
    }
}
