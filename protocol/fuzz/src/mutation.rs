//! Mutations in the manner of libFuzzer, without its guidance by coverage.

use std::fmt;

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Maximum mutations of one input.
const MAX_STEPS: usize = 6;

/// Maximum bytes that one step copies or removes.
const MAX_RANGE: usize = 64;

/// Byte strings that often expose faults in readers of text.
const WORDS: &[&[u8]] = &[
    b"",
    b"\0",
    b"\n",
    b"\r\n\r\n",
    b" ",
    b"\"",
    b"'",
    b"\\u0000",
    b"\\ud800",
    b"\\",
    b"<",
    b"&",
    b"%00",
    b"%",
    b"+",
    b"/../",
    b"@",
    b"#",
    b"?",
    b",",
    b";q=0",
    b"*",
    b":",
    b"-1",
    b"1e999",
    b"4294967296",
    b"18446744073709551616",
    b"null",
    b"[]",
    b"{}",
    b"\xff",
    b"\x7f",
    "\u{202e}".as_bytes(),
    "\u{2028}".as_bytes(),
    "\u{feff}".as_bytes(),
    "\u{e9}".as_bytes(),
    "\u{1f600}".as_bytes(),
];

/// An input that prints as a byte string literal.
pub(crate) struct Input(pub(crate) Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

#[derive(Debug, Clone)]
enum Step {
    FlipBit(u8),
    Put(u8),
    Remove(usize),
    Repeat(usize),
    CutOff,
    Insert(&'static [u8]),
    /// Continues as another entry of the corpus.
    Splice(Index, Index),
}

/// Generates mutated entries of a corpus.
pub(crate) fn mutated(corpus: Vec<Vec<u8>>) -> impl Strategy<Value = Input> {
    let range = || 1..=MAX_RANGE;
    let step = prop_oneof![
        (0..8_u8).prop_map(Step::FlipBit),
        any::<u8>().prop_map(Step::Put),
        range().prop_map(Step::Remove),
        range().prop_map(Step::Repeat),
        Just(Step::CutOff),
        select(WORDS).prop_map(Step::Insert),
        any::<(Index, Index)>().prop_map(|(entry, at)| Step::Splice(entry, at)),
    ];
    let steps = prop::collection::vec((any::<Index>(), step), 0..=MAX_STEPS);
    (select(corpus.clone()), steps).prop_map(move |(mut bytes, steps)| {
        for (at, step) in steps {
            apply(&step, at.index(bytes.len() + 1), &mut bytes, &corpus);
        }
        Input(bytes)
    })
}

fn apply(step: &Step, at: usize, bytes: &mut Vec<u8>, corpus: &[Vec<u8>]) {
    let range = |length: &usize| at..(at + length).min(bytes.len());
    match step {
        Step::FlipBit(bit) => bytes[at..]
            .iter_mut()
            .take(1)
            .for_each(|byte| *byte ^= 1 << bit),
        Step::Put(byte) => bytes.insert(at, *byte),
        Step::Remove(length) => drop(bytes.drain(range(length))),
        Step::Repeat(length) => {
            let repeated = bytes[range(length)].to_vec();
            bytes.splice(at..at, repeated);
        }
        Step::CutOff => bytes.truncate(at),
        Step::Insert(word) => drop(bytes.splice(at..at, word.iter().copied())),
        Step::Splice(entry, from) => {
            let other = entry.get(corpus);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from.index(other.len() + 1)..]);
        }
    }
}
