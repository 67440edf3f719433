//! The page that asks whether to end something that does not come back as it was: it names the thing, says what will
//! happen, and offers the way back first.

use askama::Template;

use super::{Answer, Person};
use crate::pages::{Frame, shown};

/// Something to be ended. The page is at the address that the act is posted to.
#[derive(Debug)]
pub(super) struct Ending<'a> {
    pub path: &'a str,
    /// The address and the name of the page to go back to.
    pub back: (&'a str, &'static str),
    pub title: &'static str,
    /// What it is that ends.
    pub facts: Vec<(&'static str, String)>,
    pub warning: &'static str,
    /// The words of the way back, and of the act.
    pub keep: &'static str,
    pub act: &'static str,
}

#[derive(Template)]
#[template(path = "home/ask.html")]
struct AskPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    ending: &'a Ending<'a>,
}

impl Person {
    /// Answers with the page that asks.
    pub(super) fn ask(&self, ending: &Ending<'_>) -> Answer {
        shown(&AskPage {
            frame: self.frame(ending.path),
            person: self,
            ending,
        })
    }
}
