//! Tokens in `Authorization: Bearer` (RFC 6750 §2.1).

use http::HeaderMap;
use http::header::AUTHORIZATION;

/// Returns the token of a request. `None` without one, and for two headers: of those, each party on the way may read
/// another one.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn one_token_is_read_and_of_two_none() {
        let token = |values: &[&'static str]| {
            let values = values.iter().map(|value| HeaderValue::from_static(value));
            let headers: HeaderMap = values.map(|value| (AUTHORIZATION, value)).collect();
            bearer_token(&headers).map(str::to_owned)
        };
        for one in ["Bearer abc", "bearer abc", "BEARER  abc "] {
            assert_eq!(token(&[one]).as_deref(), Some("abc"), "{one:?}");
        }
        for none in ["Basic abc", "Bearer", "Bearer ", "abc"] {
            assert_eq!(token(&[none]), None, "{none:?}");
        }
        assert_eq!(token(&[]), None);
        assert_eq!(token(&["Bearer abc", "Bearer abc"]), None);
    }
}
