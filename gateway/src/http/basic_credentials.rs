//! Credentials in `Authorization: Basic` (RFC 7617).

use data_encoding::BASE64;
use http::HeaderMap;
use http::header::AUTHORIZATION;

/// Returns id and secret of a request, as they are sent. `None` without them, and for two headers: of those, each party on the
/// way may read another one.
pub(crate) fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let joined = String::from_utf8(BASE64.decode(encoded.trim().as_bytes()).ok()?).ok()?;
    let (id, secret) = joined.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn one_pair_is_read_and_of_two_none() {
        let pair = |values: &[&'static str]| {
            let values = values.iter().map(|value| HeaderValue::from_static(value));
            let headers: HeaderMap = values.map(|value| (AUTHORIZATION, value)).collect();
            basic_credentials(&headers)
        };
        // `id:a:secret`
        for one in ["Basic aWQ6YTpzZWNyZXQ=", "basic  aWQ6YTpzZWNyZXQ= "] {
            let expected = Some(("id".to_owned(), "a:secret".to_owned()));
            assert_eq!(pair(&[one]), expected, "{one:?}");
        }
        for none in [
            "Bearer aWQ6YTpzZWNyZXQ=",
            "Basic",
            "Basic ???",
            "Basic aWQ=",
        ] {
            assert_eq!(pair(&[none]), None, "{none:?}");
        }
        assert_eq!(pair(&[]), None);
        assert_eq!(pair(&["Basic aWQ6YQ==", "Basic aWQ6YQ=="]), None);
    }
}
