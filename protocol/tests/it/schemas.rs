//! JSON Schemas of the wire types, as the components of a document.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The place of schemas in both kinds of document.
const COMPONENTS: &str = "#/components/schemas/";

/// The schemas that a document refers to.
///
/// All say what a receiver of this version reads, so that a member which an older sender leaves out is never required.
pub(crate) struct Schemas(SchemaGenerator);

impl Schemas {
    /// In the dialect of OpenAPI 3.1.
    pub(crate) fn openapi() -> Self {
        Self::with(SchemaSettings::draft2020_12())
    }

    /// In the dialect of AsyncAPI 3.0.
    pub(crate) fn asyncapi() -> Self {
        Self::with(SchemaSettings::draft07())
    }

    fn with(settings: SchemaSettings) -> Self {
        let settings = settings.with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            // First, since a dialect's own transforms put up with what this one leaves, and not the other way round.
            settings
                .transforms
                .insert(0, Box::new(RecursiveTransform(simplify)));
        });
        Self(settings.into_generator())
    }

    /// The schema of `T`: a reference if it has a name, and then it is among the components.
    pub(crate) fn of<T: JsonSchema>(&mut self) -> Value {
        self.0.subschema_for::<T>().to_value()
    }

    /// The schema of `T` itself, which does not become a component.
    pub(crate) fn apart<T: JsonSchema>(&mut self) -> Value {
        let mut schema = T::json_schema(&mut self.0);
        RecursiveTransform(simplify).transform(&mut schema);
        schema.to_value()
    }

    /// All that was asked for, by name.
    pub(crate) fn into_components(mut self) -> Map<String, Value> {
        self.0.take_definitions(true)
    }
}

/// Simplifies a schema: optional members are left out, never null; a choice of one is no choice; and links
/// into the Rust documentation lead nowhere here.
fn simplify(schema: &mut Schema) {
    let Some(members) = schema.as_object_mut() else {
        return;
    };
    if let Some(Value::Array(types)) = members.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            members.insert("type".into(), only);
        }
    }
    for choice in ["anyOf", "oneOf"] {
        let Some(Value::Array(schemas)) = members.get_mut(choice) else {
            continue;
        };
        schemas.retain(|schema| schema["type"] != "null");
        if let [Value::Object(only)] = schemas.as_slice() {
            let only = only.clone();
            members.remove(choice);
            only.into_iter().for_each(|(name, value)| {
                members.entry(name).or_insert(value);
            });
        }
    }
    if let Some(Value::String(text)) = members.get_mut("description") {
        *text = text.replace("[`", "`").replace("`]", "`");
    }
}

/// One message of a union that is told apart by `type`.
pub(crate) struct Message {
    /// The value of `type`.
    pub name: String,
    /// The summary, from the type's documentation.
    pub summary: String,
    /// The reference to its schema.
    pub reference: Value,
}

/// Replaces a union of messages among the components by one component for each message.
pub(crate) fn split(components: &mut Map<String, Value>, union: &str) -> Vec<Message> {
    let union = components.remove(union).unwrap();
    let split = |schema: &Value| {
        let name = schema["properties"]["type"]["const"]
            .as_str()
            .unwrap()
            .to_owned();
        let component = format!("{}{}Message", name[..1].to_uppercase(), &name[1..]);
        let reference = refer(&component);
        assert!(
            components.insert(component, schema.clone()).is_none(),
            "two components for the message {name}"
        );
        Message {
            summary: schema["description"].as_str().unwrap().to_owned(),
            name,
            reference,
        }
    };
    union["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(split)
        .collect()
}

/// A reference to a component.
pub(crate) fn refer(component: &str) -> Value {
    json!({ "$ref": format!("{COMPONENTS}{component}") })
}

/// Returns the meaning of a code, from its type's documentation.
pub(crate) fn meaning<T: JsonSchema + Serialize>(code: T) -> String {
    let schema = schema_for!(T).to_value();
    let known = schema["oneOf"].as_array().unwrap();
    let code = known
        .iter()
        .find(|known| known["const"] == json!(code))
        .unwrap();
    code["description"].as_str().unwrap().to_owned()
}

/// A document as it is committed. Members are in alphabetical order, whatever features serde_json is built with.
pub(crate) fn written(mut document: Value) -> String {
    document.sort_all_objects();
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}
