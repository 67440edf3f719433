//! Secrets of relying parties, kept as digests.

use saoma_protocol::Digest;

use crate::settings::Secret;

/// The secret of a client, in a form from which it cannot be read.
#[derive(Debug)]
pub(super) enum ClientSecret {
    /// Its SHA-256.
    Sha256(Digest),
}

impl From<&Secret> for ClientSecret {
    fn from(secret: &Secret) -> Self {
        Self::Sha256(Digest::of(secret.expose().as_bytes()))
    }
}

impl ClientSecret {
    /// Returns true if one of these texts is the secret. All are compared, so that the time does not tell which one is.
    #[allow(
        clippy::unused_async,
        reason = "forms that take long to compare are compared elsewhere"
    )]
    pub(super) async fn is_among(&self, texts: &[&str]) -> bool {
        match self {
            Self::Sha256(digest) => texts.iter().fold(false, |found, text| {
                found | (*digest == Digest::of(text.as_bytes()))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_secret_is_compared_whole() {
        let secret = ClientSecret::from(&Secret::from("s3cret"));
        for (texts, admitted) in [
            (&["s3cret"][..], true),
            (&["s3cret", "other"], true),
            (&["other", "s3cret"], true),
            (&["s3cre"], false),
            (&[""], false),
            (&[], false),
        ] {
            assert_eq!(secret.is_among(texts).await, admitted, "{texts:?}");
        }
    }
}
