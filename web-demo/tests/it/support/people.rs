//! The made-up people of `data/population.toml`.

use toml::Table;

/// The password of the accounts that the demo begins with.
pub const PASSWORD: &str = "shili2026";

/// The ID number of the person of this name.
pub fn person(name: &str) -> String {
    let population: Table = include_str!("../../../data/population.toml")
        .parse()
        .unwrap();
    let persons = population["persons"].as_array().unwrap();
    let found = persons
        .iter()
        .find(|person| person["name"].as_str() == Some(name))
        .expect("a person of this name");
    found["id_number"].as_str().unwrap().to_owned()
}
