//! A run while it goes on: a screen where there is a terminal, a line each second elsewhere.

mod history;
mod lines;
mod screen;
mod snapshot;
mod stop;
mod view;

use std::io::{self, IsTerminal};

pub use screen::Screen;
pub use snapshot::Snapshot;
pub use stop::Stop;

use crate::conductor::Watcher;

/// How a run is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The terminal's whole screen.
    Screen,
    /// A line for each snapshot, on standard error.
    Lines,
}

impl Mode {
    /// The screen, unless it is not wanted or standard error is no terminal that can show one.
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

/// What shows a run. The terminal is as it was before when this is dropped, or when the program panics.
#[derive(Debug)]
pub struct Live {
    screen: Option<Screen>,
    stop: Stop,
}

impl Live {
    /// Begins to show a run. From now on Ctrl-C ends the run in order, as [`Stop`] says; a second one ends the program.
    ///
    /// # Errors
    /// The terminal cannot be prepared, or signals cannot be had.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(mode: Mode) -> io::Result<Self> {
        let stop = Stop::at_signals()?;
        let screen = match mode {
            Mode::Screen => Some(Screen::start(stop.clone())?),
            Mode::Lines => None,
        };
        Ok(Self { screen, stop })
    }

    /// Tells when the run is to end before its time.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Ends the showing, so that the report can be printed.
    pub fn finish(self) {
        drop(self.screen);
    }
}

impl Watcher for Live {
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
