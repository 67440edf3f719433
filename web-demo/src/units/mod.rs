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

/// A person who acts for a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Their name.
    pub name: String,
    /// What they are to it.
    pub role: UnitRole,
}

/// Who acts for a unit: by the authority's records, then its own agents.
///
/// # Errors
/// The database's, or the register's.
pub async fn members(
    db: &SqlitePool,
    register: &dyn UnitRegister,
    unit_id: &str,
) -> Result<Vec<Member>, RegisterError> {
    let record = register.unit(unit_id).await?;
    let members = record.into_iter().flat_map(|record| record.members);
    let mut members: Vec<Member> = members.map(|member| Member { name: member.name, role: member.role }).collect();
    let agents =
        sqlx::query_scalar("SELECT name FROM unit_agents WHERE unit_id = ?1 ORDER BY authorised_at, id_number");
    let agents: Vec<String> = agents.bind(unit_id).fetch_all(db).await?;
    members.extend(agents.into_iter().map(|name| Member { name, role: UnitRole::AuthorisedAgent }));
    Ok(members)
}
