//! A person's own account: password and contact details. Changing either logs out everybody else who has the account.

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use super::{Hall, Person};
use crate::accounts::{ChangeError, ContactError, ContactForm, Contacts};
use crate::browsers;
use crate::form_errors::FieldError;
use crate::pages::{Failure, Frame, Locale, page};
use crate::phone::sessions;
use crate::records::Words;
use crate::records::inbox::{self, Notice};

#[derive(Template)]
#[template(path = "home/account.html")]
struct AccountPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    contacts: Contacts,
    done: bool,
}

/// What the page is told by the one before.
const CHANGED: &str = "account-changed";

/// Answers `GET /account`.
pub async fn show(State(hall): State<Hall>, person: Person) -> Result<Response, Failure> {
    let account = AccountPage {
        frame: person.frame("/account"),
        contacts: person.account.contacts.clone(),
        done: person.session.take_flash(hall.db(), CHANGED).await?,
        person: &person,
    };
    page(StatusCode::OK, &account)
}

#[derive(Template)]
#[template(path = "home/password.html")]
struct PasswordPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    old_error: Option<String>,
    new_error: Option<String>,
    repeat_error: Option<String>,
}

/// What is typed. Nothing of it comes back.
#[derive(Deserialize)]
pub struct PasswordForm {
    old: String,
    new: String,
    repeat: String,
}

impl<'a> PasswordPage<'a> {
    const fn new(person: &'a Person) -> Self {
        let frame = person.frame("/account/password");
        Self {
            frame,
            person,
            old_error: None,
            new_error: None,
            repeat_error: None,
        }
    }
}

/// Answers `GET /account/password`.
pub async fn password(person: Person) -> Result<Response, Failure> {
    page(StatusCode::OK, &PasswordPage::new(&person))
}

/// Answers `POST /account/password`.
pub async fn change_password(
    State(hall): State<Hall>,
    person: Person,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Failure> {
    let mut refused = PasswordPage::new(&person);
    let say = |zh, en| person.locale.pick(zh, en);
    if form.new != form.repeat {
        refused.repeat_error =
            Some(say("两次输入的新密码不一致。", "The two new passwords differ.").to_owned());
        return page(StatusCode::UNPROCESSABLE_ENTITY, &refused);
    }
    let status = match hall
        .portal
        .accounts
        .change_password(&person.account, &form.old, &form.new)
        .await
    {
        Ok(()) => {
            let notice = Words::new("您的登录密码已修改", "Your password was changed");
            return changed(&hall, &person, notice).await;
        }
        Err(ChangeError::Wrong) => {
            refused.old_error =
                Some(say("当前密码不正确。", "This is not your password at present.").to_owned());
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(ChangeError::TooMany(wait)) => {
            let seconds = wait.0;
            refused.old_error = Some(match person.locale {
                Locale::Chinese => format!("尝试次数过多，请 {seconds} 秒后再试。"),
                Locale::English => format!("Too many tries. Try again in {seconds} seconds."),
            });
            StatusCode::TOO_MANY_REQUESTS
        }
        Err(ChangeError::Rule(rule)) => {
            refused.new_error = Some(FieldError::Password(rule).text(person.locale));
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(ChangeError::Unchanged) => {
            let (zh, en) = (
                "新密码不能与当前密码相同。",
                "This is your password already. Choose another.",
            );
            refused.new_error = Some(say(zh, en).to_owned());
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(ChangeError::Hash(error)) => return Err(Failure::Password(error)),
        Err(ChangeError::Database(error)) => return Err(error.into()),
    };
    page(status, &refused)
}

#[derive(Template)]
#[template(path = "home/contacts.html")]
struct ContactsPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    contacts: ContactForm,
    errors: Vec<ContactError>,
}

impl ContactsPage<'_> {
    /// What is said of a detail that has not the form of one.
    fn error(&self, error: ContactError) -> Option<&'static str> {
        let (zh, en) = match error {
            ContactError::Email => (
                "请填写正确的电子邮箱，例如 name@example.com。",
                "This is no e-mail address, such as name@example.com.",
            ),
            ContactError::Qq => ("QQ号为5至11位数字。", "A QQ number has 5 to 11 digits."),
            ContactError::Wechat => (
                "微信号为6至20位字母、数字、下划线或减号。",
                "A WeChat name has 6 to 20 letters, digits, “_” or “-”.",
            ),
        };
        self.errors.contains(&error).then(|| self.frame.say(zh, en))
    }

    fn email_error(&self) -> Option<&'static str> {
        self.error(ContactError::Email)
    }

    fn qq_error(&self) -> Option<&'static str> {
        self.error(ContactError::Qq)
    }

    fn wechat_error(&self) -> Option<&'static str> {
        self.error(ContactError::Wechat)
    }
}

/// Answers `GET /account/details`.
pub async fn contacts(person: Person) -> Result<Response, Failure> {
    let contacts = person.account.contacts.clone().into();
    let frame = person.frame("/account/details");
    page(
        StatusCode::OK,
        &ContactsPage {
            frame,
            person: &person,
            contacts,
            errors: Vec::new(),
        },
    )
}

/// Answers `POST /account/details`.
pub async fn change_contacts(
    State(hall): State<Hall>,
    person: Person,
    Form(typed): Form<ContactForm>,
) -> Result<Response, Failure> {
    match typed.check() {
        Ok(contacts) => {
            contacts.keep(hall.db(), person.account_id()).await?;
            changed(
                &hall,
                &person,
                Words::new("您的账户信息已修改", "Your account's details were changed"),
            )
            .await
        }
        Err(errors) => {
            let frame = person.frame("/account/details");
            page(
                StatusCode::UNPROCESSABLE_ENTITY,
                &ContactsPage {
                    frame,
                    person: &person,
                    contacts: typed,
                    errors,
                },
            )
        }
    }
}

/// Logs the account out everywhere but in this browser, tells the person, and goes back to the account.
async fn changed(hall: &Hall, person: &Person, title: Words) -> Result<Response, Failure> {
    browsers::end_others(hall.db(), person.account_id(), &person.session.id).await?;
    sessions::end_all(hall.db(), person.account_id()).await?;
    let body = Words::new(
        "其他浏览器和手机上的登录均已退出，请在手机应用中重新登录。如果不是您本人操作，请立即联系经办窗口。",
        "All other browsers and phones were logged out; log in to the app again. If this was not you, contact a service counter now.",
    );
    inbox::notify(hall.db(), person.account_id(), &Notice::new(title, body)).await?;
    person.session.flash(hall.db(), CHANGED).await?;
    Ok(Redirect::to("/account").into_response())
}
