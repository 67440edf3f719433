//! The listeners of a node: those that it was given, and those that it opens by its settings.

use tokio::net::TcpListener;

use super::StartError;
use crate::http::listener::{Listener, SocketPermissions};
use crate::settings::{ListenAddress, Server, Settings};

/// Listeners that are open already.
#[derive(Debug, Default)]
pub(super) struct GivenListeners {
    /// For browsers, phones and relying parties.
    pub public: Option<Listener>,
    /// For health and metrics.
    pub operations: Option<Listener>,
}

/// All listeners of a node, with their addresses.
#[derive(Debug)]
pub(super) struct Listeners {
    pub public: (Listener, ListenAddress),
    pub operations: Option<(Listener, ListenAddress)>,
}

impl From<TcpListener> for GivenListeners {
    fn from(listener: TcpListener) -> Self {
        Self {
            public: Some(Listener::Tcp(listener)),
            operations: None,
        }
    }
}

impl GivenListeners {
    /// Opens those that are missing.
    ///
    /// # Errors
    /// An address is in use, or not this machine's.
    pub(super) fn or_bound_by(self, settings: &Settings) -> Result<Listeners, StartError> {
        let open = |given: Option<Listener>, address: &ListenAddress, setting| {
            let listener = match given {
                Some(listener) => listener,
                None => bind(address, setting, &settings.server)?,
            };
            // The system knows the port that was left to it.
            let address = listener.local_address().unwrap_or_else(|_| address.clone());
            Ok::<_, StartError>((listener, address))
        };
        let operations = &settings.operations;
        let opened = |given| open(given, &operations.listen, "operations.listen");
        Ok(Listeners {
            public: open(self.public, &settings.server.listen, "server.listen")?,
            operations: operations
                .enabled
                .then(|| opened(self.operations))
                .transpose()?,
        })
    }
}

impl Listeners {
    /// Returns the addresses of the public and of the operators' listener.
    pub(super) fn addresses(&self) -> (ListenAddress, Option<ListenAddress>) {
        let operations = self.operations.as_ref();
        (
            self.public.1.clone(),
            operations.map(|(_, address)| address.clone()),
        )
    }
}

fn bind(
    address: &ListenAddress,
    setting: &'static str,
    settings: &Server,
) -> Result<Listener, StartError> {
    let permissions = SocketPermissions {
        mode: settings.socket_mode,
        group: settings.socket_group.as_deref(),
    };
    Listener::bind(address, settings.backlog, permissions).map_err(|source| StartError::Listen {
        address: address.clone(),
        setting,
        source,
    })
}
