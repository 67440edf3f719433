//! Links between the pages of the repository lead somewhere, and the tests and files that a page quotes exist.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use saoma_gateway::settings::ClientSettings;
use serde::Deserialize;

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Markdown page, by its path from the top.
fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let made = ["node_modules", "target", "dist", ".git", ".venv"].contains(&name);
            if path.is_dir() && !made {
                folders.push(path);
            } else if name.ends_with(".md") {
                found.push(path);
            }
        }
    }
    found
}

/// The targets of links and pictures outside code blocks, without those on other sites.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let prose = text.split("```").step_by(2);
    let links = prose.clone().flat_map(|part| part.split("](").skip(1));
    let links = links.filter_map(|rest| rest.split([')', ' ']).next());
    let pictures = prose.flat_map(|part| part.split("src=\"").skip(1));
    let pictures = pictures.filter_map(|rest| rest.split('"').next());
    links
        .chain(pictures)
        .filter(|link| !link.contains("://") && !link.starts_with("mailto:"))
}

/// The anchor of a heading: its words in lower case, joined by hyphens.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn links_between_pages_lead_somewhere() {
    let pages = pages();
    assert!(pages.len() > 10, "the pages were not found");
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in links(&text) {
            let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => page.clone(),
                path => page.parent().unwrap().join(path),
            };
            assert!(target.exists(), "{} links to {link}", page.display());
            if !fragment.is_empty() && target.extension().is_some_and(|kind| kind == "md") {
                let text = std::fs::read_to_string(&target).unwrap();
                let headings = text.lines().filter(|line| line.starts_with('#'));
                let found = headings.map(anchor).any(|anchor| anchor == fragment);
                assert!(found, "{} links to {link}", page.display());
            }
        }
    }
}

/// The rows of the tables in a page whose header is `| module | verdict | test | reason |`, by their cells.
fn module_rows(text: &str) -> Vec<[&str; 4]> {
    let mut rows = Vec::new();
    let mut in_table = false;
    for line in text.lines() {
        if line == "| module | verdict | test | reason |" {
            in_table = true;
        } else if !line.starts_with('|') {
            in_table = false;
        } else if in_table && !line.starts_with("|---") {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            rows.push(
                cells
                    .try_into()
                    .unwrap_or_else(|_| panic!("not four cells: {line}")),
            );
        }
    }
    rows
}

/// The texts of all Rust files in a folder; none if there is no such folder.
pub(crate) fn sources(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(std::fs::read_to_string(&path).unwrap());
        }
    }
    found
}

/// Returns true if a test of this whole path is in `gateway/tests/it`: modules, the function, and the response mode where
/// the macro `module!` makes a test for each.
fn is_test(path: &str) -> bool {
    let mut segments = path.split("::").peekable();
    let (mut folder, mut text) = (root().join("gateway/tests/it"), None);
    while let Some(segment) = segments.peek() {
        folder.push(segment);
        let files = [folder.with_extension("rs"), folder.join("mod.rs")];
        let Some(read) = files
            .iter()
            .find_map(|file| std::fs::read_to_string(file).ok())
        else {
            break;
        };
        text = Some(read);
        segments.next();
    }
    let (Some(text), Some(function)) = (text, segments.next()) else {
        return false;
    };
    let in_modes = format!("async fn {function}(mode: ResponseMode)");
    match (segments.next(), segments.next()) {
        (None, _) => text.contains(&format!("fn {function}(")),
        (Some("query" | "form_post"), None) => text.contains(&in_modes),
        _ => false,
    }
}

#[test]
fn a_test_is_found_by_its_whole_path_alone() {
    for there in [
        "openid::discovery::oidcc_discovery_endpoint_verification",
        "openid::code_flow::oidcc_server::form_post",
        "openid::refresh::oidcc_refresh_token::query",
        "provider_sessions::a_person_lists_their_sessions_and_ends_one_or_all",
    ] {
        assert!(is_test(there), "{there}");
    }
    for missing in [
        "discovery::oidcc_discovery_endpoint_verification",
        "openid::claims::oidcc_discovery_endpoint_verification",
        "openid::code_flow::oidcc_server::fragment",
        "openid::discovery",
        "oidcc_refresh_token",
    ] {
        assert!(!is_test(missing), "{missing}");
    }
}

#[test]
fn each_conformance_module_has_the_test_that_its_row_names() {
    let text = std::fs::read_to_string(root().join("docs/openid.md")).unwrap();
    let rows = module_rows(&text);
    let modules: HashSet<_> = rows.iter().map(|[module, ..]| module).collect();
    assert_eq!(modules.len(), rows.len(), "a module has two rows");
    // Basic, Config, Form Post, RP-initiated logout, back-channel logout, and 25 rules of RFC 8628.
    let least = 38 + 1 + 1 + 11 + 2 + 25;
    assert!(rows.len() >= least, "{} rows of {least}", rows.len());
    for [module, verdict, cell, reason] in rows {
        let named: Vec<_> = cell.split('`').skip(1).step_by(2).collect();
        match verdict {
            "open" => assert!(named.is_empty(), "{module} is open and names {cell}"),
            "pass" => {}
            "warning" | "skip" | "picture" | "refused" => {
                assert!(!reason.is_empty(), "{module} has no reason");
            }
            other => panic!("{module} has the verdict {other:?}"),
        }
        assert!(
            verdict == "open" || !named.is_empty(),
            "{module} names no test"
        );
        for name in named {
            assert!(is_test(name), "{module} names {name}, which is not there");
        }
    }
}

/// The fenced blocks of a page, each with the paragraph before it.
fn blocks(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let parts: Vec<_> = text.split("```").collect();
    let pairs = (1..parts.len()).step_by(2).map(move |at| {
        let before = parts[at - 1].trim_end();
        let paragraph = before.rsplit("\n\n").next().unwrap_or(before);
        let code = parts[at].split_once('\n').map_or("", |(_, code)| code);
        (paragraph, code)
    });
    pairs.collect::<Vec<_>>().into_iter()
}

/// The file that a paragraph names last, if it introduces an excerpt: `…, from [name](file):`.
fn source_of(paragraph: &str) -> Option<&str> {
    let link = paragraph.strip_suffix("):")?.rsplit("](").next()?;
    let words = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let introduced = words.contains("from [") || words.contains("From [");
    introduced.then_some(link)
}

#[test]
fn excerpts_are_as_in_their_files_and_each_example_comes_first_on_a_page() {
    let docs = root().join("docs");
    let mut first = HashSet::new();
    let pages = pages()
        .into_iter()
        .filter(|page| page.starts_with(&docs) && !page.starts_with(docs.join("examples")));
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for (at, (paragraph, code)) in blocks(&text).enumerate() {
            let Some(file) = source_of(paragraph) else {
                continue;
            };
            let source = page.parent().unwrap().join(file);
            let found = std::fs::read_to_string(&source)
                .unwrap_or_else(|error| panic!("{} quotes {file}: {error}", page.display()));
            assert!(
                found.contains(code.trim_end()),
                "{} quotes {file} otherwise than it is:\n{code}",
                page.display()
            );
            if at == 0 {
                first.insert(source.parent().unwrap().canonicalize().unwrap());
            }
        }
    }
    for entry in std::fs::read_dir(docs.join("examples")).unwrap() {
        let example = entry.unwrap().path();
        if example.is_dir() {
            let shown = first.contains(&example.canonicalize().unwrap());
            assert!(shown, "no page begins with {}", example.display());
        }
    }
}

#[test]
fn clients_in_pages_have_settings_that_exist() {
    let mut read = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for block in text.split("```toml\n").skip(1) {
            let block = block.split("```").next().unwrap_or(block);
            if !block.contains("[[clients]]") {
                continue;
            }
            let file: toml::Table = toml::from_str(block)
                .unwrap_or_else(|error| panic!("{}: {error}\n{block}", page.display()));
            for client in file["clients"].as_array().unwrap() {
                // Some blocks show the members that they are about alone.
                let mut client = client.as_table().unwrap().clone();
                for (member, empty) in [
                    ("name", toml::Value::String(String::new())),
                    ("redirect_uris", toml::Value::Array(Vec::new())),
                ] {
                    client.entry(member).or_insert(empty);
                }
                ClientSettings::deserialize(client)
                    .unwrap_or_else(|error| panic!("{}: {error}\n{block}", page.display()));
                read += 1;
            }
        }
    }
    assert!(read > 15, "the clients were not found");
}

#[test]
fn each_page_about_a_client_says_which_test_tries_it() {
    let folder = root().join("docs/clients");
    let list = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let mut pages = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name == "README.md" {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let status = text.split("\n\n").nth(1).unwrap_or_default();
        let is_tried = status.starts_with("*Tried*: ");
        assert!(is_tried || status.starts_with("*Not tried"), "{name}");
        let line = list.lines().find(|line| line.contains(&name));
        let line = line.unwrap_or_else(|| panic!("the list leaves {name} out"));
        assert_eq!(line.contains("| tried |"), is_tried, "{line}");
        let tests = status.split('`').filter(|part| part.ends_with(".test.ts"));
        assert_eq!(tests.clone().count() > 0, is_tried, "{name}");
        for test in tests {
            assert!(root().join(test).exists(), "{name} names {test}");
        }
        pages += 1;
    }
    assert!(pages > 10, "the pages were not found");
}
