//! The two shapes of a record's pages: a list in sections, and the facts of one record.

use askama::Template;
use http::StatusCode;

use crate::home::{Answer, Person};
use crate::pages::{Action, Badge, Frame, Pages, Row, page};
use crate::records::Words;

/// A part of a list.
#[derive(Debug)]
pub(crate) struct Section {
    /// The id of its heading; empty where only screen readers get it.
    pub id: &'static str,
    pub heading: &'static str,
    pub rows: Vec<Row>,
    /// The title and the advice of an empty section.
    pub empty: [&'static str; 2],
}

/// A list of records.
#[derive(Template)]
#[template(path = "home/records/list.html")]
pub(super) struct List<'a> {
    pub frame: Frame<'a>,
    pub person: &'a Person,
    pub title: &'static str,
    pub refusal: Option<&'static str>,
    pub sections: Vec<Section>,
    pub pages: Option<Pages>,
}

/// A record by itself.
#[derive(Template)]
#[template(path = "home/records/record.html")]
pub(super) struct Facts<'a> {
    pub frame: Frame<'a>,
    pub person: &'a Person,
    /// Address and name of the list that the record is in, if it is in one.
    pub list: Option<(&'static str, &'static str)>,
    pub title: &'a str,
    pub facts: Vec<(&'static str, Fact<'a>)>,
    pub answer: Option<&'a Words>,
    /// The title and the advice of a record that is not there yet.
    pub empty: Option<[&'static str; 2]>,
    pub action: Option<Action>,
}

/// A value of a record.
pub(super) enum Fact<'a> {
    Number(i64),
    State(Badge),
    Time(&'a str),
    Words(&'a str),
}

impl Section {
    pub(crate) fn new(
        id: &'static str,
        heading: &'static str,
        rows: impl IntoIterator<Item = Row>,
        empty: [&'static str; 2],
    ) -> Self {
        Self {
            id,
            heading,
            rows: rows.into_iter().collect(),
            empty,
        }
    }
}

impl Person {
    /// Answers with a list of records.
    pub(crate) fn list(&self, path: &str, title: &'static str, sections: Vec<Section>) -> Answer {
        self.list_refusing(path, title, sections, None)
    }

    /// Answers with a list of records, and with why a change was refused.
    pub(crate) fn list_refusing(
        &self,
        path: &str,
        title: &'static str,
        sections: Vec<Section>,
        refusal: Option<&'static str>,
    ) -> Answer {
        let status = refusal.map_or(StatusCode::OK, |_| StatusCode::CONFLICT);
        let list = List {
            frame: self.frame(path),
            person: self,
            title,
            refusal,
            sections,
            pages: None,
        };
        page(status, &list)
    }
}
