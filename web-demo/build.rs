//! Generates the catalogue of texts from `texts/zh.toml` and `texts/en.toml`, and requires the built web side for a
//! release.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use toml::{Table, Value};

/// Files of the web side's build: the pages' scripts, and the weights of the face check. Without
/// the weights, pages offer only the alternatives to the face check.
const BUILT: [&str; 2] = [
    "web/dist/face-check.js",
    "web/dist/weights/face_recognition_model.bin",
];

fn main() {
    println!("cargo::rerun-if-changed=web/dist");
    println!("cargo::rerun-if-changed=texts");
    let missing = BUILT.map(|file| Some(file).filter(|file| !Path::new(file).exists()));
    let missing: Vec<&str> = missing.into_iter().flatten().collect();
    if !missing.is_empty() {
        let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
        let level = if release { "error" } else { "warning" };
        let missing = missing.join(", ");
        println!("cargo::{level}=the web side is not built: run `make web` ({missing} missing)");
    }
    if let Err(error) = catalogue() {
        println!("cargo::error={error}");
    }
}

fn catalogue() -> Result<(), Box<dyn std::error::Error>> {
    let read = |file| -> Result<Table, Box<dyn std::error::Error>> {
        let text = std::fs::read_to_string(file)?;
        text.parse()
            .map_err(|error| format!("{file}: {error}").into())
    };
    let mut generator = Generator::default();
    let languages = [&read("texts/zh.toml")?, &read("texts/en.toml")?];
    let [chinese, english] = generator.table("", languages);
    for problem in &generator.problems {
        println!("cargo::error=texts/zh.toml, texts/en.toml: {problem}");
    }
    let mut code = generator.code;
    writeln!(code, "static CHINESE: Texts = {chinese};")?;
    writeln!(code, "static ENGLISH: Texts = {english};")?;
    let out = std::env::var("OUT_DIR")?;
    Ok(std::fs::write(Path::new(&out).join("texts.rs"), code)?)
}

/// Turns tables into structs: a text is a `&'static str`, a list an array, a table a struct, and a
/// text with `{placeholders}` a method with these arguments.
#[derive(Default)]
struct Generator {
    code: String,
    problems: Vec<String>,
}

impl Generator {
    /// Declares the struct of a table. Returns its value in each language.
    fn table(&mut self, path: &str, [zh, en]: [&Table; 2]) -> [String; 2] {
        let (mut fields, mut methods) = (String::new(), String::new());
        let mut values = [String::new(), String::new()];
        let keys: BTreeSet<&String> = zh.keys().chain(en.keys()).collect();
        for key in keys {
            let path = format!("{path}.{key}");
            let mut field = |kind: String, in_languages: [String; 2]| {
                fields += &format!("    pub {key}: {kind},\n");
                for (value, language) in values.iter_mut().zip(in_languages) {
                    *value += &format!("{key}: {language},\n");
                }
            };
            match (zh.get(key), en.get(key)) {
                (Some(Value::String(zh)), Some(Value::String(en))) => {
                    let (names, others) = (placeholders(zh), placeholders(en));
                    if !names.iter().all(|name| others.contains(name))
                        || names.len() != others.len()
                    {
                        self.problems.push(format!("{path}: other placeholders"));
                    } else if names.is_empty() {
                        field(
                            "&'static str".into(),
                            [zh, en].map(|text| format!("{text:?}")),
                        );
                    } else {
                        methods += &method(key, &names, zh, en);
                    }
                }
                (Some(Value::Array(zh)), Some(Value::Array(en))) if zh.len() == en.len() => {
                    let kind = format!("[&'static str; {}]", zh.len());
                    field(kind, [zh, en].map(|list| array(list)));
                }
                (Some(Value::Table(zh)), Some(Value::Table(en))) => {
                    field(type_name(&path), self.table(&path, [zh, en]));
                }
                (Some(_), Some(_)) => self.problems.push(format!("{path}: of another kind")),
                (Some(_), None) => self.problems.push(format!("{path}: missing in English")),
                (None, _) => self.problems.push(format!("{path}: missing in Chinese")),
            }
        }
        let name = type_name(path);
        if !methods.is_empty() {
            fields += "    locale: Locale,\n";
            values[0] += "locale: Locale::Chinese";
            values[1] += "locale: Locale::English";
            methods = format!("impl {name} {{\n{methods}}}\n");
        }
        self.code += &format!("#[derive(Debug)]\npub struct {name} {{\n{fields}}}\n{methods}");
        values.map(|value| format!("{name} {{\n{value}}}"))
    }
}

fn method(key: &str, names: &[&str], zh: &str, en: &str) -> String {
    let arguments: String = names
        .iter()
        .map(|name| format!(", {name}: impl Display"))
        .collect();
    format!(
        "    pub fn {key}(&self{arguments}) -> String {{\n        match self.locale {{\n            \
         Locale::Chinese => format!({zh:?}),\n            Locale::English => format!({en:?}),\n        }}\n    }}\n"
    )
}

/// An array's items. One that is no text does not compile.
fn array(list: &[Value]) -> String {
    let items: Vec<String> = list
        .iter()
        .map(|item| {
            item.as_str()
                .map_or_else(|| "()".into(), |text| format!("{text:?}"))
        })
        .collect();
    format!("[{}]", items.join(", "))
}

/// The names of a text's placeholders, in their order.
fn placeholders(text: &str) -> Vec<&str> {
    let parts = text.split('{').skip(1);
    let names = parts.filter_map(|part| Some(part.split_once('}')?.0));
    names.collect()
}

/// The struct of a table: `Texts`, or its path in camel case.
fn type_name(path: &str) -> String {
    if path.is_empty() {
        return "Texts".to_owned();
    }
    let words = path.split(['.', '_']).filter_map(|word| {
        let mut letters = word.chars();
        Some(letters.next()?.to_uppercase().collect::<String>() + letters.as_str())
    });
    words.collect()
}
