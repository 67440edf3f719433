//! Pages that inform, the same on both surfaces and for everyone: help, about the hall, accessibility, privacy.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

use crate::pages::{Failure, Frame, Locale, shown};
use crate::surface::SurfaceContext;

/// A page: its address, title and first paragraph, and its sections with heading and text.
#[derive(Debug, Template)]
#[template(path = "information.html")]
struct InformationPage<'a> {
    frame: Frame<'a>,
    title: &'static str,
    lead: &'static str,
    /// The fragments that links of other pages lead to, section by section.
    anchors: &'static [&'static str],
    headings: &'static [&'static str],
    texts: &'static [&'static str],
}

impl InformationPage<'_> {
    fn sections(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let sections = self.anchors.iter().zip(self.headings).zip(self.texts);
        sections
            .map(|((anchor, heading), text)| (*anchor, *heading, *text))
            .collect()
    }
}

/// Fragments of the help page.
const HELP: [&str; 8] = [
    "scan", "e-card", "password", "refused", "unit", "safety", "browsers", "contact",
];

/// Fragments of the other pages.
const SECTIONS: [&str; 4] = ["first", "second", "third", "fourth"];

pub(crate) fn routes<S: SurfaceContext>() -> Router<S> {
    Router::new()
        .route("/help", get(help::<S>))
        .route("/about", get(about::<S>))
        .route("/accessibility", get(accessibility::<S>))
        .route("/privacy", get(privacy::<S>))
}

async fn help<S: SurfaceContext>(locale: Locale) -> Result<Response, Failure> {
    let texts = &locale.texts().help;
    shown(&InformationPage {
        frame: Frame::new(S::SURFACE, locale, "/help"),
        title: texts.title,
        lead: texts.lead,
        anchors: &HELP,
        headings: &texts.questions,
        texts: &texts.answers,
    })
}

async fn about<S: SurfaceContext>(locale: Locale) -> Result<Response, Failure> {
    let texts = &locale.texts().about;
    shown(&InformationPage {
        frame: Frame::new(S::SURFACE, locale, "/about"),
        title: texts.title,
        lead: texts.lead,
        anchors: &SECTIONS,
        headings: &texts.headings,
        texts: &texts.texts,
    })
}

async fn accessibility<S: SurfaceContext>(locale: Locale) -> Result<Response, Failure> {
    let texts = &locale.texts().accessibility;
    shown(&InformationPage {
        frame: Frame::new(S::SURFACE, locale, "/accessibility"),
        title: texts.title,
        lead: texts.lead,
        anchors: &SECTIONS,
        headings: &texts.headings,
        texts: &texts.texts,
    })
}

async fn privacy<S: SurfaceContext>(locale: Locale) -> Result<Response, Failure> {
    let texts = &locale.texts().privacy;
    shown(&InformationPage {
        frame: Frame::new(S::SURFACE, locale, "/privacy"),
        title: texts.title,
        lead: texts.lead,
        anchors: &SECTIONS,
        headings: &texts.headings,
        texts: &texts.texts,
    })
}
