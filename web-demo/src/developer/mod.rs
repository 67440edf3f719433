//! The developer's pages, in the demo only: the short messages, and the authority's desk. Both need
//! the demo's own registers; with registers elsewhere they are not there, and neither are they where
//! other machines reach the hall.

mod desk;
mod key;
mod messages;
mod operators;
mod state;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use sqlx::SqlitePool;

use self::key::{DeveloperKey, holders_only};
use self::state::Desk;
use crate::listeners::Origins;
use crate::logouts::Logouts;
use crate::options::Options;

/// The protection of the pages of one run.
#[derive(Debug)]
pub(crate) enum DeveloperPages {
    /// The pages do not exist.
    Absent,
    /// They open with a key that the terminal prints.
    Keyed(DeveloperKey),
    /// Everyone who reaches the portal sees them.
    Exposed,
}

impl DeveloperPages {
    /// Returns the pages of these options.
    ///
    /// # Errors
    /// Returns an error if the system gives no random bytes.
    pub(crate) fn of(options: &Options, origins: &Origins) -> Result<Self, getrandom::Error> {
        // With registers elsewhere a real carrier sends the messages.
        if options.registers.is_some() || !origins.shows_demo(options) {
            return Ok(Self::Absent);
        }
        if options.expose_demo {
            return Ok(Self::Exposed);
        }
        Ok(Self::Keyed(DeveloperKey::random()?))
    }

    /// Returns the routes of the pages, if there are any.
    pub(crate) fn routes(&self, db: &SqlitePool, logouts: &Logouts) -> Option<Router> {
        let removal = get(operators::ask_to_remove).post(operators::remove);
        let pages = Router::new()
            .route(messages::PATH, get(messages::show))
            .route(desk::PATH, get(desk::show))
            .route("/developer/desk/{kind}/{id}", post(desk::answer_record))
            .route(operators::PATH, get(operators::list).post(operators::add))
            .route(
                "/developer/desk/operators/{unit}/{operator}/remove",
                removal,
            )
            .with_state(Desk::new(db.clone(), logouts.clone()));
        match self {
            Self::Absent => None,
            Self::Keyed(key) => Some(pages.layer(from_fn_with_state(key.clone(), holders_only))),
            Self::Exposed => Some(pages),
        }
    }

    /// Returns the address of the page of messages, with its key.
    pub(crate) fn messages_at(&self, portal: &str) -> Option<String> {
        self.address(portal, messages::PATH)
    }

    /// Returns the address of the authority's desk, with its key.
    pub(crate) fn desk_at(&self, portal: &str) -> Option<String> {
        self.address(portal, desk::PATH)
    }

    fn address(&self, portal: &str, path: &str) -> Option<String> {
        match self {
            Self::Absent => None,
            Self::Keyed(key) => Some(format!("{portal}{}", key.path(path))),
            Self::Exposed => Some(format!("{portal}{path}")),
        }
    }
}
