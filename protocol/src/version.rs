//! Versions of the protocol, negotiated in the opening handshake by the subprotocol's name (RFC 6455 §1.9).

/// A version of the socket's messages, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ProtocolVersion {
    /// `saoma.v1`
    V1,
}

impl ProtocolVersion {
    /// Every version served, oldest first.
    pub const ALL: &'static [Self] = &[Self::V1];

    /// Returns the value of `Sec-WebSocket-Protocol`.
    pub const fn subprotocol(self) -> &'static str {
        match self {
            Self::V1 => "saoma.v1",
        }
    }

    /// Returns the newest version among the offered subprotocols: the comma-separated values of one or more
    /// `Sec-WebSocket-Protocol` headers (RFC 6455 §11.3.4). `None` if the gateway serves no offered version.
    pub fn negotiate<'a>(offered: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        offered
            .into_iter()
            .flat_map(|header| header.split(','))
            .filter_map(|name| Self::from_subprotocol(name.trim()))
            .max()
    }

    fn from_subprotocol(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|version| version.subprotocol() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_common_version_is_taken() {
        let negotiate =
            |offered: &[&'static str]| ProtocolVersion::negotiate(offered.iter().copied());
        assert_eq!(negotiate(&["saoma.v1"]), Some(ProtocolVersion::V1));
        assert_eq!(
            negotiate(&["chat, saoma.v9", " saoma.v1 ,x"]),
            Some(ProtocolVersion::V1)
        );
        assert_eq!(negotiate(&["saoma.v2"]), None);
        assert_eq!(negotiate(&["SAOMA.V1"]), None);
        assert_eq!(negotiate(&[]), None);
    }

    #[test]
    fn all_lists_every_version_once_in_order() {
        assert!(ProtocolVersion::ALL.is_sorted());
        for version in ProtocolVersion::ALL {
            assert_eq!(
                ProtocolVersion::negotiate([version.subprotocol()]),
                Some(*version)
            );
        }
    }
}
