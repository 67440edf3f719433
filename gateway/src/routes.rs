//! Paths of the public listener as templates, so that logs and metrics name no code and no id.

use saoma_protocol::paths;

/// A route, by its template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route(usize);

/// Templates of all routes. The last one stands for paths that no route has, and for check files, whose paths are settings.
const TEMPLATES: &[&str] = &[
    paths::SOCKET,
    paths::LOGINS,
    paths::EVENTS,
    paths::REFRESH,
    paths::AGREE,
    paths::CANCEL,
    paths::SCANS,
    paths::CONFIRM,
    paths::REJECT,
    paths::SESSIONS,
    paths::SESSIONS_END,
    paths::SESSION_END,
    paths::BACKEND_LOGOUT,
    paths::DISCOVERY,
    paths::JWKS,
    paths::AUTHORIZE,
    paths::TOKEN,
    paths::REVOKE,
    paths::USERINFO,
    paths::END_SESSION,
    paths::BEGIN_SESSION,
    paths::DEVICE_AUTHORIZATION,
    paths::PUSHED_REQUESTS,
    paths::ASSET_LINKS,
    paths::APPLE_APP_SITE_ASSOCIATION,
    paths::APP_LINKING,
    paths::DEVICE,
    "/q/{code}",
    "/Q/{code}",
    "/assets/{file}",
    OTHER,
];

const OTHER: &str = "other";

impl Route {
    /// Returns the route of a path.
    pub(crate) fn of(path: &str) -> Self {
        let found = TEMPLATES
            .iter()
            .position(|template| has_template(path, template));
        Self(found.unwrap_or(TEMPLATES.len() - 1))
    }

    /// Returns all routes.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..TEMPLATES.len()).map(Self)
    }

    /// Returns the template.
    pub(crate) fn template(self) -> &'static str {
        TEMPLATES.get(self.0).copied().unwrap_or(OTHER)
    }
}

fn has_template(path: &str, template: &str) -> bool {
    let (mut parts, mut expected) = (path.split('/'), template.split('/'));
    loop {
        match (parts.next(), expected.next()) {
            (None, None) => return true,
            (Some(part), Some(expected)) => {
                if part != expected && (part.is_empty() || !expected.starts_with('{')) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_the_template_of_its_route_and_nothing_else_of_it_is_named() {
        for (path, template) in [
            ("/v1/socket", "/v1/socket"),
            ("/v1/logins", "/v1/logins"),
            ("/v1/logins/ABC/events", "/v1/logins/{login_id}/events"),
            ("/v1/sessions/end", "/v1/sessions/end"),
            ("/v1/sessions/ABC/end", "/v1/sessions/{sid}/end"),
            ("/q/BCDFGHJK", "/q/{code}"),
            ("/assets/login.css", "/assets/{file}"),
            ("/v1/logins/", "other"),
            ("/v1/logins//events", "other"),
            ("/q/a/b", "other"),
            ("/other", "other"),
            ("/", "other"),
            ("", "other"),
        ] {
            assert_eq!(Route::of(path).template(), template, "{path}");
        }
    }

    #[test]
    fn each_template_is_its_own_route() {
        for template in TEMPLATES {
            assert_eq!(Route::of(template).template(), *template);
        }
    }
}
