//! Logs: to standard error, as text or JSON. Nothing that is logged holds a receive key, code or token.

use std::io::IsTerminal;

use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::{FilterFn, LevelFilter, ParseError};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

use crate::settings::{Log, LogFormat};

/// Most detailed level of crates that are not Saoma's. Below it they log what they send and receive, secrets included.
const DEPENDENCIES: LevelFilter = LevelFilter::INFO;

/// The filter of the lines that the process logs, which can be replaced.
#[derive(Debug, Clone)]
pub struct LogFilter(reload::Handle<EnvFilter, Registry>);

impl LogFilter {
    /// Reads a filter, and returns the step that puts it in the place of the current one.
    ///
    /// # Errors
    /// The filter cannot be read.
    pub(super) fn prepare(&self, filter: &str) -> Result<impl FnOnce() + Send + use<>, ParseError> {
        let (handle, filter) = (self.0.clone(), EnvFilter::builder().parse(filter)?);
        Ok(move || {
            // It fails only without a subscriber, and then nothing is logged at all.
            drop(handle.reload(filter));
        })
    }
}

/// Starts logging for the whole process, and returns its filter. A second call changes nothing.
///
/// # Errors
/// The filter cannot be read.
pub fn start(log: &Log) -> Result<LogFilter, ParseError> {
    // Colours are for eyes: a file or a collector would keep them as noise.
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let (filter, handle) = reload::Layer::new(EnvFilter::builder().parse(&log.filter)?);
    let started = match log.format {
        LogFormat::Text => layered(filter, lines).try_init(),
        LogFormat::Json => {
            // The span is the request. Its list holds nothing more.
            layered(filter, lines.json().with_span_list(false)).try_init()
        }
    };
    if started.is_err() {
        tracing::debug!("logging had been started before");
    }
    Ok(LogFilter(handle))
}

/// Returns a subscriber that gives `lines` what the filter lets through. Of other crates it gives no line below
/// [`LevelFilter::INFO`], for any filter (threat T39).
///
/// # Errors
/// The filter cannot be read.
pub fn filtered<L>(
    filter: &str,
    lines: L,
) -> Result<impl Subscriber + for<'a> LookupSpan<'a>, ParseError>
where
    L: Layer<Filtered> + Send + Sync,
{
    let (filter, _) = reload::Layer::new(EnvFilter::builder().parse(filter)?);
    Ok(layered(filter, lines))
}

fn layered<L>(filter: Filter, lines: L) -> impl Subscriber + for<'a> LookupSpan<'a>
where
    L: Layer<Filtered> + Send + Sync,
{
    let cap: Cap = FilterFn::new(may_be_logged);
    tracing_subscriber::registry()
        .with(filter)
        .with(cap)
        .with(lines)
}

type Filter = reload::Layer<EnvFilter, Registry>;

type Cap = FilterFn<fn(&Metadata<'_>) -> bool>;

/// The part of a subscriber below its lines.
pub type Filtered =
    tracing_subscriber::layer::Layered<Cap, tracing_subscriber::layer::Layered<Filter, Registry>>;

fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= DEPENDENCIES || is_own(metadata.target())
}

fn is_own(target: &str) -> bool {
    let name = target.split("::").next().unwrap_or_default();
    name == "saoma" || name.starts_with("saoma_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_crates_are_told_from_others_by_their_names() {
        for (target, own) in [
            ("saoma", true),
            ("saoma_gateway::node", true),
            ("saoma_demo", true),
            ("saomai", false),
            ("hyper::proto", false),
            ("log", false),
            ("", false),
        ] {
            assert_eq!(is_own(target), own, "{target}");
        }
    }
}
