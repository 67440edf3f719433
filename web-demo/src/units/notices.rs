//! Notices to an agent of an appointment and its end, and to an employee of the unit's steps for
//! them.

use super::scope::Scope;
use crate::pages::Texts;
use crate::records::inbox::Notice;
use crate::records::{Words, Yuan};
use crate::registers::Unit;

fn notice<T: Into<String>>(
    title: impl Fn(&'static Texts) -> String,
    body: impl Fn(&'static Texts) -> T,
) -> Notice {
    Notice::new(Words::of_texts(title), Words::of_texts(body))
}

/// A person has been appointed by the legal representative of this name, until a day (ISO 8601).
pub(crate) fn appointed(unit: &Unit, scope: &Scope, ends_on: &str, by: &str) -> Notice {
    let scope = |texts| scope.words(texts);
    notice(
        |texts| texts.unit_notices.appointed_title(&unit.name),
        |texts| texts.unit_notices.appointed(scope(texts), ends_on, by),
    )
}

/// A person's appointment has been withdrawn.
pub(crate) fn withdrawn(unit: &Unit) -> Notice {
    let title = |texts: &'static Texts| texts.unit_notices.withdrawn_title(&unit.name);
    notice(title, |texts| texts.unit_notices.withdrawn)
}

/// A person has been registered as an employee.
pub(crate) fn registered(unit: &Unit, base: Yuan) -> Notice {
    let title = |texts: &'static Texts| texts.unit_notices.registered_title(&unit.name);
    notice(title, |texts| texts.unit_notices.registered(base))
}

/// A person works for the unit no more.
pub(crate) fn left(unit: &Unit) -> Notice {
    let title = |texts: &'static Texts| texts.unit_notices.left_title(&unit.name);
    notice(title, |texts| texts.unit_notices.left)
}

/// The unit reminds a person of their card.
pub(crate) fn card_reminder(unit: &Unit) -> Notice {
    let title = |texts: &'static Texts| texts.unit_notices.reminder_title(&unit.name);
    notice(title, |texts| texts.unit_notices.reminder)
}

/// The authority has added a person to the unit as an operator.
pub(crate) fn operator_added(unit: &Unit) -> Notice {
    let title = |texts: &'static Texts| texts.unit_notices.operator_added_title(&unit.name);
    notice(title, |texts| texts.unit_notices.operator_added)
}

/// The authority has removed a person who was an operator of the unit.
pub(crate) fn operator_removed(unit: &Unit) -> Notice {
    let title = |texts: &'static Texts| texts.unit_notices.operator_removed_title(&unit.name);
    notice(title, |texts| texts.unit_notices.operator_removed)
}

/// The unit has an operator more, of this name.
pub(crate) fn operator_of_unit_added(unit: &Unit, name: &str) -> Notice {
    let title = |texts: &'static Texts| texts.unit_notices.unit_operator_added(name, &unit.name);
    notice(title, |texts| texts.unit_notices.unit_operators_hint)
}

/// The unit has an operator less.
pub(crate) fn operator_of_unit_removed(unit: &Unit, name: &str) -> Notice {
    let title = |texts: &'static Texts| texts.unit_notices.unit_operator_removed(name, &unit.name);
    notice(title, |texts| texts.unit_notices.unit_operators_hint)
}
