//! Restores the terminal after the full-screen view, even after a panic.

use std::io;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{self, LeaveAlternateScreen};

/// True while the screen is in use, so that it is restored exactly once.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Records that the screen is in use.
pub(super) fn taken() {
    TAKEN.store(true, Ordering::SeqCst);
}

/// Restores the terminal, if the screen is in use.
pub(super) fn now() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = terminal::disable_raw_mode();
        let _ = execute!(io::stderr(), LeaveAlternateScreen, Show);
    }
}

/// Restores the terminal before a panic's message, which would otherwise vanish with the alternate screen.
pub(super) fn at_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            now();
            before(panic);
        }));
    });
}
