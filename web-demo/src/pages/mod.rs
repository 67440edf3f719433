//! Parts that the pages of both surfaces share: language, texts, cookies, policies, styles.

mod assets;
mod cookie;
mod cross_origin;
mod failure;
mod form_summary;
mod frame;
mod list;
mod locale;
mod page_context;
mod paging;
mod policy;
mod refusal;
mod request_facts;
pub(crate) mod texts;

pub(crate) use assets::{asset, asset_at, has_script, weights};
pub(crate) use cookie::{CookieName, Cookies, SetCookies, refuse_doubled_cookies};
pub(crate) use cross_origin::refuse_cross_origin;
pub(crate) use failure::Failure;
pub(crate) use form_summary::errors;
pub(crate) use frame::{Frame, KEPT, Surface, page, shown};
pub(crate) use list::{Action, Badge, Pages, Row};
pub(crate) use locale::{Locale, remember_locale};
pub(crate) use page_context::{PageContext, PersonBar, PortalAddress, TextSize};
pub(crate) use paging::Paging;
pub(crate) use policy::{Policy, with_policy};
pub(crate) use refusal::{cookies_off, missing, plain, with_a_page};
pub(crate) use request_facts::{RequestFacts, SessionBar};
pub(crate) use texts::Texts;
