//! Persons that a browser knows, as it keeps them.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The number of sealed persons that an `open` may hold. Further ones are ignored.
pub const MAX_KNOWN_PERSONS: usize = 8;

/// The longest sealed person, in characters.
pub const MAX_SEALED_PERSON_CHARS: usize = 200;

/// A person whom a browser knows at one relying party, sealed by the gateway: opaque to everyone else. The browser gets it
/// with `confirmed`, keeps it, and sends it with its next `open`. It gives no access; it only spares the browser the
/// question whether it wants to be logged in as this person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SealedPerson(
    #[cfg_attr(
        feature = "codegen",
        schemars(length(max = MAX_SEALED_PERSON_CHARS))
    )]
    String,
);

impl SealedPerson {
    /// Creates a sealed person from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SealedPerson {
    /// Leaves the text out, because it tells the browsers of one person apart.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedPerson(…)")
    }
}

/// Writes a list.
pub(crate) fn serialize<S: Serializer>(
    values: &[SealedPerson],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    values.serialize(serializer)
}

/// Reads a list, or one text with the values separated by spaces: an address has only texts.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<SealedPerson>, D::Error> {
    struct Values;

    impl<'de> Visitor<'de> for Values {
        type Value = Vec<SealedPerson>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of texts, or a text with values separated by spaces")
        }

        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            let values = text.split(' ').filter(|value| !value.is_empty());
            Ok(values.map(SealedPerson::new).collect())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut values = Vec::new();
            while let Some(value) = list.next_element()? {
                values.push(value);
            }
            Ok(values)
        }
    }

    deserializer.deserialize_any(Values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Holder {
        #[serde(with = "super")]
        known: Vec<SealedPerson>,
    }

    #[test]
    fn a_list_and_a_text_with_spaces_hold_the_same_values() {
        let values = [SealedPerson::new("a"), SealedPerson::new("b")];
        for json in [r#"{"known":["a","b"]}"#, r#"{"known":"a b "}"#] {
            let holder: Holder = serde_json::from_str(json).expect(json);
            assert_eq!(holder.known, values);
        }
        for json in [r#"{"known":7}"#, r#"{"known":[7]}"#, r#"{"known":{}}"#] {
            assert!(serde_json::from_str::<Holder>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_sealed_person_is_not_printed() {
        assert!(!format!("{:?}", SealedPerson::new("sealed-text")).contains("sealed-text"));
    }
}
