//! A ratchet on the language of comments: noun clauses and private pronouns may only become fewer.
//!
//! Measured on the Rust outside tests. A block is a run of comment lines of one marker (`//`, `///` or `//!`).
//! `PLAIN_WORDS=gateway/src/store cargo nextest run -p saoma-gateway --test it --no-capture plain_words` prints a table by
//! folder and every block and word that counts in that folder.

use std::collections::BTreeMap;
use std::fmt;

/// First words by which a block counts: its subject is a clause, not a thing.
const OPENERS: [&str; 8] = [
    "What", "Whether", "How", "Who", "Whose", "Whom", "Which", "Where",
];

/// Words that count wherever they stand.
const PRONOUNS: [&str; 6] = [
    "whoever",
    "whatever",
    "whichever",
    "whomever",
    "nobody",
    "somebody",
];

/// Pairs of words that count wherever they stand.
const PAIRS: [[&str; 2]; 2] = [["is", "none"], ["are", "none"]];

/// The figures of the whole tree at 9cc1768, by this counter.
const BASELINE: Figures = Figures {
    openers_per_cent: 22.30,
    pronouns_per_thousand: 5.03,
};

/// The greatest figures that pass. To be lowered as the tree gets better.
const CEILING: Figures = Figures {
    openers_per_cent: 1.0,
    pronouns_per_thousand: 0.1,
};

/// The figures of a tree in plain words.
const TARGET: Figures = Figures {
    openers_per_cent: 4.0,
    pronouns_per_thousand: 0.3,
};

#[derive(Debug, Clone, Copy)]
struct Figures {
    /// Blocks that begin with one of [`OPENERS`], of 100 blocks.
    openers_per_cent: f64,
    /// [`PRONOUNS`] and [`PAIRS`] in 1,000 words of comments.
    pronouns_per_thousand: f64,
}

/// Counts of a file, a folder or the tree.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    blocks: u32,
    openers: u32,
    words: u32,
    pronouns: u32,
}

/// A run of comment lines.
#[derive(Debug)]
struct Block<'a> {
    /// The first line's number.
    line: usize,
    words: Vec<&'a str>,
}

#[test]
fn comments_are_in_plain_words() {
    let sources = crate::tidy::sources("rs");
    let wanted = std::env::var("PLAIN_WORDS").ok();
    let (tree, folders) = measure(&sources, wanted.as_deref());
    for (folder, count) in &folders {
        println!("{folder:<40} {count}");
    }
    println!("{:<40} {tree}", "all");
    println!("{:<40} {BASELINE}", "at 9cc1768");
    println!("{:<40} {CEILING}", "ceiling");
    println!("{:<40} {TARGET}", "target");
    let figures = tree.figures();
    assert!(
        figures.openers_per_cent <= CEILING.openers_per_cent
            && figures.pronouns_per_thousand <= CEILING.pronouns_per_thousand,
        "comments got less plain: {figures}, and the ceiling is {CEILING}. Make the thing the subject of a comment's \
         first sentence; PLAIN_WORDS=<folder> lists the blocks that count"
    );
    if CEILING.openers_per_cent - figures.openers_per_cent > 0.5
        || CEILING.pronouns_per_thousand - figures.pronouns_per_thousand > 0.1
    {
        println!("comments got plainer: lower CEILING to {figures}");
    }
}

/// Names in the glossary's column of code exist in the code.
#[test]
fn the_glossary_names_what_the_code_has() {
    let glossary = include_str!("../../../docs/glossary.md");
    let cells = glossary.lines().filter_map(|row| row.split('|').nth(3));
    let names: Vec<&str> = cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .filter_map(|name| name.rsplit("::").next())
        .collect();
    assert!(names.len() > 50, "the tables were not found");
    let sources = crate::tidy::sources("rs");
    let crates = ["saoma-gateway", "saoma-demo"];
    for name in names.into_iter().filter(|name| !crates.contains(name)) {
        let is_word = |word: &str| word == name;
        let has_name = |text: &str| {
            text.split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(is_word)
        };
        assert!(
            sources
                .iter()
                .any(|(file, text)| file.contains("/src/") && has_name(text)),
            "docs/glossary.md names {name}, which the code does not have"
        );
    }
}

#[test]
fn the_counter_counts_what_it_says() {
    let text = "\
//! What a file holds.

/// Whatever is none
/// of these counts
// How it works.
/// Returns who asked.
let x = 1; // What stands behind code is no block.
#[cfg(test)]
mod support;
    // Whence? Nobody's, and there are none.
#[cfg(test)]
mod tests {
    // Who counts tests?
}
";
    let count = Count::of(&blocks(text));
    assert_eq!((count.blocks, count.openers), (5, 2));
    assert_eq!((count.words, count.pronouns), (22, 4));
}

/// Counts the whole tree and each folder; prints the blocks and words that count under the `wanted` folder.
fn measure(sources: &[(String, String)], wanted: Option<&str>) -> (Count, BTreeMap<String, Count>) {
    let (mut tree, mut folders) = (Count::default(), BTreeMap::<String, Count>::new());
    for (name, text) in sources.iter().filter(|(name, _)| !is_test(name)) {
        let blocks = blocks(text);
        let count = Count::of(&blocks);
        tree.add(count);
        folders.entry(folder(name)).or_default().add(count);
        if wanted.is_some_and(|wanted| name.starts_with(wanted)) {
            blocks
                .iter()
                .for_each(|block| block.print_if_it_counts(name));
        }
    }
    (tree, folders)
}

fn is_test(name: &str) -> bool {
    name.contains("/tests/") || name.ends_with("tests.rs")
}

/// The first three folders of a path.
fn folder(name: &str) -> String {
    let parts: Vec<&str> = name.split('/').collect();
    parts[..parts.len().saturating_sub(1).min(3)].join("/")
}

/// The comments of a file, up to its module of tests.
fn blocks(text: &str) -> Vec<Block<'_>> {
    let (mut blocks, mut last) = (Vec::<Block<'_>>::new(), None);
    let mut lines = text.lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        // A module in a file of its own goes on without the tests.
        let begins_module = |next: &str| next.contains("mod ") && next.ends_with('{');
        if line == "#[cfg(test)]" && lines.peek().is_some_and(|(_, next)| begins_module(next)) {
            break;
        }
        let marker = marker(line);
        if let Some(marker) = marker {
            if last != Some(marker) {
                blocks.push(Block {
                    line: index + 1,
                    words: Vec::new(),
                });
            }
            let comment = &line.trim_start()[marker.len()..];
            if let Some(block) = blocks.last_mut() {
                block.words.extend(
                    comment
                        .split_whitespace()
                        .map(bare)
                        .filter(|word| !word.is_empty()),
                );
            }
        }
        last = marker;
    }
    blocks
}

fn marker(line: &str) -> Option<&'static str> {
    let line = line.trim_start();
    ["///", "//!", "//"]
        .into_iter()
        .find(|marker| line.starts_with(marker))
}

/// A word without the signs around it and without `'s`; empty for numbers and signs.
fn bare(word: &str) -> &str {
    let word = word.trim_matches(|c: char| !c.is_alphabetic());
    word.strip_suffix("'s").unwrap_or(word)
}

impl Block<'_> {
    fn opens_with_a_clause(&self) -> bool {
        self.words
            .first()
            .is_some_and(|word| OPENERS.contains(word))
    }

    fn pronouns(&self) -> u32 {
        let lower: Vec<String> = self.words.iter().map(|word| word.to_lowercase()).collect();
        let single = lower
            .iter()
            .filter(|word| PRONOUNS.contains(&word.as_str()));
        let pairs = lower
            .windows(2)
            .filter(|pair| PAIRS.iter().any(|wanted| wanted == pair));
        u32::try_from(single.count() + pairs.count()).unwrap()
    }

    fn print_if_it_counts(&self, name: &str) {
        if self.opens_with_a_clause() || self.pronouns() > 0 {
            let start = self
                .words
                .iter()
                .take(12)
                .copied()
                .collect::<Vec<_>>()
                .join(" ");
            println!("{name}:{}: {start}", self.line);
        }
    }
}

impl Count {
    fn of(blocks: &[Block<'_>]) -> Self {
        let mut count = Self::default();
        for block in blocks {
            count.add(Self {
                blocks: 1,
                openers: block.opens_with_a_clause().into(),
                words: u32::try_from(block.words.len()).unwrap(),
                pronouns: block.pronouns(),
            });
        }
        count
    }

    fn add(&mut self, other: Self) {
        self.blocks += other.blocks;
        self.openers += other.openers;
        self.words += other.words;
        self.pronouns += other.pronouns;
    }

    fn figures(self) -> Figures {
        Figures {
            openers_per_cent: 100.0 * f64::from(self.openers) / f64::from(self.blocks.max(1)),
            pronouns_per_thousand: 1000.0 * f64::from(self.pronouns) / f64::from(self.words.max(1)),
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            blocks,
            openers,
            words,
            pronouns,
        } = self;
        write!(
            f,
            "{}  ({openers} of {blocks} blocks, {pronouns} in {words} words)",
            self.figures()
        )
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:5.2} % of blocks, {:5.2} in 1,000 words",
            self.openers_per_cent, self.pronouns_per_thousand
        )
    }
}
