//! Units, and the people who act for them: by the authority's register, or as agents whom the unit
//! has authorised.

pub(crate) mod delegations;
pub(crate) mod employees;
pub(crate) mod notices;
pub(crate) mod operators;
mod scope;

use saoma_protocol::{Identity, IdentityKind, IdentityRole};
pub(crate) use scope::{Affair, Scope};
use sqlx::SqlitePool;

use crate::accounts::id_number::IdNumber;
use crate::registers::{Post, RegisterError, Unit, UnitRegister, UnitRole};

/// Returns a person's roles in units today, in the order of the units' ids. A role of the
/// register's outranks being an agent.
pub(crate) async fn posts(
    db: &SqlitePool,
    register: &dyn UnitRegister,
    id_number: &IdNumber,
) -> Result<Vec<Post>, RegisterError> {
    let mut posts = register.posts(id_number).await?;
    for delegation in delegations::of_person(db, id_number).await? {
        let unit_id = delegation.unit_id;
        if !posts.iter().any(|post| post.unit.id == unit_id)
            && let Some(record) = register.unit(&unit_id).await?
        {
            posts.push(Post {
                unit: record.unit,
                role: UnitRole::AuthorisedAgent,
            });
        }
    }
    posts.sort_by(|one, other| one.unit.id.cmp(&other.unit.id));
    Ok(posts)
}

/// Returns the identity that a post lets a person log in as.
pub(crate) fn identity(post: Post) -> Identity {
    let Post { unit, role } = post;
    Identity {
        id: identity_id(&unit),
        kind: IdentityKind::UNIT,
        name: unit.name,
        role: Some(IdentityRole::from_static(role.as_str())),
    }
}

/// Returns the id of a unit's identity.
pub(crate) fn identity_id(unit: &Unit) -> String {
    format!("unit:{}", unit.id)
}
