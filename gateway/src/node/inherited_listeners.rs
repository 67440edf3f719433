//! Listeners that systemd has opened and hands over (socket activation, sd_listen_fds(3)): it keeps them open while a node
//! restarts, so that connections wait in the kernel's queue and none is refused.

use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use listenfd::ListenFd;

use super::listeners::GivenListeners;
use crate::http::listener::Listener;

/// Names of the sockets, in `FileDescriptorName=` of their units.
const PUBLIC: &str = "public";
const OPERATIONS: &str = "operations";

/// The variable with the names, separated by colons.
const NAMES: &str = "LISTEN_FDNAMES";

/// Listeners that were handed over: none, unless a service manager started the process with some.
#[derive(Debug, Default)]
pub struct InheritedListeners {
    public: Option<Handed>,
    operations: Option<Handed>,
}

#[derive(Debug)]
enum Handed {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// Reasons for listeners that were handed over to be of no use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InheritedListenerError {
    /// More sockets than a node has listeners.
    #[error(
        "the service manager hands over {0} sockets: give one or two, named public and operations by FileDescriptorName="
    )]
    TooMany(usize),
    /// One that is no listener on TCP or a Unix socket.
    #[error("socket {number} of the service manager is no stream socket: use ListenStream=")]
    Kind {
        /// Its number, from 1.
        number: usize,
        /// The system's error.
        source: io::Error,
    },
    /// Two of the same name.
    #[error("the service manager hands over two sockets named {0}")]
    Twice(&'static str),
}

impl InheritedListeners {
    /// Takes the listeners that the environment names. Called before other threads run, because it changes the environment.
    ///
    /// # Errors
    /// Returns an error if there are too many, or one is of another kind.
    pub fn take() -> Result<Self, InheritedListenerError> {
        let names = std::env::var(NAMES).unwrap_or_default();
        let mut handed = ListenFd::from_env();
        let count = handed.len();
        if count > 2 {
            return Err(InheritedListenerError::TooMany(count));
        }
        let mut listeners = Self::default();
        for (index, (name, place)) in roles(&names, count).into_iter().enumerate() {
            let listener =
                take(&mut handed, index).map_err(|source| InheritedListenerError::Kind {
                    number: index + 1,
                    source,
                })?;
            let slot = match place {
                Role::Public => &mut listeners.public,
                Role::Operations => &mut listeners.operations,
            };
            if slot.is_some() {
                return Err(InheritedListenerError::Twice(name));
            }
            *slot = listener;
        }
        Ok(listeners)
    }

    /// Returns the listeners for the runtime that this is called in.
    ///
    /// # Errors
    /// Returns the system's error, which no open socket gives.
    pub(super) fn into_listeners(self) -> io::Result<GivenListeners> {
        let listener = |handed: Option<Handed>| handed.map(Handed::into_listener).transpose();
        Ok(GivenListeners {
            public: listener(self.public)?,
            operations: listener(self.operations)?,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Public,
    Operations,
}

/// Returns what each of `count` sockets is for: by its name, or else by its place.
fn roles(names: &str, count: usize) -> Vec<(&'static str, Role)> {
    let mut names = names.split(':');
    (0..count)
        .map(|index| match names.next() {
            Some(OPERATIONS) => (OPERATIONS, Role::Operations),
            Some(PUBLIC) => (PUBLIC, Role::Public),
            // The unit's own name, where no other is given.
            _ if index == 0 => (PUBLIC, Role::Public),
            _ => (OPERATIONS, Role::Operations),
        })
        .collect()
}

fn take(handed: &mut ListenFd, index: usize) -> io::Result<Option<Handed>> {
    // One that is no TCP socket stays where it is.
    if let Ok(listener) = handed.take_tcp_listener(index) {
        return Ok(listener.map(Handed::Tcp));
    }
    Ok(handed.take_unix_listener(index)?.map(Handed::Unix))
}

impl Handed {
    fn into_listener(self) -> io::Result<Listener> {
        match self {
            Self::Tcp(listener) => {
                listener.set_nonblocking(true)?;
                tokio::net::TcpListener::from_std(listener).map(Listener::Tcp)
            }
            Self::Unix(listener) => {
                listener.set_nonblocking(true)?;
                let listener = tokio::net::UnixListener::from_std(listener)?;
                // Its file is the service manager's.
                Ok(Listener::Unix {
                    listener,
                    _file: None,
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_told_apart_by_name_and_else_by_order() {
        let roles = |names, count| -> Vec<Role> {
            let roles = super::roles(names, count);
            roles.into_iter().map(|(_, role)| role).collect()
        };
        let (public, operations) = (Role::Public, Role::Operations);
        assert_eq!(roles("operations:public", 2), [operations, public]);
        assert_eq!(roles("saoma.socket:saoma.socket", 2), [public, operations]);
        assert_eq!(roles("", 2), [public, operations]);
        assert_eq!(roles("operations", 1), [operations]);
        assert_eq!(roles("", 0), []);
    }
}
