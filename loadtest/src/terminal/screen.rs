//! Full-screen view of a terminal, which is restored even after a panic.

use std::io::{self, Stderr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{self, EnterAlternateScreen};

use super::history::History;
use super::restore;
use super::stop::StopRequest;
use super::view::render;
use crate::coordinator::snapshot::Snapshot;

/// Interval at which the thread that reads keys checks if it should end.
const GLANCE: Duration = Duration::from_millis(100);

/// A full-screen view, until it is dropped.
#[derive(Debug)]
pub struct Screen {
    drawing: Arc<Mutex<Drawing>>,
    over: Arc<AtomicBool>,
    keys: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Drawing {
    terminal: Terminal<CrosstermBackend<Stderr>>,
    history: History,
    last: Option<Snapshot>,
}

impl Screen {
    /// Switches to the alternate screen and reads its keys.
    pub(super) fn start(stop: StopRequest) -> io::Result<Self> {
        restore::at_panics();
        terminal::enable_raw_mode()?;
        restore::taken();
        let entered = execute!(io::stderr(), EnterAlternateScreen);
        let taken = entered.and_then(|()| Terminal::new(CrosstermBackend::new(io::stderr())));
        let terminal = taken.inspect_err(|_| restore::now())?;
        let drawing = Arc::new(Mutex::new(Drawing {
            terminal,
            history: History::default(),
            last: None,
        }));
        let over = Arc::new(AtomicBool::new(false));
        let keys = std::thread::spawn({
            let (drawing, over) = (Arc::clone(&drawing), Arc::clone(&over));
            move || read_keys(&drawing, &over, &stop)
        });
        Ok(Self {
            drawing,
            over,
            keys: Some(keys),
        })
    }

    /// Draws the progress.
    pub fn show(&self, snapshot: &Snapshot) {
        let mut drawing = self.drawing.lock().unwrap_or_else(PoisonError::into_inner);
        drawing.history.add(snapshot);
        drawing.last = Some(snapshot.clone());
        drawing.draw();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        if let Some(keys) = self.keys.take() {
            // The thread ends within one poll interval. The panic hook has reported a panic already.
            let _ = keys.join();
        }
        restore::now();
    }
}

impl Drawing {
    fn draw(&mut self) {
        let Some(snapshot) = &self.last else { return };
        // The run continues without its terminal.
        let _ = self
            .terminal
            .draw(|frame| render(frame, snapshot, &self.history));
    }
}

fn read_keys(drawing: &Mutex<Drawing>, over: &AtomicBool, stop: &StopRequest) {
    while !over.load(Ordering::SeqCst) {
        match event::poll(GLANCE).and_then(|is_there| {
            if is_there {
                event::read().map(Some)
            } else {
                Ok(None)
            }
        }) {
            Ok(Some(Event::Key(key))) if ends_the_run(key) => stop.request_or_exit(),
            Ok(Some(Event::Resize(..))) => drawing
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .draw(),
            Ok(_) => {}
            // The run continues without keys.
            Err(_) => return,
        }
    }
}

/// Returns true for `q` and Ctrl-C, which raw mode delivers as a key instead of a signal.
fn ends_the_run(key: KeyEvent) -> bool {
    let interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    key.kind == KeyEventKind::Press && (interrupt || key.code == KeyCode::Char('q'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_and_ctrl_c_end_the_run_and_nothing_else_does() {
        let key = |code, modifiers| ends_the_run(KeyEvent::new(code, modifiers));
        assert!(key(KeyCode::Char('q'), KeyModifiers::NONE));
        assert!(key(KeyCode::Char('c'), KeyModifiers::CONTROL));
        assert!(!key(KeyCode::Char('c'), KeyModifiers::NONE));
        assert!(!key(KeyCode::Esc, KeyModifiers::NONE));
    }
}
