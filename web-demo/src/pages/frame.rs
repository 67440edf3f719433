//! The frame around every page, and how a page becomes an answer.

use std::any::Any;

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;

use super::{Failure, Locale};

/// Which of the two surfaces a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// The portal, on a computer.
    Portal,
    /// The app, on a phone.
    Phone,
}

/// What the layout needs of a page.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The page's language.
    pub locale: Locale,
    /// The surface.
    pub surface: Surface,
    /// Where the link to the other language leads: a path that answers GET, with a query if there is one.
    pub path: &'a str,
}

impl Frame<'_> {
    /// The surface's name, in the head of each page.
    pub const fn brand(&self) -> &'static str {
        match self.surface {
            Surface::Portal => self.locale.pick(
                "示例省社会保险网上服务大厅",
                "Shili Province Social Insurance Service Hall",
            ),
            Surface::Phone => self
                .locale
                .pick("示例省人社", "Shili Province Social Security"),
        }
    }

    /// The surface's own stylesheet.
    pub const fn stylesheet(&self) -> &'static str {
        match self.surface {
            Surface::Portal => "portal.css",
            Surface::Phone => "phone.css",
        }
    }

    /// The one of two texts that is in the page's language: templates have both side by side.
    pub const fn say<'t>(&self, chinese: &'t str, english: &'t str) -> &'t str {
        self.locale.pick(chinese, english)
    }

    /// The same page in the other language.
    pub fn other_language(&self) -> String {
        let joint = if self.path.contains('?') { '&' } else { '?' };
        format!("{}{joint}lang={}", self.path, self.locale.other().tag())
    }

    /// The link that skips the head.
    pub const fn skip(&self) -> &'static str {
        self.locale.pick("跳到正文", "Skip to content")
    }

    /// What the title of a page begins with on which something was refused: it is what is read out first.
    pub const fn refused(&self) -> &'static str {
        self.locale.pick("错误：", "Error: ")
    }

    /// What stands at the foot of each page.
    pub const fn notice(&self) -> &'static str {
        self.locale.pick(
            "演示系统：机构、人员与证件号码均为虚构。",
            "A demonstration: the institution, its citizens and their numbers are made up.",
        )
    }
}

/// Answers with a page. The status decides whether its title says that what was sent was refused.
///
/// # Errors
/// The page cannot be written.
pub fn page(status: StatusCode, page: &impl Template) -> Result<Response, Failure> {
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
