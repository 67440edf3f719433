//! The two text formats of metrics, chosen by `Accept`: OpenMetrics 1.0.0, and Prometheus' own 0.0.4.

use std::fmt::Write;

/// A text format of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exposition {
    /// OpenMetrics 1.0.0.
    OpenMetrics,
    /// The text format 0.0.4, which every reader knows.
    Prometheus,
}

impl Exposition {
    /// Returns the format that an `Accept` header prefers (RFC 9110 §12.5.1): OpenMetrics where it is named with at least
    /// the weight of plain text, otherwise the text format 0.0.4.
    pub(crate) fn preferred(accept: &str) -> Self {
        let (mut open_metrics, mut plain) = (0.0_f32, 0.0_f32);
        for range in accept.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
            let (mut weight, mut version) = (1.0_f32, None);
            for (name, value) in parts.filter_map(|part| part.split_once('=')) {
                let value = value.trim().trim_matches('"');
                match name.trim().to_ascii_lowercase().as_str() {
                    "q" => weight = value.parse().unwrap_or(0.0),
                    "version" => version = Some(value),
                    _ => {}
                }
            }
            match (&*media_type, version) {
                ("application/openmetrics-text", None | Some("1.0.0")) => {
                    open_metrics = weight.max(open_metrics);
                }
                ("text/plain", None | Some("0.0.4")) | ("text/*" | "*/*", _) => {
                    plain = weight.max(plain);
                }
                _ => {}
            }
        }
        if open_metrics > 0.0 && open_metrics >= plain {
            Self::OpenMetrics
        } else {
            Self::Prometheus
        }
    }

    /// Returns the value of `Content-Type`.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// Rewrites OpenMetrics in the text format 0.0.4. There a counter's family has the name of its series, with `_total`, info
/// is a gauge, and units and the end have no line.
pub(super) fn as_prometheus(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    // Help and type of a family are lines of their own, and the help comes first.
    let mut help = None;
    for line in open_metrics.lines() {
        let Some(comment) = line.strip_prefix("# ") else {
            text.push_str(line);
            text.push('\n');
            continue;
        };
        let mut words = comment.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some("HELP"), Some(name), Some(about)) => help = Some((name, about)),
            (Some("TYPE"), Some(name), Some(kind)) => {
                let (suffix, kind) = match kind {
                    "counter" => ("_total", "counter"),
                    "info" => ("_info", "gauge"),
                    "unknown" => ("", "untyped"),
                    kind => ("", kind),
                };
                if let Some((_, about)) = help.take().filter(|(of, _)| *of == name) {
                    let _ = writeln!(text, "# HELP {name}{suffix} {about}");
                }
                let _ = writeln!(text, "# TYPE {name}{suffix} {kind}");
            }
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_chooses_the_format() {
        use Exposition::{OpenMetrics, Prometheus};
        for (accept, expected) in [
            ("", Prometheus),
            ("*/*", Prometheus),
            ("text/html, */*;q=0.8", Prometheus),
            ("text/plain; version=0.0.4", Prometheus),
            ("application/openmetrics-text", OpenMetrics),
            (
                "application/openmetrics-text; version=1.0.0; charset=utf-8",
                OpenMetrics,
            ),
            ("application/openmetrics-text;version=2.0.0", Prometheus),
            ("application/openmetrics-text;q=0", Prometheus),
            (
                "application/openmetrics-text;q=0.3,text/plain;q=0.7",
                Prometheus,
            ),
            // Prometheus 2.42 and 3.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                OpenMetrics,
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,/;q=0.1",
                OpenMetrics,
            ),
        ] {
            assert_eq!(Exposition::preferred(accept), expected, "{accept}");
        }
    }

    #[test]
    fn a_family_has_the_name_of_its_series_in_the_older_format() {
        let open_metrics = "# HELP a_seconds Some time.\n# TYPE a_seconds counter\n# UNIT a_seconds seconds\na_seconds_total 1.5\n\
                            # HELP b Version.\n# TYPE b info\nb_info{version=\"1\"} 1\n\
                            # HELP c A size.\n# TYPE c gauge\nc{of=\"# HELP\"} 2\n# EOF\n";
        let expected = "# HELP a_seconds_total Some time.\n# TYPE a_seconds_total counter\na_seconds_total 1.5\n\
                        # HELP b_info Version.\n# TYPE b_info gauge\nb_info{version=\"1\"} 1\n\
                        # HELP c A size.\n# TYPE c gauge\nc{of=\"# HELP\"} 2\n";
        assert_eq!(as_prometheus(open_metrics), expected);
    }
}
