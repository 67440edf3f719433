//! A person's own account: password and contact details. Changing either ends every other login to
//! the account.

use askama::Template;
use axum::extract::Form;
use http::StatusCode;
use serde::Deserialize;

use super::{Answer, Person, see_other};
use crate::accounts::{ChangeError, ContactError, ContactForm, Contacts};
use crate::browsers;
use crate::db;
use crate::form_errors::FieldError;
use crate::logouts::{self, LogoutReason};
use crate::pages::{Failure, Frame, Texts, page, shown};
use crate::phone::sessions;
use crate::records::Words;

#[derive(Template)]
#[template(path = "home/account.html")]
struct AccountPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    contacts: &'a Contacts,
    done: bool,
}

/// The flash that tells the page of a change.
const CHANGED: &str = "account-changed";

pub(super) async fn show(person: Person) -> Answer {
    let account = AccountPage {
        frame: person.frame("/account"),
        contacts: &person.account.contacts,
        done: person.session.take_flash(person.db(), CHANGED).await?,
        person: &person,
    };
    shown(&account)
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

/// The form of a password. No field of it comes back.
#[derive(Deserialize)]
pub(super) struct PasswordForm {
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

pub(super) async fn password(person: Person) -> Answer {
    shown(&PasswordPage::new(&person))
}

pub(super) async fn change_password(person: Person, Form(form): Form<PasswordForm>) -> Answer {
    let mut refused = PasswordPage::new(&person);
    let (texts, mut status) = (&person.texts().account, StatusCode::UNPROCESSABLE_ENTITY);
    if form.new != form.repeat {
        refused.repeat_error = Some(texts.passwords_differ.to_owned());
        return page(status, &refused);
    }
    let accounts = &person.hall.portal.accounts;
    let changed =
        accounts.change_password(&person.account, &person.session.id, &form.old, &form.new);
    match changed.await {
        Ok(()) => return answer_change(&person, |texts| texts.account.password_changed).await,
        Err(ChangeError::Wrong) => refused.old_error = Some(texts.wrong_password.to_owned()),
        Err(ChangeError::TooMany(wait)) => {
            status = StatusCode::TOO_MANY_REQUESTS;
            refused.old_error = Some(FieldError::TooMany(wait).text(person.locale));
        }
        Err(ChangeError::Rule(rule)) => {
            refused.new_error = Some(FieldError::Password(rule).text(person.locale));
        }
        Err(ChangeError::Unchanged) => refused.new_error = Some(texts.same_password.to_owned()),
        Err(ChangeError::Hash(error)) => return Err(Failure::Password(error)),
        Err(ChangeError::Database(error)) => return Err(error.into()),
    }
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
    fn error(&self, error: ContactError) -> Option<&'static str> {
        let errors = self.frame.texts().account.contact_errors;
        self.errors.contains(&error).then(|| errors[error as usize])
    }
}

pub(super) async fn contacts(person: Person) -> Answer {
    let contacts = person.account.contacts.clone();
    answer_contacts(&person, contacts.into(), Vec::new())
}

pub(super) async fn change_contacts(person: Person, Form(typed): Form<ContactForm>) -> Answer {
    match typed.check() {
        Ok(contacts) => {
            contacts.keep(person.db(), person.account_id()).await?;
            answer_change(&person, |texts| texts.account.contacts_changed).await
        }
        Err(errors) => answer_contacts(&person, typed, errors),
    }
}

fn answer_contacts(person: &Person, contacts: ContactForm, errors: Vec<ContactError>) -> Answer {
    let status = match *errors {
        [] => StatusCode::OK,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let form = ContactsPage {
        frame: person.frame("/account/details"),
        person,
        contacts,
        errors,
    };
    page(status, &form)
}

/// Ends every other login to the account at all sites, tells the person, and goes back to the account.
async fn answer_change(person: &Person, title: fn(&'static Texts) -> &'static str) -> Answer {
    let (account_id, kept) = (person.account_id(), &person.session.id);
    let mut transaction = db::write(person.db()).await?;
    browsers::end_others(&mut *transaction, account_id, kept, None).await?;
    browsers::leave_provider(&mut *transaction, kept).await?;
    sessions::end_all(&mut *transaction, account_id).await?;
    let reason = LogoutReason::AccountChanged;
    logouts::add(&mut *transaction, account_id, None, reason).await?;
    transaction.commit().await?;
    person.hall.portal.logouts.wake();
    let body = Words::of_texts(|texts| texts.account.change_notice);
    person.notify(Words::of_texts(title), body).await?;
    person.session.flash(person.db(), CHANGED).await?;
    see_other("/account")
}
