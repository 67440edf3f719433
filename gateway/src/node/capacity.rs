//! A node's capacity, by the number of files that the system lets it open.

use crate::error_chain::chain;
use crate::http::admission::Capacity;
use crate::settings::Server;

/// Files for everything but browsers: connections to backends, phones and relying parties, listeners, logs.
const OTHER_FILES: usize = 1000;

/// Files that no connection from outside takes: the store, backends, listeners, logs.
const OWN_FILES: usize = 200;

/// Common limit of systems, for those that do not state theirs.
const DEFAULT_FILES: u64 = 1024;

/// Returns the capacity of the settings, but never more than the limit on open files allows. Raises the soft limit to the
/// hard one.
pub(super) fn capacity(settings: &Server) -> Capacity {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!(error = %chain(&error), "the limit on open files is not known");
        DEFAULT_FILES
    });
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    let capacity = within(files, settings);
    tracing::info!(files, browsers = capacity.browsers, "room for browsers");
    let possible = files.saturating_sub(OTHER_FILES);
    if let Some(problem) = problem(capacity.browsers, possible, settings.max_sockets) {
        tracing::warn!(
            files,
            browsers = capacity.browsers,
            problem,
            "the limit on open files is low"
        );
    }
    capacity
}

/// Fewest browsers for which the limit on open files is taken as meant.
const FEW: usize = 1000;

/// Returns the problem with the limit on open files, with advice.
fn problem(browsers: usize, possible: usize, wanted: usize) -> Option<&'static str> {
    if browsers == 0 {
        Some(
            "no browser can log in: raise the limit to at least 2000 (`ulimit -n`, `LimitNOFILE=` of systemd)",
        )
    } else if wanted > possible {
        Some(
            "server.max_sockets asks for more browsers than it allows: raise it (`ulimit -n`, `LimitNOFILE=` of systemd)",
        )
    } else if possible < FEW && wanted == 0 {
        Some("it leaves room for few browsers: raise it (`ulimit -n`, `LimitNOFILE=` of systemd)")
    } else {
        None
    }
}

fn within(files: usize, settings: &Server) -> Capacity {
    let possible = files.saturating_sub(OTHER_FILES);
    Capacity {
        browsers: if settings.max_sockets == 0 {
            possible
        } else {
            settings.max_sockets.min(possible)
        },
        per_address: settings.max_sockets_per_address,
        files: files.saturating_sub(OWN_FILES),
        per_second: settings.max_new_sockets_per_second,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_ask_and_files_allow() {
        let browsers = |files, max_sockets| {
            within(
                files,
                &Server {
                    max_sockets,
                    ..Server::default()
                },
            )
            .browsers
        };
        assert_eq!(browsers(20_000, 0), 19_000);
        assert_eq!(browsers(20_000, 500), 500);
        assert_eq!(browsers(20_000, 50_000), 19_000);
        assert_eq!(browsers(500, 0), 0);
    }

    /// Row A13: a node on which hardly anyone can log in says so at its start.
    #[test]
    fn a13_a_low_limit_on_open_files_is_told() {
        assert_eq!(problem(19_000, 19_000, 0), None);
        assert_eq!(problem(100, 100, 100), None);
        let told =
            |browsers, possible, wanted| problem(browsers, possible, wanted).unwrap_or_default();
        assert!(told(24, 24, 0).contains("few browsers"));
        assert!(told(0, 0, 0).contains("no browser can log in"));
        assert!(told(24, 24, 5000).contains("server.max_sockets"));
    }
}
