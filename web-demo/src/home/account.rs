//! A person's own account: password and contact details. A changed password ends every other login to the account, contact
//! details end none.

use askama::Template;
use axum::extract::Form;
use http::StatusCode;
use serde::Deserialize;

use super::{Answer, Person, see_other};
use crate::accounts::{ChangeError, ContactError, ContactForm, Contacts, NewPassword};
use crate::browsers;
use crate::db;
use crate::form_errors::FieldError;
use crate::logouts::{self, LogoutReason};
use crate::pages::{Failure, Frame, page, shown};
use crate::phone::sessions;
use crate::records::Words;
use crate::session_times::EndReason;

#[derive(Template)]
#[template(path = "home/account.html")]
struct AccountPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    contacts: &'a Contacts,
    /// What a change has led to.
    done: Option<&'static str>,
}

/// The flash that tells the page of a changed password.
const PASSWORD_CHANGED: &str = "password-changed";

/// The flash that tells the page of changed contact details.
const CONTACTS_CHANGED: &str = "contacts-changed";

pub(super) async fn show(person: Person) -> Answer {
    let (session, texts) = (&person.session, &person.texts().account);
    let done = if session.take_flash(person.db(), PASSWORD_CHANGED).await? {
        Some(texts.others_logged_out)
    } else if session.take_flash(person.db(), CONTACTS_CHANGED).await? {
        Some(texts.logins_stay)
    } else {
        None
    };
    let account = AccountPage {
        frame: person.frame("/account"),
        contacts: &person.account.contacts,
        done,
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
    let new =
        accounts.check_new_password(&person.account, &person.session.id, &form.old, &form.new);
    match new.await {
        Ok(new) => return keep_password(&person, &new).await,
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
            let title = Words::of_texts(|texts| texts.account.contacts_changed);
            let body = Words::of_texts(|texts| texts.account.contacts_notice);
            person.notify(title, body).await?;
            person.session.flash(person.db(), CONTACTS_CHANGED).await?;
            see_other("/account")
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

/// Keeps a new password and ends every other login to the account at all sites, both or neither, tells the person, and
/// goes back to the account.
async fn keep_password(person: &Person, new: &NewPassword) -> Answer {
    let (account_id, kept) = (person.account_id(), &person.session.id);
    let mut transaction = db::write(person.db()).await?;
    new.keep(&mut transaction).await?;
    let ended = EndReason::PasswordChanged;
    browsers::end_others(&mut *transaction, account_id, kept, None, ended).await?;
    browsers::leave_provider(&mut *transaction, kept).await?;
    sessions::end_all(&mut *transaction, account_id, ended).await?;
    let reason = LogoutReason::AccountChanged;
    logouts::add(&mut *transaction, account_id, None, reason).await?;
    transaction.commit().await?;
    person.hall.portal.logouts.wake();
    let title = Words::of_texts(|texts| texts.account.password_changed);
    let body = Words::of_texts(|texts| texts.account.change_notice);
    person.notify(title, body).await?;
    person.session.flash(person.db(), PASSWORD_CHANGED).await?;
    see_other("/account")
}
