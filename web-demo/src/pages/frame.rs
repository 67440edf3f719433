//! The frame around every page, and how a page becomes an answer.

use std::any::Any;

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;

use super::request_facts::RequestFacts;
use super::{Failure, Locale, Texts, has_script};

/// The parameter of an address that names a kept page or form.
pub(crate) const KEPT: &str = "kept";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surface {
    /// The portal, on a computer.
    Portal,
    /// The app, on a phone.
    Phone,
}

/// The facts of a page that its layout needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub locale: Locale,
    pub surface: Surface,
    /// The target of the link to the other language: a path that answers GET, with a query if there is one.
    pub path: &'a str,
}

impl<'a> Frame<'a> {
    /// A page of a surface, in a language, at a path.
    pub(crate) const fn new(surface: Surface, locale: Locale, path: &'a str) -> Self {
        Self {
            locale,
            surface,
            path,
        }
    }

    pub(crate) const fn portal(locale: Locale, path: &'a str) -> Self {
        Self::new(Surface::Portal, locale, path)
    }

    pub(crate) const fn phone(locale: Locale, path: &'a str) -> Self {
        Self::new(Surface::Phone, locale, path)
    }

    /// Returns the texts of the page's language.
    pub(crate) const fn texts(&self) -> &'static Texts {
        self.locale.texts()
    }

    /// Returns the facts of the request under way.
    pub(crate) fn request_facts(&self) -> RequestFacts {
        RequestFacts::current()
    }

    /// The surface's name, in the head of each page.
    pub(crate) const fn brand(&self) -> &'static str {
        match self.surface {
            Surface::Portal => self.texts().common.portal_name,
            Surface::Phone => self.texts().common.app_name,
        }
    }

    /// The surface's name where there is less room: in titles of windows.
    pub(crate) const fn short_brand(&self) -> &'static str {
        match self.surface {
            Surface::Portal => self.texts().common.portal_short,
            Surface::Phone => self.texts().common.app_name,
        }
    }

    /// Returns true on a page of the portal.
    pub(crate) const fn is_portal(&self) -> bool {
        matches!(self.surface, Surface::Portal)
    }

    /// The surface's own stylesheet.
    pub(crate) const fn stylesheet(&self) -> &'static str {
        match self.surface {
            Surface::Portal => "portal.css",
            Surface::Phone => "phone.css",
        }
    }

    /// Returns true if the script of the installed app is built.
    pub(crate) fn has_app_script(&self) -> bool {
        has_script("app.js")
    }

    /// The same page in the other language.
    pub(crate) fn other_language(&self) -> String {
        self.with_parameter("lang", self.locale.other().tag())
    }

    /// The page's address with one more parameter.
    pub(super) fn with_parameter(&self, name: &str, value: &str) -> String {
        let joint = if self.path.contains('?') { '&' } else { '?' };
        let address = format!("{}{joint}{name}={value}", self.path);
        match RequestFacts::current().kept {
            Some(key) => format!("{address}&{KEPT}={key}"),
            None => address,
        }
    }
}

/// Answers 200 with a page.
pub(crate) fn shown(template: &impl Template) -> Result<Response, Failure> {
    page(StatusCode::OK, template)
}

/// Answers with a page. The status decides whether its title says that what was sent was refused.
pub(crate) fn page(status: StatusCode, page: &impl Template) -> Result<Response, Failure> {
    let refused = matches!(
        status,
        StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::TOO_MANY_REQUESTS
    );
    Ok((
        status,
        Html(page.render_with_values(&("refused", &refused as &dyn Any))?),
    )
        .into_response())
}
