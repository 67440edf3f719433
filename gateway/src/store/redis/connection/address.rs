//! The address and the shape of a Redis, as `store.url` states them.

use std::path::PathBuf;

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

/// A Redis as its URL names it.
#[derive(Debug, Clone)]
pub struct RedisAddress {
    pub(super) shape: Shape,
    /// The servers, or the Sentinels that know them. Each holds the servers' user, password and database.
    pub(super) nodes: Vec<ConnectionInfo>,
    pub(super) tls: bool,
}

/// Shape of a deployment of Redis servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// One server.
    Single,
    /// One master, whose address Sentinels know by the service's name.
    Sentinel { service: String },
    /// Masters that share the keys among them.
    Cluster,
}

/// Why a URL names no Redis. No message holds any part of the URL that could be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It begins otherwise.
    #[error(
        "use memory:, redis://, redis+sentinel:// or redis+cluster://, with TLS rediss://, rediss+sentinel:// or rediss+cluster://, or redis+unix:// for a Unix socket"
    )]
    Scheme,
    /// A query or a fragment.
    #[error("nothing may follow the path: write % and two digits for ? or # in a password")]
    Trailer,
    /// A malformed host; its number in the list, from 1.
    #[error(
        "host {0} is not of the form host or host:port; write % and two digits for @, : or / in a password"
    )]
    Host(usize),
    /// Several hosts in the form for one.
    #[error("several hosts go with redis+sentinel:// or redis+cluster:// only")]
    SeveralHosts,
    /// No name of the service.
    #[error(
        "name the service that the Sentinels watch, as in redis+sentinel://host:26379/mymaster"
    )]
    Service,
    /// A malformed database number.
    #[error("the database is a number of 0 or more")]
    Database,
    /// A database of a cluster.
    #[error("a cluster has no databases: end the URL after the last host")]
    ClusterDatabase,
    /// A Unix socket without an absolute path.
    #[error(
        "name the socket by its absolute path, as in redis+unix:///run/redis/redis.sock or redis+unix://user:password@/run/redis/redis.sock?db=1"
    )]
    Socket,
    /// A user name or password that is no text.
    #[error("the user name and the password are UTF-8 with % and two digits for other bytes")]
    Credentials,
}

const SENTINEL_PORT: u16 = 26379;
const SERVER_PORT: u16 = 6379;

impl RedisAddress {
    /// Reads a URL of one of the forms
    /// `redis://[user:password@]host[:port][/db]`,
    /// `redis+sentinel://[user:password@]host[:port],…/service[/db]` and
    /// `redis+cluster://[user:password@]host[:port],…`, or the same with `rediss` for TLS; or
    /// `redis+unix://[user:password@]/path[?db=db]`, also written `unix://…`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(url: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = url.split_once("://").ok_or(AddressError::Scheme)?;
        if matches!(scheme, "redis+unix" | "unix") {
            return Self::parse_unix(rest);
        }
        let (transport, form) = scheme.split_once('+').unwrap_or((scheme, ""));
        if !matches!(transport, "redis" | "rediss") || !matches!(form, "" | "sentinel" | "cluster")
        {
            return Err(AddressError::Scheme);
        }
        if scheme.ends_with('+') {
            return Err(AddressError::Scheme);
        }
        // A fragment could ask the redis crate for TLS that checks nothing.
        if rest.contains(['?', '#']) {
            return Err(AddressError::Trailer);
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (credentials, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let port = if form == "sentinel" {
            SENTINEL_PORT
        } else {
            SERVER_PORT
        };
        let host = |(index, host)| with_port(host, port).ok_or(AddressError::Host(index + 1));
        let hosts: Vec<String> = hosts
            .split(',')
            .enumerate()
            .map(host)
            .collect::<Result<_, _>>()?;
        let (shape, database) = match form {
            "sentinel" => {
                let (service, database) = path.split_once('/').unwrap_or((path, ""));
                if service.is_empty() {
                    return Err(AddressError::Service);
                }
                (
                    Shape::Sentinel {
                        service: service.to_owned(),
                    },
                    database,
                )
            }
            "cluster" if !path.is_empty() => return Err(AddressError::ClusterDatabase),
            "cluster" => (Shape::Cluster, ""),
            _ if hosts.len() > 1 => return Err(AddressError::SeveralHosts),
            _ => (Shape::Single, path),
        };
        if !database.is_empty() && database.parse::<u32>().is_err() {
            return Err(AddressError::Database);
        }
        let node = |host: String| node(transport, credentials, &host, database);
        let nodes = hosts.into_iter().map(node).collect::<Result<_, _>>()?;
        Ok(Self {
            shape,
            nodes,
            tls: transport == "rediss",
        })
    }

    fn parse_unix(rest: &str) -> Result<Self, AddressError> {
        let (place, database) = match rest.split_once('?') {
            None => (rest, ""),
            Some((place, query)) => (
                place,
                query.strip_prefix("db=").ok_or(AddressError::Trailer)?,
            ),
        };
        if place.contains('#') || database.contains('#') {
            return Err(AddressError::Trailer);
        }
        let start = place.find('/').ok_or(AddressError::Socket)?;
        let (authority, path) = place.split_at(start);
        let credentials = match authority {
            "" => "",
            _ => authority.strip_suffix('@').ok_or(AddressError::Socket)?,
        };
        if path.ends_with('/') {
            return Err(AddressError::Socket);
        }
        if !database.is_empty() && database.parse::<u32>().is_err() {
            return Err(AddressError::Database);
        }
        let socket = ConnectionAddr::Unix(PathBuf::from(path));
        Ok(Self {
            shape: Shape::Single,
            // The crate undoes the escapes of user and password.
            nodes: vec![node("redis", credentials, "localhost", database)?.set_addr(socket)],
            tls: false,
        })
    }

    /// Returns true if the connections are to be encrypted.
    pub const fn tls(&self) -> bool {
        self.tls
    }
}

/// Returns the settings of one server. The crate reads what is left: it undoes the escapes.
fn node(
    transport: &str,
    credentials: &str,
    host: &str,
    database: &str,
) -> Result<ConnectionInfo, AddressError> {
    let one = format!("{transport}://{credentials}@{host}/{database}");
    one.into_connection_info()
        .map_err(|_| AddressError::Credentials)
}

/// A host with its port, where it is one.
fn with_port(host: &str, default: u16) -> Option<String> {
    let parsed = url::Url::parse(&format!("redis://{host}")).ok()?;
    let alone =
        parsed.username().is_empty() && parsed.password().is_none() && matches!(parsed.path(), "");
    let name = parsed.host_str().filter(|name| alone && !name.is_empty())?;
    Some(format!("{name}:{}", parsed.port().unwrap_or(default)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(url: &str) -> Vec<String> {
        let address = RedisAddress::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        address
            .nodes
            .iter()
            .map(|node| node.addr().to_string())
            .collect()
    }

    #[test]
    fn each_form_names_its_nodes() {
        for (url, expected) in [
            ("redis://redis.example", &["redis.example:6379"][..]),
            ("redis://[::1]:7000/3", &["::1:7000"]),
            (
                "rediss://user:p%40ss@redis.example:7000",
                &["redis.example:7000"],
            ),
            ("redis+sentinel://a,b:7000/hall/3", &["a:26379", "b:7000"]),
            ("rediss+cluster://u:p@a:1,b:2,c", &["a:1", "b:2", "c:6379"]),
        ] {
            assert_eq!(nodes(url), expected, "{url}");
        }
    }

    #[test]
    fn user_password_and_database_are_those_of_every_server() {
        let address = RedisAddress::parse("rediss+sentinel://hall:p%40%2fss@a,b/mymaster/3")
            .expect("a good URL");
        assert_eq!(
            address.shape,
            Shape::Sentinel {
                service: "mymaster".into()
            }
        );
        assert!(address.tls());
        for node in &address.nodes {
            let settings = node.redis_settings();
            assert_eq!(
                (settings.username(), settings.password()),
                (Some("hall"), Some("p@/ss"))
            );
            assert_eq!(settings.db(), 3);
        }
    }

    #[test]
    fn a_socket_is_named_by_its_path() {
        for (url, path, expected) in [
            ("redis+unix:///run/a.sock", "/run/a.sock", (None, None, 0)),
            ("unix:///run/a.sock?db=3", "/run/a.sock", (None, None, 3)),
            (
                "redis+unix://hall:p%40%2fss@/run/a.sock?db=1",
                "/run/a.sock",
                (Some("hall"), Some("p@/ss"), 1),
            ),
        ] {
            let address = RedisAddress::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
            assert_eq!(nodes(url), [path], "{url}");
            let settings = address.nodes[0].redis_settings();
            let read = (settings.username(), settings.password(), settings.db());
            assert_eq!(read, expected, "{url}");
        }
    }

    #[test]
    fn each_fault_is_named() {
        for (url, fault) in [
            ("", AddressError::Scheme),
            ("http://a", AddressError::Scheme),
            ("redis:a", AddressError::Scheme),
            ("redis+://a", AddressError::Scheme),
            ("redis+sentinels://a/b", AddressError::Scheme),
            ("rediss://a/#insecure", AddressError::Trailer),
            ("redis://a?protocol=resp3", AddressError::Trailer),
            ("redis://", AddressError::Host(1)),
            ("redis://a:port", AddressError::Host(1)),
            ("redis://user:hun/ter@a", AddressError::Host(1)),
            ("redis+cluster://a,,b", AddressError::Host(2)),
            ("redis+cluster://a,b:70000", AddressError::Host(2)),
            ("redis://a,b", AddressError::SeveralHosts),
            ("redis+sentinel://a,b", AddressError::Service),
            ("redis+sentinel://a,b//3", AddressError::Service),
            ("redis+sentinel://a/hall/first", AddressError::Database),
            ("redis://a/-1", AddressError::Database),
            ("redis+cluster://a/3", AddressError::ClusterDatabase),
            ("redis://u:%ff@a", AddressError::Credentials),
            ("redis+unix://", AddressError::Socket),
            ("redis+unix://host/a.sock", AddressError::Socket),
            ("redis+unix:///run/", AddressError::Socket),
            ("redis+unix:///a.sock?protocol=resp3", AddressError::Trailer),
            ("redis+unix:///a.sock?db=1#b", AddressError::Trailer),
            ("unix:///a.sock?db=b", AddressError::Database),
        ] {
            assert_eq!(RedisAddress::parse(url).expect_err(url), fault, "{url}");
        }
    }
}
