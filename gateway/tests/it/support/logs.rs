//! The log lines of one test.

use std::io::Write;
use std::sync::{Arc, Mutex};

use saoma_gateway::telemetry;
use tracing::subscriber::DefaultGuard;

/// Lines that this thread has logged since the start. A node's tasks share the thread in a test on
/// one thread.
pub(crate) struct CapturedLogs {
    written: Written,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl CapturedLogs {
    /// Starts to capture the lines that a filter lets through, such as `saoma_gateway=trace`.
    pub(crate) fn start(filter: &str) -> Self {
        let written = Written::default();
        let writer = written.clone();
        let lines = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(move || writer.clone());
        let subscriber = telemetry::filtered(filter, lines).unwrap();
        Self {
            written,
            _guard: tracing::subscriber::set_default(subscriber),
        }
    }

    /// Returns all lines so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.written.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
