//! The two text formats that scrapers read.

use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;
use std::fmt::Write;

/// A text format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// The older one of Prometheus, version 0.0.4.
    Text,
}

impl Format {
    /// What an `Accept` field asks for: OpenMetrics if it is named, as by Prometheus itself.
    pub fn accepted(accept: Option<&str>) -> Self {
        match accept {
            Some(accept) if accept.contains("application/openmetrics-text") => Self::OpenMetrics,
            Some(_) | None => Self::Text,
        }
    }

    /// The media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// Writes everything in `registry` down.
pub(super) fn render(registry: &Registry, format: Format) -> String {
    let mut text = String::new();
    let Ok(()) = text::encode(&mut text, registry) else {
        // A string takes all that is written to it.
        return String::new();
    };
    match format {
        Format::OpenMetrics => text,
        Format::Text => classic(&text),
    }
}

/// The older format names a family as its samples are named, where OpenMetrics leaves `_total`
/// and `_info` out, knows no type `info`, no units and no end.
fn classic(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    let mut help = None;
    for line in open_metrics.lines() {
        let mut words = line.splitn(4, ' ');
        match [words.next(), words.next(), words.next(), words.next()] {
            [Some("#"), Some("HELP"), Some(name), Some(of)] => help = Some((name, of)),
            [Some("#"), Some("TYPE"), Some(name), Some(of)] => {
                let (suffix, of) = match of {
                    "counter" => ("_total", "counter"),
                    "info" => ("_info", "gauge"),
                    plain => ("", plain),
                };
                let (_, about) = help.take().unwrap_or_default();
                let _ = writeln!(text, "# HELP {name}{suffix} {about}");
                let _ = writeln!(text, "# TYPE {name}{suffix} {of}");
            }
            [Some("#"), ..] => {}
            _ => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    text
}
