//! JSON objects in which no member stands twice, at any depth: of two members of one name another reader may take the
//! other one (RFC 7515 §4, RFC 7519 §4).

use std::fmt;

use serde::de::{DeserializeOwned, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// An object without a member twice.
#[derive(Debug)]
pub(crate) struct UniqueObject(pub Map<String, Value>);

impl UniqueObject {
    /// Reads an object.
    ///
    /// # Errors
    /// Returns the problem, with its place in the text. It quotes nothing.
    pub(crate) fn read(json: &[u8]) -> Result<Self, String> {
        from_slice(json)
    }
}

fn from_slice<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    serde_json::from_slice(json).map_err(|error| error.to_string())
}

impl<'de> Deserialize<'de> for UniqueObject {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        match UniqueValue::deserialize(reader)?.0 {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(D::Error::custom("expected a JSON object")),
        }
    }
}

struct UniqueValue(Value);

impl<'de> Deserialize<'de> for UniqueValue {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        while let Some(UniqueValue(element)) = elements.next_element()? {
            read.push(element);
        }
        Ok(Value::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some((name, UniqueValue(member))) = members.next_entry::<String, _>()? {
            if read.insert(name, member).is_some() {
                return Err(A::Error::custom("a member stands twice"));
            }
        }
        Ok(Value::Object(read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_stands_twice_is_refused_at_any_depth() {
        for text in [
            r#"{"aud":"a","aud":"b"}"#,
            r#"{"aud":"a","\u0061ud":"b"}"#,
            r#"{"keys":[{"use":"sig","use":"enc"}]}"#,
            r#"[]"#,
            r#""text""#,
            r#"{"a":1} x"#,
        ] {
            assert!(UniqueObject::read(text.as_bytes()).is_err(), "{text}");
        }
        let text = r#"{"a":[null,true,-1,2,1.5,"x",{"b":{}}],"c":{"b":1}}"#;
        let read = UniqueObject::read(text.as_bytes()).expect("an object").0;
        assert_eq!(serde_json::to_string(&read).expect("JSON"), text);
    }
}
