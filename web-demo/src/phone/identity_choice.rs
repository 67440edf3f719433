//! What a person can log in as, as the confirmation page offers it. The gateway carries an identity's name and role; for what and
//! until when an agent is appointed, the hall knows itself.

use saoma_protocol::Identity;
use sqlx::SqlitePool;

use super::texts::Texts;
use crate::accounts::Account;
use crate::pages::{Failure, Locale};
use crate::registers::UnitRole;
use crate::units::delegations::{self, Delegation};

/// An identity to choose.
#[derive(Debug)]
pub struct IdentityChoice {
    /// What the gateway calls it.
    pub id: String,
    /// Personal, or the unit and the role.
    pub words: String,
    /// For an agent the affairs and the last day.
    pub detail: Option<String>,
    /// The delegation has ended since the scan: the confirmation would be refused (threat T25).
    pub ended: bool,
}

impl IdentityChoice {
    /// The identities that were offered at the scan.
    ///
    /// # Errors
    /// The database's.
    pub async fn all(
        db: &SqlitePool,
        account_id: &str,
        offered: &[Identity],
        locale: Locale,
    ) -> Result<Vec<Self>, Failure> {
        let delegations = match Account::find(db, account_id).await? {
            Some(account) => delegations::of_person(db, &account.id_number).await?,
            None => Vec::new(),
        };
        let choice = |identity: &Identity| {
            let held = delegations
                .iter()
                .find(|delegation| identity.id.strip_prefix("unit:") == Some(&delegation.unit_id));
            let is_agent = UnitRole::of(identity) == Some(UnitRole::AuthorisedAgent);
            Self {
                id: identity.id.clone(),
                words: Texts::of(locale).identity(identity),
                detail: is_agent.then(|| detail(held, locale)),
                ended: is_agent && held.is_none(),
            }
        };
        Ok(offered.iter().map(choice).collect())
    }
}

fn detail(delegation: Option<&Delegation>, locale: Locale) -> String {
    match (delegation, locale) {
        (Some(held), Locale::Chinese) => {
            format!(
                "授权事项：{}；有效期至 {}",
                held.scope.words(locale),
                held.ends_on
            )
        }
        (Some(held), Locale::English) => {
            format!("For: {}; until {}", held.scope.words(locale), held.ends_on)
        }
        (None, Locale::Chinese) => "授权已终止，不能使用".to_owned(),
        (None, Locale::English) => "This authorisation has ended and cannot be used".to_owned(),
    }
}
