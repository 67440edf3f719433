//! Units, and who acts for them in what role: by the authority's register, or as an agent whom the unit has authorised.

use saoma_protocol::{Identity, IdentityKind, UnitRole};
use sqlx::SqlitePool;

use crate::accounts::id_number::IdNumber;
use crate::registers::{Post, RegisterError, UnitRegister};

/// What a person is to units, in the order of the units' ids. A role of the register's outranks being an agent.
///
/// # Errors
/// The database's, or the register's.
pub async fn posts(
    db: &SqlitePool,
    register: &dyn UnitRegister,
    id_number: &IdNumber,
) -> Result<Vec<Post>, RegisterError> {
    let mut posts = register.posts(id_number).await?;
    let units = sqlx::query_scalar("SELECT unit_id FROM unit_agents WHERE id_number = ?1");
    let units: Vec<String> = units.bind(id_number.as_str()).fetch_all(db).await?;
    for unit_id in units {
        if !posts.iter().any(|post| post.unit.id == unit_id)
            && let Some(record) = register.unit(&unit_id).await?
        {
            posts.push(Post { unit: record.unit, role: UnitRole::AuthorisedAgent });
        }
    }
    posts.sort_by(|one, other| one.unit.id.cmp(&other.unit.id));
    Ok(posts)
}

/// A post as what a person can log in as.
pub fn identity(post: Post) -> Identity {
    let Post { unit, role } = post;
    Identity { id: format!("unit:{}", unit.id), kind: IdentityKind::Unit, name: unit.name, role: Some(role) }
}
