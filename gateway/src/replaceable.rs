//! Values that are replaced as a whole while requests read them.

use std::sync::Arc;

use parking_lot::RwLock;

/// A value that can be replaced. A reader that keeps what it has read goes by the old value to its end.
#[derive(Debug, Default)]
pub(crate) struct Replaceable<T>(RwLock<Arc<T>>);

impl<T> Replaceable<T> {
    /// Creates a holder of this value.
    pub(crate) fn new(value: impl Into<Arc<T>>) -> Self {
        Self(RwLock::new(value.into()))
    }

    /// Returns the current value.
    pub(crate) fn current(&self) -> Arc<T> {
        Arc::clone(&self.0.read())
    }

    /// Reads the current value in place, without a count of references. Other readers are not held up, a replacement is.
    pub(crate) fn read<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(&self.0.read())
    }

    /// Puts another value in the place of the current one.
    pub(crate) fn replace(&self, value: impl Into<Arc<T>>) {
        *self.0.write() = value.into();
    }
}
