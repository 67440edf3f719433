//! Progress of a run: a full-screen view in a terminal, one line per second elsewhere.

mod history;
mod lines;
mod restore;
mod screen;
mod stop;
mod view;

use std::io::{self, IsTerminal};

pub use screen::Screen;
pub use stop::StopRequest;

use crate::coordinator::{Observer, Snapshot};

/// Form in which progress is displayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Full-screen view.
    Screen,
    /// One line per second on standard error.
    Lines,
}

impl Mode {
    /// Chooses the full-screen view if standard error is a capable terminal and `no_tui` is false.
    pub fn choose(no_tui: bool) -> Self {
        let can = io::stderr().is_terminal()
            && std::env::var_os("TERM").is_some_and(|terminal| terminal != "dumb");
        if can && !no_tui {
            Self::Screen
        } else {
            Self::Lines
        }
    }
}

/// Displays a run. Restores the terminal when it is dropped or the program panics.
#[derive(Debug)]
pub struct Display {
    screen: Option<Screen>,
    stop: StopRequest,
}

impl Display {
    /// Starts the display. From now on Ctrl-C ends the run in order, and a second one ends the program: see [`StopRequest`].
    ///
    /// # Errors
    /// Returns an error if the terminal cannot be prepared or signals cannot be received.
    ///
    /// # Panics
    /// Panics outside a tokio runtime.
    pub fn start(mode: Mode) -> io::Result<Self> {
        let stop = StopRequest::at_signals()?;
        let screen = match mode {
            Mode::Screen => Some(Screen::start(stop.clone())?),
            Mode::Lines => None,
        };
        Ok(Self { screen, stop })
    }

    /// Returns the request to end the run early.
    pub fn stop(&self) -> StopRequest {
        self.stop.clone()
    }

    /// Ends the display, so that the report can be printed.
    pub fn finish(self) {
        drop(self.screen);
    }
}

impl Observer for Display {
    fn phase(&mut self, name: &str) {
        if self.screen.is_none() {
            eprintln!("{name}");
        }
    }

    fn second(&mut self, snapshot: &Snapshot) {
        match &self.screen {
            Some(screen) => screen.show(snapshot),
            None => eprintln!("{}", lines::line(snapshot)),
        }
    }
}
