//! The contacts of a person: e-mail, QQ, WeChat. Each may be left out.

use saoma_protocol::{SteeringChar, typed};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, SqlitePool};

use crate::db::execute;

/// The longest address that mail can be sent to (RFC 5321 §4.5.3.1.3).
const MAX_EMAIL_BYTES: usize = 254;

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, FromRow)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Contacts {
    pub email: Option<String>,
    pub qq: Option<String>,
    pub wechat: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ContactForm {
    /// An e-mail address, or nothing.
    pub email: String,
    /// A QQ number, or nothing.
    pub qq: String,
    /// A WeChat name, or nothing.
    pub wechat: String,
}

/// A detail that has not the form of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContactError {
    /// No `name@host.domain`.
    Email,
    /// Not 5 to 11 digits, or with a leading zero.
    Qq,
    /// Not 6 to 20 letters, digits, `-` or `_`.
    Wechat,
}

impl ContactForm {
    /// Checks each detail, in any spelling.
    ///
    /// # Errors
    /// Each detail that has not the form of one.
    pub(crate) fn check(&self) -> Result<Contacts, Vec<ContactError>> {
        let email = optional(&typed::email(&self.email), is_email).ok_or(ContactError::Email);
        let qq = optional(&typed::code(&self.qq), is_qq).ok_or(ContactError::Qq);
        let wechat = typed::line(&self.wechat).replace(' ', "");
        let wechat = optional(&wechat, is_wechat).ok_or(ContactError::Wechat);
        match (email, qq, wechat) {
            (Ok(email), Ok(qq), Ok(wechat)) => Ok(Contacts { email, qq, wechat }),
            (email, qq, wechat) => Err([email.err(), qq.err(), wechat.err()]
                .into_iter()
                .flatten()
                .collect()),
        }
    }
}

impl From<Contacts> for ContactForm {
    fn from(Contacts { email, qq, wechat }: Contacts) -> Self {
        Self {
            email: email.unwrap_or_default(),
            qq: qq.unwrap_or_default(),
            wechat: wechat.unwrap_or_default(),
        }
    }
}

impl Contacts {
    /// Puts these on record in place of what was.
    pub(crate) async fn keep(&self, db: &SqlitePool, account_id: &str) -> Result<(), sqlx::Error> {
        let update = "UPDATE accounts SET email = ?2, qq = ?3, wechat = ?4 WHERE id = ?1";
        execute!(db, update; account_id, &self.email, &self.qq, &self.wechat)
            .await
            .map(drop)
    }
}

/// Returns the input if it is right or empty.
#[allow(
    clippy::option_option,
    reason = "nothing typed is something else than something wrong"
)]
pub(crate) fn optional(typed: &str, is_right: fn(&str) -> bool) -> Option<Option<String>> {
    match typed.trim() {
        "" => Some(None),
        typed => is_right(typed).then(|| Some(typed.to_owned())),
    }
}

/// As far as an address can be told from something else without writing to it.
pub(crate) fn is_email(text: &str) -> bool {
    let Some((mailbox, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let domain_is_dotted =
        domain.split('.').count() > 1 && domain.split('.').all(|label| !label.is_empty());
    let plain = !text.chars().any(|character| {
        character.is_whitespace()
            || SteeringChar::of(character).is_some()
            || ",;".contains(character)
    });
    text.len() <= MAX_EMAIL_BYTES
        && plain
        && !mailbox.is_empty()
        && !mailbox.contains('@')
        && domain_is_dotted
}

pub(crate) fn is_qq(text: &str) -> bool {
    (5..=11).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && !text.starts_with('0')
}

/// A WeChat name that was chosen, or a phone number in its place.
pub(crate) fn is_wechat(text: &str) -> bool {
    let may_contain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (6..=20).contains(&text.len()) && text.bytes().all(may_contain)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows S3a and S15.
    #[test]
    fn email_qq_and_wechat_may_be_left_out_and_are_looked_at_when_given() {
        for (is_right, right, wrong) in [
            (
                is_email as fn(&str) -> bool,
                ["a@b.cn", "示例@shili.example"],
                ["a@b", "a b@c.cn"],
            ),
            (is_qq, ["10000", "12345678901"], ["01234", "1234"]),
            (is_wechat, ["shi_li-1", "13009700001"], ["示例微信号", "ab"]),
        ] {
            assert_eq!(optional(" ", is_right), Some(None));
            for typed in right {
                let kept = Some(Some(typed.to_owned()));
                assert_eq!(optional(typed, is_right), kept, "{typed}");
            }
            for typed in wrong {
                assert_eq!(optional(typed, is_right), None, "{typed}");
            }
        }
        for email in [
            "a",
            "a@",
            "@b.example",
            "a@b..c",
            "a@b@c.example",
            "a@b.cn,c@d.cn",
        ] {
            assert!(!is_email(email), "{email}");
        }
    }
}
