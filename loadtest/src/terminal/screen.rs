//! Full-screen view of a terminal, which is restored even after a panic.

use std::io::{self, Stderr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};

use super::history::History;
use super::snapshot::Snapshot;
use super::stop::StopRequest;
use super::view::render;

/// Interval at which the thread that reads keys checks if it should end.
const GLANCE: Duration = Duration::from_millis(100);

/// True while the screen is in use, so that it is restored exactly once.
static TAKEN: AtomicBool = AtomicBool::new(false);

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
        restore_at_panics();
        terminal::enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        let entered = execute!(io::stderr(), EnterAlternateScreen);
        let taken = entered.and_then(|()| Terminal::new(CrosstermBackend::new(io::stderr())));
        let terminal = taken.inspect_err(|_| restore())?;
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
        restore();
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

/// Restores the terminal, if the screen is in use.
pub(super) fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = terminal::disable_raw_mode();
        let _ = execute!(io::stderr(), LeaveAlternateScreen, Show);
    }
}

/// Restores the terminal before a panic's message, which would otherwise vanish with the alternate screen.
fn restore_at_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            before(panic);
        }));
    });
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
