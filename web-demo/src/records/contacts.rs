//! How a person can be reached: e-mail, QQ, WeChat. Each may be empty.

use sqlx::SqlitePool;

/// Contact details.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, sqlx::FromRow)]
#[serde(default, deny_unknown_fields)]
pub struct Contacts {
    /// An e-mail address.
    pub email: String,
    /// A QQ number.
    pub qq: String,
    /// A WeChat name.
    pub wechat: String,
}

/// A detail that has not the form of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactError {
    /// No `name@host.domain`.
    Email,
    /// Not 5 to 12 digits.
    Qq,
    /// Not 6 to 20 letters, digits, `-` or `_`, a letter first.
    Wechat,
}

impl Contacts {
    /// The details without the space around them.
    ///
    /// # Errors
    /// Each one that has not the form.
    pub fn checked(self) -> Result<Self, (Self, Vec<ContactError>)> {
        let contacts = Self {
            email: self.email.trim().to_owned(),
            qq: self.qq.trim().to_owned(),
            wechat: self.wechat.trim().to_owned(),
        };
        let rules = [
            (ContactError::Email, contacts.email.is_empty() || is_email(&contacts.email)),
            (ContactError::Qq, contacts.qq.is_empty() || is_qq(&contacts.qq)),
            (ContactError::Wechat, contacts.wechat.is_empty() || is_wechat(&contacts.wechat)),
        ];
        let errors: Vec<ContactError> = rules.into_iter().filter(|(_, holds)| !holds).map(|(error, _)| error).collect();
        if errors.is_empty() { Ok(contacts) } else { Err((contacts, errors)) }
    }
}

/// A person's details; empty ones for whoever gave none.
///
/// # Errors
/// The database's.
pub async fn of(db: &SqlitePool, account_id: &str) -> Result<Contacts, sqlx::Error> {
    let found = sqlx::query_as("SELECT email, qq, wechat FROM contact_details WHERE account_id = ?1");
    Ok(found.bind(account_id).fetch_optional(db).await?.unwrap_or_default())
}

/// Keeps a person's details.
///
/// # Errors
/// The database's.
pub async fn keep(db: &SqlitePool, account_id: &str, contacts: &Contacts) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT OR REPLACE INTO contact_details (account_id, email, qq, wechat) VALUES (?1, ?2, ?3, ?4)")
        .bind(account_id)
        .bind(&contacts.email)
        .bind(&contacts.qq)
        .bind(&contacts.wechat)
        .execute(db)
        .await
        .map(drop)
}

/// What every address has. Whether it is anybody's, only a message to it can tell.
fn is_email(text: &str) -> bool {
    let plain = text.len() <= 100 && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',' && byte != b';');
    let domain = text.split_once('@').filter(|(name, _)| !name.is_empty()).map(|(_, domain)| domain);
    plain
        && domain.is_some_and(|domain| {
            let parts: Vec<&str> = domain.split('.').collect();
            parts.len() > 1 && !domain.contains('@') && parts.iter().all(|part| !part.is_empty())
        })
}

fn is_qq(text: &str) -> bool {
    (5..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_wechat(text: &str) -> bool {
    (6..=20).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_have_a_form_and_may_be_left_out() {
        let checked = |email: &str, qq: &str, wechat: &str| {
            let contacts = Contacts { email: email.into(), qq: qq.into(), wechat: wechat.into() };
            contacts.checked().map(drop).map_err(|(_, errors)| errors)
        };
        assert_eq!(checked("", "", ""), Ok(()));
        assert_eq!(checked(" a@b.example ", "10001", "shili-jia"), Ok(()));
        for email in ["a", "a@", "@b.example", "a@b", "a@b..c", "a@b@c.example", "a b@c.example", "示例@c.example"] {
            assert_eq!(checked(email, "", ""), Err(vec![ContactError::Email]), "{email}");
        }
        assert_eq!(checked("", "1234", "1示例"), Err(vec![ContactError::Qq, ContactError::Wechat]));
    }
}
