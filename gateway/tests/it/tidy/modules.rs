//! Modules of a crate and the imports between them, read from its source by `syn`.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};
use syn::{Attribute, ItemMod, ItemUse, UseTree};

/// A module as the segments of its path below the crate; the crate's root has none.
pub(super) type Module = Vec<String>;

/// Every path that a crate's modules name outside their tests.
#[derive(Debug, Default)]
pub(super) struct Modules(BTreeMap<Module, Source>);

#[derive(Debug)]
struct Source {
    file: String,
    /// Paths from the crate's root (`crate::…`) and of other crates, as segments.
    own: BTreeSet<Vec<String>>,
    foreign: BTreeSet<Vec<String>>,
}

impl Modules {
    /// Reads the source files of one crate: names from the top of the tree, with their texts.
    pub(super) fn read<'a>(
        src: &str,
        files: impl Iterator<Item = (&'a String, &'a String)>,
    ) -> Self {
        let mut modules = Self::default();
        for (name, text) in files {
            let Some(path) = name.strip_prefix(src) else {
                continue;
            };
            let module = module_of(path);
            // The binary has a crate of its own.
            if path == "main.rs" || module.iter().any(|part| part == "tests") {
                continue;
            }
            let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let mut paths = Paths {
                module: module.clone(),
                source: Source {
                    file: name.clone(),
                    own: BTreeSet::new(),
                    foreign: BTreeSet::new(),
                },
            };
            paths.visit_file(&file);
            modules.0.insert(module, paths.source);
        }
        modules
    }

    /// Files with the paths that they name: those of the crate begin with `crate`.
    pub(super) fn named(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.values().flat_map(|source| {
            let own = source
                .own
                .iter()
                .map(|path| format!("crate::{}", path.join("::")));
            let foreign = source.foreign.iter().map(|path| path.join("::"));
            let file = source.file.as_str();
            own.chain(foreign).map(move |path| (file, path))
        })
    }

    /// Pairs of modules of which the first imports the second. Importing an ancestor is left out: a
    /// module and those inside it are one topic.
    pub(super) fn imports(&self) -> BTreeMap<&Module, BTreeSet<&Module>> {
        let imported = |module: &Module, source: &Source| -> BTreeSet<&Module> {
            let named = source.own.iter().filter_map(|path| self.holding(path));
            named.filter(|other| !module.starts_with(other)).collect()
        };
        self.0
            .iter()
            .map(|(module, source)| (module, imported(module, source)))
            .collect()
    }

    /// Circles among the imports, each as the modules in their order.
    pub(super) fn circles(&self) -> Vec<Vec<String>> {
        let imports = self.imports();
        let mut circles = Vec::new();
        let mut done = BTreeSet::new();
        for start in imports.keys() {
            follow(start, &imports, &mut Vec::new(), &mut done, &mut circles);
        }
        circles
    }

    /// The innermost module that holds what a path leads to.
    fn holding(&self, path: &[String]) -> Option<&Module> {
        (0..=path.len()).rev().find_map(|length| {
            self.0
                .get_key_value(&path[..length])
                .map(|(module, _)| module)
        })
    }
}

fn follow<'a>(
    module: &'a Module,
    imports: &BTreeMap<&'a Module, BTreeSet<&'a Module>>,
    way: &mut Vec<&'a Module>,
    done: &mut BTreeSet<&'a Module>,
    circles: &mut Vec<Vec<String>>,
) {
    if let Some(start) = way.iter().position(|passed| *passed == module) {
        circles.push(
            way[start..]
                .iter()
                .map(|passed| passed.join("::"))
                .collect(),
        );
        return;
    }
    if done.contains(module) {
        return;
    }
    way.push(module);
    for other in imports.get(module).into_iter().flatten() {
        follow(other, imports, way, done, circles);
    }
    way.pop();
    done.insert(module);
}

fn module_of(path: &str) -> Module {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.split('/')
        .filter(|part| *part != "lib")
        .map(str::to_owned)
        .collect()
}

/// Collects paths, except those of tests.
struct Paths {
    module: Module,
    source: Source,
}

impl Paths {
    fn add(&mut self, segments: &[String]) {
        let Some(first) = segments.first() else {
            return;
        };
        let ups = segments.iter().take_while(|part| *part == "super").count();
        let (base, rest) = match first.as_str() {
            "crate" => (&[][..], &segments[1..]),
            "self" => (&self.module[..], &segments[1..]),
            "super" => (
                &self.module[..self.module.len().saturating_sub(ups)],
                &segments[ups..],
            ),
            _ => {
                self.source.foreign.insert(segments.to_vec());
                return;
            }
        };
        self.source.own.insert([base, rest].concat());
    }

    fn add_tree(&mut self, prefix: &[String], tree: &UseTree) {
        let with = |name: &syn::Ident| [prefix, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.add_tree(&with(&path.ident), &path.tree),
            UseTree::Name(name) => self.add(&with(&name.ident)),
            UseTree::Rename(name) => self.add(&with(&name.ident)),
            UseTree::Glob(_) => self.add(prefix),
            UseTree::Group(group) => {
                for item in &group.items {
                    self.add_tree(prefix, item);
                }
            }
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !module.attrs.iter().any(is_test) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !item.attrs.iter().any(is_test) {
            self.add_tree(&[], &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let segments: Vec<String> = path
                .segments
                .iter()
                .map(|part| part.ident.to_string())
                .collect();
            self.add(&segments);
        }
        visit::visit_path(self, path);
    }
}

fn is_test(attribute: &Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else {
        return false;
    };
    list.path.is_ident("cfg") && list.tokens.to_string().contains("test")
}

/// A module that stands for a source file.
pub(super) fn shown(module: &[String]) -> String {
    if module.is_empty() {
        "lib".to_owned()
    } else {
        module.join("::")
    }
}
