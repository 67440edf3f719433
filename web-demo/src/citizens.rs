//! A citizen as the hall knows them now: name, identities, and whether they may log in at all.

use saoma_protocol::{Identity, IdentityKind};
use sqlx::SqlitePool;

use crate::accounts::Account;
use crate::cards::{self, CardRefusal};
use crate::pages::Failure;
use crate::registers::Registers;
use crate::units;

/// The standing of a citizen at this moment.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub name: String,
    /// Themselves, then the units that they act for.
    pub identities: Vec<Identity>,
    /// Why they may not log in by scanning; `None` in good standing.
    pub refusal: Option<CardRefusal>,
}

/// Returns the identity of a citizen who acts for themselves.
pub(crate) fn personal(name: &str) -> Identity {
    Identity {
        id: "personal".into(),
        kind: IdentityKind::PERSONAL,
        name: name.to_owned(),
        role: None,
    }
}

/// Returns the standing of an account's owner, asked anew each time: a card reported lost a second
/// ago refuses. Returns `None` without such an account.
pub(crate) async fn standing(
    db: &SqlitePool,
    registers: &Registers,
    account_id: &str,
) -> Result<Option<Standing>, Failure> {
    let Some(account) = Account::find(db, account_id).await? else {
        return Ok(None);
    };
    let refusal = cards::refusal(db, &*registers.cards, &account).await?;
    let posts = units::posts(db, &*registers.units, &account.id_number).await?;
    let identities = std::iter::once(personal(&account.name))
        .chain(posts.into_iter().map(units::identity))
        .collect();
    Ok(Some(Standing {
        name: account.name,
        identities,
        refusal,
    }))
}
