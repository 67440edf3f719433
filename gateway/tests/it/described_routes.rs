//! The OpenAPI document has the routes of the routers.

use std::collections::BTreeSet;

use crate::documents::{root, sources};

/// Routes that the OpenAPI document leaves out: the socket, which docs/asyncapi.json describes, the built scripts, the
/// address that the hosted page alone calls, and the check files, whose paths are settings.
const NOT_IN_OPENAPI: [&str; 4] = [
    "&path",
    "/v1/socket",
    "/assets/{file}",
    "/oauth2/sessions/{login_id}",
];

/// Returns the text up to the parenthesis that closes an open one.
fn to_the_close(text: &str) -> &str {
    let mut depth = 1;
    let end = text.find(|character| {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    &text[..end.unwrap_or(text.len())]
}

/// The methods and paths of the front ends' routers, as their source has them.
fn routes() -> BTreeSet<(&'static str, String)> {
    let endpoints = std::fs::read_to_string(root().join("protocol/src/endpoint.rs")).unwrap();
    let path_of = |name: &str| {
        let (_, rest) = endpoints
            .split_once(&format!("pub const {name}: &str = \""))
            .unwrap_or_else(|| panic!("there is no path {name}"));
        rest.split_once('"').unwrap().0.to_owned()
    };
    let mut found = BTreeSet::new();
    for text in sources(&root().join("gateway/src/frontends")) {
        for call in text.split(".route(").skip(1).map(to_the_close) {
            let (path, handlers) = call.split_once(',').unwrap();
            let path = match path.trim().strip_prefix("paths::") {
                Some(name) => path_of(name),
                None => path.trim().trim_matches('"').to_owned(),
            };
            for method in ["get", "post", "put", "delete"] {
                if handlers.contains(&format!("{method}(")) {
                    found.insert((method, path.clone()));
                }
            }
        }
    }
    found
}

#[test]
fn the_openapi_document_has_each_route_and_no_other() {
    let text = std::fs::read_to_string(root().join("docs/openapi.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut described = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in ["get", "post", "put", "delete"] {
            if operations[method].is_object() {
                described.insert((method, path.clone()));
            }
        }
    }
    let mut routes = routes();
    routes.retain(|(_, path)| !NOT_IN_OPENAPI.contains(&path.as_str()));
    assert!(routes.len() > 10, "the routes were not found");
    assert_eq!(described, routes);
}
