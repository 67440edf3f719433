//! A citizen as the hall knows them now: the name, what they may log in as, and whether they may log in at all.

use saoma_protocol::{Identity, IdentityKind};
use sqlx::SqlitePool;

use crate::cards::{self, CardRefusal};
use crate::units;

/// What holds for a citizen at this moment.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Their name.
    pub name: String,
    /// Themselves, then the units that they act for.
    pub identities: Vec<Identity>,
    /// Why they may not log in by scanning; none in good standing.
    pub refusal: Option<CardRefusal>,
}

/// The standing of a citizen, read anew each time: a card reported lost a second ago refuses. None for nobody.
///
/// # Errors
/// The database's.
pub async fn standing(db: &SqlitePool, citizen_id: &str) -> Result<Option<Standing>, sqlx::Error> {
    let name: Option<String> =
        sqlx::query_scalar("SELECT name FROM citizens WHERE id = ?1").bind(citizen_id).fetch_optional(db).await?;
    let Some(name) = name else {
        return Ok(None);
    };
    let personal = Identity { id: "personal".into(), kind: IdentityKind::Personal, name: name.clone(), role: None };
    let mut identities = vec![personal];
    identities.extend(units::identities(db, citizen_id).await?);
    Ok(Some(Standing { name, identities, refusal: cards::refusal(db, citizen_id).await? }))
}
