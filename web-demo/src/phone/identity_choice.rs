//! The identities that the confirmation page offers. The gateway carries an identity's name and role; for which affairs and
//! until when an agent is appointed, the hall knows itself.

use saoma_protocol::{Identity, IdentityKind};
use sqlx::SqlitePool;

use crate::accounts::Account;
use crate::pages::texts::Identities;
use crate::pages::{Failure, Locale};
use crate::registers::UnitRole;
use crate::units::delegations::{self, Delegation};

/// An identity to choose.
#[derive(Debug)]
pub(super) struct IdentityChoice {
    /// The gateway's name for it.
    pub id: String,
    /// The name of the person or the unit.
    pub name: String,
    /// Personal or unit, and the role. Empty for a kind that the hall does not know.
    pub kind: String,
    pub is_personal: bool,
    /// For an agent the affairs and the last day.
    pub detail: Option<String>,
    /// The delegation has ended since the scan: the confirmation would be refused (threat T25).
    pub ended: bool,
}

impl IdentityChoice {
    /// The identities that were offered at the scan.
    pub(super) async fn all(
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
                detail: is_agent.then(|| detail(held, locale)),
                ended: is_agent && held.is_none(),
                ..Self::of(identity, locale)
            }
        };
        Ok(offered.iter().map(choice).collect())
    }

    /// The icon that stands for its kind.
    pub(super) const fn icon(&self) -> &'static str {
        if self.is_personal { "account" } else { "unit" }
    }

    /// An identity in words, without what the hall knows beyond the gateway.
    pub(super) fn of(identity: &Identity, locale: Locale) -> Self {
        Self {
            id: identity.id.clone(),
            name: identity.name.clone(),
            kind: locale.texts().identities.kind(identity),
            is_personal: identity.kind == IdentityKind::PERSONAL,
            detail: None,
            ended: false,
        }
    }
}

fn detail(delegation: Option<&Delegation>, locale: Locale) -> String {
    let texts = &locale.texts().identities;
    match delegation {
        Some(held) => texts.delegation(held.scope.words(locale.texts()), &held.ends_on),
        None => texts.delegation_ended.to_owned(),
    }
}

impl Identities {
    /// Returns an identity as a choice: personal, or the unit and the role. An identity of a kind that the hall does not
    /// know is its name alone.
    pub fn of(&self, identity: &Identity) -> String {
        let name = &identity.name;
        if identity.kind == IdentityKind::PERSONAL {
            return self.personal(name);
        }
        if identity.kind != IdentityKind::UNIT {
            return name.clone();
        }
        match UnitRole::of(identity) {
            Some(role) => self.unit(name, self.role(role)),
            None => self.unit_without_role(name),
        }
    }

    /// Returns the unit and the role that a person acts in; `None` for a login as oneself.
    pub fn acting_as(&self, identity: &Identity) -> Option<String> {
        let role = UnitRole::of(identity)?;
        Some(self.acting(&identity.name, self.role(role)))
    }

    /// Returns how an identity logs in: personally, or for a unit in a role. Empty for a kind that the hall does not know.
    fn kind(&self, identity: &Identity) -> String {
        if identity.kind == IdentityKind::PERSONAL {
            return self.kind_personal.to_owned();
        }
        match UnitRole::of(identity) {
            _ if identity.kind != IdentityKind::UNIT => String::new(),
            Some(role) => self.kind_unit(self.role(role)),
            None => self.kind_unit_without_role.to_owned(),
        }
    }

    const fn role(&self, role: UnitRole) -> &'static str {
        match role {
            UnitRole::LegalRepresentative => self.legal_representative,
            UnitRole::AuthorisedAgent => self.authorised_agent,
            UnitRole::Operator => self.operator,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_of_an_unknown_kind_or_role_is_shown_by_its_name() {
        let shown = |kind: &str, role: &str| {
            Locale::English.texts().identities.of(&Identity {
                id: "id".into(),
                kind: kind.to_owned().into(),
                name: "示例单位".into(),
                role: Some(role.to_owned().into()),
            })
        };
        assert_eq!(shown("unit", "operator"), "Unit · 示例单位 (operator)");
        assert_eq!(shown("unit", "caretaker"), "Unit · 示例单位");
        assert_eq!(shown("franchise", "operator"), "示例单位");
    }
}
