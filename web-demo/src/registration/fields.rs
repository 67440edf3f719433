//! The fields of the step that creates the user.

use serde::{Deserialize, Serialize};

use super::draft::Person;
use super::problem::{Problem, Problems};
use crate::accounts::{Contacts, PhoneNumber, UserName, check_password};

const MAX_EMAIL_CHARS: usize = 254;

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
    pub(super) fn check(&self, person: &Person, credentials: &CredentialFields) -> Result<Checked, Problems> {
        let mut problems = Problems::default();
        let user_name = UserName::choose(&self.user_name, &person.id_number).map_err(Problem::UserName);
        let user_name = problems.take("user_name", user_name);
        let CredentialFields { password, confirmation, .. } = credentials;
        let allowed = check_password(password, &self.user_name, person.id_number.as_str(), &self.phone);
        problems.take("password", allowed.map_err(Problem::Password));
        problems.take("confirmation", (password == confirmation).then_some(()).ok_or(Problem::Confirmation));
        let phone = problems.take("phone", self.phone());
        let email = problems.take("email", optional(&self.email, is_email, Problem::Email));
        let qq = problems.take("qq", optional(&self.qq, is_qq, Problem::Qq));
        let wechat = problems.take("wechat", optional(&self.wechat, is_wechat, Problem::WeChat));
        match (user_name, phone, email, qq, wechat) {
            (Some(user_name), Some(phone), Some(email), Some(qq), Some(wechat)) if problems.is_empty() => {
                Ok(Checked { user_name, phone, contacts: Contacts { email, qq, wechat } })
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
    PhoneNumber::try_from(typed).map(|phone| phone.masked()).unwrap_or_default()
}

fn optional(typed: &str, is_right: fn(&str) -> bool, problem: Problem) -> Result<Option<String>, Problem> {
    match typed.trim() {
        "" => Ok(None),
        typed if is_right(typed) => Ok(Some(typed.to_owned())),
        _ => Err(problem),
    }
}

/// As far as an address can be told from something else without writing to it.
fn is_email(text: &str) -> bool {
    let Some((mailbox, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let domain_is_dotted = domain.split('.').count() > 1 && domain.split('.').all(|label| !label.is_empty());
    let plain = !text.chars().any(|character| character.is_whitespace() || character.is_control());
    text.len() <= MAX_EMAIL_CHARS && plain && !mailbox.is_empty() && !mailbox.contains('@') && domain_is_dotted
}

fn is_qq(text: &str) -> bool {
    (5..=11).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0')
}

/// An id that was chosen, or a phone number.
fn is_wechat(text: &str) -> bool {
    let may_contain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (6..=20).contains(&text.len()) && text.bytes().all(may_contain)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row S3a.
    #[test]
    fn email_qq_and_wechat_may_be_left_out_and_are_looked_at_when_given() {
        for (is_right, right, wrong) in [
            (is_email as fn(&str) -> bool, ["a@b.cn", "示例@shili.example"], ["a@b", "a b@c.cn"]),
            (is_qq, ["10000", "12345678901"], ["01234", "1234"]),
            (is_wechat, ["shi_li-1", "13009700001"], ["示例微信号", "ab"]),
        ] {
            assert_eq!(optional(" ", is_right, Problem::Email), Ok(None));
            for typed in right {
                assert_eq!(optional(typed, is_right, Problem::Email), Ok(Some(typed.to_owned())), "{typed}");
            }
            for typed in wrong {
                assert_eq!(optional(typed, is_right, Problem::Email), Err(Problem::Email), "{typed}");
            }
        }
    }
}
