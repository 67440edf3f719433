//! Parts that the pages of both surfaces share: language, texts, cookies, policies, styles.

mod assets;
mod cookie;
mod cross_origin;
mod failure;
mod frame;
mod list;
mod locale;
mod paging;
mod policy;
mod refusal;
pub mod texts;

pub use assets::{asset, has_script, weights};
pub use cookie::{CookieName, expired, set_cookie, value_of};
pub use cross_origin::refuse_cross_origin;
pub use failure::Failure;
pub use frame::{Frame, Surface, page, shown};
pub use list::{Action, Badge, Pages, Row};
pub use locale::{Locale, remember_locale};
pub use paging::Paging;
pub use policy::{Policy, with_policy};
pub use refusal::{missing, plain, with_a_page};
pub use texts::Texts;
