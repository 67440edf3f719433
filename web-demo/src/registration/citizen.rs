//! The person of a registration.

use serde::{Deserialize, Serialize};

use crate::accounts::id_number::IdNumber;

/// A person whom the population register knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Citizen {
    pub id_number: IdNumber,
    pub name: String,
}
