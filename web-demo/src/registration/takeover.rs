//! The owner of an ID number takes it back from a provisional account.
//!
//! Name and number prove little: others know them too, and may have registered with them. An account by which no one has
//! proved more gives way to a person who proves to be the number's owner: by a code to the phone on file with the
//! social-security card, or by a face check. A verified account never does.

use sqlx::SqliteConnection;

use crate::accounts::Account;
use crate::accounts::id_number::IdNumber;
use crate::logouts::{self, LogoutReason};
use crate::pages::Failure;
use crate::records::inbox::Notice;
use crate::records::{self, Words, inbox};
use crate::session_times;

/// Removes the provisional account of an ID number, with its logins and everything that was done by it.
pub(super) async fn remove_provisional(
    db: &mut SqliteConnection,
    id_number: &IdNumber,
) -> Result<(), Failure> {
    if let Some(account_id) = Account::remove_provisional(&mut *db, id_number).await? {
        session_times::end_removed(&mut *db, &account_id).await?;
        let reason = LogoutReason::AccountTakenOver;
        logouts::add(&mut *db, &account_id, None, reason).await?;
        records::forget(db, &account_id).await?;
    }
    Ok(())
}

/// Tells the owner.
pub(super) async fn tell(db: &mut SqliteConnection, account_id: &str) -> Result<(), Failure> {
    let notice = Notice::new(
        Words::of_texts(|texts| texts.registration.replaced_title),
        Words::of_texts(|texts| texts.registration.replaced_notice),
    );
    Ok(inbox::notify(db, account_id, &notice).await?)
}
