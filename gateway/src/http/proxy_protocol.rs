//! The PROXY protocol, versions 1 and 2: a balancer that passes connections on unchanged says in a header before the first
//! byte where each comes from (<https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt>).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str;

use ipnet::IpNet;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::client_address::{ClientAddress, canonical_network};

/// Begin of a header of version 2 (§2.2).
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

/// Begin of a header of version 1 (§2.1).
const LINE: &[u8] = b"PROXY ";

/// Longest header of version 1, with its end of line (§2.1).
const MAX_LINE_BYTES: usize = 107;

/// Longest rest of a header of version 2 that is read: the addresses take 36 bytes, and certificates that some balancers
/// add some hundreds.
const MAX_REST_BYTES: usize = 4096;

/// Peers that send the header.
#[derive(Debug, Default)]
pub(crate) struct HeaderSenders(Vec<IpNet>);

/// Reasons for a connection to be closed at its begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HeaderError {
    /// The connection broke.
    #[error(transparent)]
    Broken(#[from] io::Error),
    /// It begins otherwise.
    #[error(
        "no PROXY header: configure the peer to send one, or take it out of proxy_protocol.from"
    )]
    Missing,
    /// It breaks the protocol.
    #[error("malformed PROXY header: {0}")]
    Malformed(&'static str),
}

impl HeaderSenders {
    /// Creates the set of peers in these networks.
    pub(crate) fn new(networks: &[IpNet]) -> Self {
        Self(networks.iter().copied().map(canonical_network).collect())
    }

    /// Returns true if connections from this address begin with a header.
    pub(crate) fn contain(&self, peer: SocketAddr) -> bool {
        let ip = ClientAddress::from_ip(peer.ip()).ip();
        self.0.iter().any(|network| network.contains(&ip))
    }
}

/// Reads the header off a connection, and not a byte more. Returns the address that it names, or `None` if the connection is
/// the balancer's own, such as a health check, or of a kind without addresses.
///
/// # Errors
/// Returns an error if the connection breaks, or does not begin with a header. Those without an end are for the caller's
/// clock.
pub(crate) async fn read_header(stream: &mut TcpStream) -> Result<Option<SocketAddr>, HeaderError> {
    let mut begin = [0; SIGNATURE.len()];
    stream.read_exact(&mut begin).await?;
    if begin == SIGNATURE {
        read_version_2(stream).await
    } else if begin.starts_with(LINE) {
        read_version_1(stream, &begin).await
    } else {
        Err(HeaderError::Missing)
    }
}

async fn read_version_2(stream: &mut TcpStream) -> Result<Option<SocketAddr>, HeaderError> {
    let mut fixed = [0; 4];
    stream.read_exact(&mut fixed).await?;
    let [version_and_command, family, high, low] = fixed;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > MAX_REST_BYTES {
        return Err(HeaderError::Malformed("it is too long"));
    }
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await?;
    addresses_2(version_and_command, family, &rest)
}

/// Returns the source that a header of version 2 names.
fn addresses_2(
    version_and_command: u8,
    family: u8,
    rest: &[u8],
) -> Result<Option<SocketAddr>, HeaderError> {
    match version_and_command {
        0x20 => return Ok(None),
        0x21 => {}
        _ => return Err(HeaderError::Malformed("unknown version or command")),
    }
    let short = HeaderError::Malformed("its addresses are cut off");
    match family {
        // TCP over IPv4: two addresses, two ports.
        0x11 => {
            let Some([a, b, c, d, _, _, _, _, high, low, _, _]) = rest.first_chunk::<12>() else {
                return Err(short);
            };
            let port = u16::from_be_bytes([*high, *low]);
            Ok(Some((Ipv4Addr::new(*a, *b, *c, *d), port).into()))
        }
        // TCP over IPv6.
        0x21 => {
            let (Some(ip), Some(ports)) = (rest.first_chunk::<16>(), rest.get(32..36)) else {
                return Err(short);
            };
            let port = u16::from_be_bytes([ports[0], ports[1]]);
            Ok(Some((Ipv6Addr::from(*ip), port).into()))
        }
        // Unspecified, and Unix sockets.
        0x00 | 0x31 | 0x32 => Ok(None),
        _ => Err(HeaderError::Malformed("it is not about TCP")),
    }
}

async fn read_version_1(
    stream: &mut TcpStream,
    begin: &[u8],
) -> Result<Option<SocketAddr>, HeaderError> {
    let mut line = begin.to_vec();
    let mut ahead = [0; MAX_LINE_BYTES];
    // Looks before it takes, because what follows the line is the request, or TLS.
    while line.last() != Some(&b'\n') {
        let room = MAX_LINE_BYTES - line.len();
        if room == 0 {
            return Err(HeaderError::Malformed("its line is too long"));
        }
        let seen = stream.peek(&mut ahead[..room]).await?;
        let end = ahead[..seen].iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(seen, |end| end + 1);
        if taken == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        stream.read_exact(&mut ahead[..taken]).await?;
        line.extend_from_slice(&ahead[..taken]);
    }
    address_1(&line)
}

/// Returns the source that a header of version 1 names.
fn address_1(line: &[u8]) -> Result<Option<SocketAddr>, HeaderError> {
    let malformed = HeaderError::Malformed("expected `PROXY TCP4 source destination port port`");
    let text = line
        .strip_prefix(LINE)
        .and_then(|rest| rest.strip_suffix(b"\r\n"))
        .and_then(|rest| str::from_utf8(rest).ok());
    let Some(text) = text else {
        return Err(malformed);
    };
    let mut parts = text.split(' ');
    let kind = parts.next();
    if kind == Some("UNKNOWN") {
        return Ok(None);
    }
    let fields: Vec<&str> = parts.collect();
    let [source, _, port, _] = fields[..] else {
        return Err(malformed);
    };
    let source: IpAddr = match source.parse() {
        Ok(source) => source,
        Err(_) => return Err(malformed),
    };
    let fits = matches!(
        (kind, source),
        (Some("TCP4"), IpAddr::V4(_)) | (Some("TCP6"), IpAddr::V6(_))
    );
    match port.parse() {
        Ok(port) if fits => Ok(Some(SocketAddr::new(source, port))),
        _ => Err(malformed),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    /// The source that a header names, or `-`, and what follows it.
    async fn read(header: &[u8], then: &[u8]) -> Result<(String, Vec<u8>), String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let mut far = TcpStream::connect(address).await.expect("it listens");
        let (mut near, _) = listener.accept().await.expect("a connection");
        far.write_all(header).await.expect("it is sent");
        far.write_all(then).await.expect("it is sent");
        drop(far);
        let source = read_header(&mut near)
            .await
            .map_err(|error| error.to_string())?;
        let mut rest = Vec::new();
        near.read_to_end(&mut rest).await.expect("the rest");
        let source = source.map_or_else(|| "-".to_owned(), |source| source.to_string());
        Ok((source, rest))
    }

    fn version_2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).expect("a short one");
        let mut header = SIGNATURE.to_vec();
        header.extend([command, family]);
        header.extend(length.to_be_bytes());
        header.extend(rest);
        header
    }

    #[tokio::test]
    async fn a_header_names_the_source_and_nothing_behind_it_is_taken() {
        let v4 = [203, 0, 113, 9, 192, 0, 2, 1, 0x1f, 0x90, 1, 187];
        let mut v6 = [0; 36];
        v6[..4].copy_from_slice(&[0x20, 1, 0xd, 0xb8]);
        v6[15] = 7;
        v6[33] = 80;
        let with_more: Vec<u8> = v4.into_iter().chain([0x20, 0, 2, 1, 2]).collect();
        for (header, expected) in [
            (version_2(0x21, 0x11, &v4), "203.0.113.9:8080"),
            (version_2(0x21, 0x11, &with_more), "203.0.113.9:8080"),
            (version_2(0x21, 0x21, &v6), "[2001:db8::7]:80"),
            (version_2(0x20, 0x00, &[]), "-"),
            (version_2(0x20, 0x11, &v4), "-"),
            (version_2(0x21, 0x00, &[]), "-"),
            (b"PROXY UNKNOWN\r\n".to_vec(), "-"),
            (b"PROXY UNKNOWN ::1 ::1 1 2\r\n".to_vec(), "-"),
            (
                b"PROXY TCP4 203.0.113.9 192.0.2.1 8080 443\r\n".to_vec(),
                "203.0.113.9:8080",
            ),
            (
                b"PROXY TCP6 2001:db8::7 2001:db8::1 80 443\r\n".to_vec(),
                "[2001:db8::7]:80",
            ),
        ] {
            let then = b"GET / HTTP/1.1\r\n\r\n";
            let (source, rest) = read(&header, then).await.expect("a header");
            assert_eq!((&*source, &*rest), (expected, &then[..]), "{header:?}");
        }
    }

    #[tokio::test]
    async fn what_is_no_header_is_refused() {
        let v4 = [203, 0, 113, 9, 192, 0, 2, 1, 0x1f, 0x90, 1, 187];
        for (header, expected) in [
            (&b"GET / HTTP/1.1\r\n\r\n"[..], "no PROXY header"),
            (&version_2(0x31, 0x11, &v4), "unknown version"),
            (&version_2(0x22, 0x11, &v4), "unknown version"),
            (&version_2(0x21, 0x11, &v4[..11]), "cut off"),
            (&version_2(0x21, 0x21, &v4), "cut off"),
            (&version_2(0x21, 0x12, &v4), "not about TCP"),
            (&version_2(0x21, 0x11, &[0; 5000]), "too long"),
            (&version_2(0x21, 0x11, &v4)[..20], "eof"),
            (b"PROXY TCP4 203.0.113.9 192.0.2.1 8080\r\n", "expected"),
            (b"PROXY TCP6 203.0.113.9 192.0.2.1 1 2\r\n", "expected"),
            (b"PROXY TCP4 203.0.113.9 192.0.2.1 99999 2\r\n", "expected"),
            (b"PROXY TCP4 203.0.113.9 192.0.2.1 1 2\n", "expected"),
            (&[b"PROXY TCP4 ", &[b'1'; 200][..]].concat(), "too long"),
        ] {
            let error = read(header, b"").await.expect_err("it is refused");
            assert!(error.contains(expected), "{header:?}: {error}");
        }
    }

    #[test]
    fn senders_are_compared_by_their_ipv4_addresses() {
        let senders = HeaderSenders::new(&["192.0.2.0/24".parse().expect("a network")]);
        for (peer, is_one) in [
            ("192.0.2.9:1", true),
            ("[::ffff:192.0.2.9]:1", true),
            ("192.0.3.9:1", false),
            ("[::1]:1", false),
        ] {
            assert_eq!(senders.contain(peer.parse().expect("an address")), is_one);
        }
    }
}
