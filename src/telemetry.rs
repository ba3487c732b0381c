//! Logs and metrics: set up once, named in one place, without anybody's address.
//!
//! Every log line passes through [`Guarded`], which masks e-mail addresses and removes control characters, so that neither a
//! server's reply nor a hostile page can put a person or a forged line into the log (invariant 7). Opens no port.

use std::{
    io::{self, Write},
    sync::OnceLock,
};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::domain::{text::masked, vocabulary};

/// Overrides the configured level, in the syntax of tracing's directives: `gleaner=debug,sqlx=warn`.
pub const LOG_VARIABLE: &str = "GLEANER_LOG";

/// What is counted and measured. Labels are few and closed: no address and no URL. The one identifier is a source's, for at most
/// [`names::MOST_SOURCES`] of them.
pub mod names {
    /// Counter; label `outcome`: read, unchanged, failed.
    pub const FETCHES: &str = "gleaner_fetches_total";
    /// Histogram of seconds from request to last byte.
    pub const FETCH_SECONDS: &str = "gleaner_fetch_seconds";
    /// Counter; label `change`: new, changed.
    pub const LISTINGS: &str = "gleaner_listings_total";
    /// Counter of listings that joined an event already there.
    pub const DUPLICATES: &str = "gleaner_duplicates_total";
    /// Gauge; label `health`: new, ok, suspect, failed, disabled.
    pub const SOURCES: &str = "gleaner_sources";
    /// Gauge of open alarms; label `kind`.
    pub const ALARMS: &str = "gleaner_alarms";
    /// Sources that have gauges of their own, oldest first; all are counted in [`SOURCES`] and [`ALARMS`].
    pub const MOST_SOURCES: usize = 1_000;
    /// Gauge; label `source`: its id. Listings in the newest answer that was read.
    pub const SOURCE_LISTINGS: &str = "gleaner_source_listings";
    /// Gauge; label `source`. Unix time of the last good look; 0 before the first.
    pub const SOURCE_LAST_OK: &str = "gleaner_source_last_ok_timestamp_seconds";
    /// Gauge; label `source`. Failures in a row.
    pub const SOURCE_FAILURES: &str = "gleaner_source_failures";
    /// Gauge; label `source`. Open alarms.
    pub const SOURCE_ALARMS: &str = "gleaner_source_alarms";
    /// Counter; label `state`: draft, held, sent...
    pub const EDITIONS: &str = "gleaner_editions_total";
    /// Counter; label `outcome`: sent, deferred, failed, uncertain, skipped.
    pub const DELIVERIES: &str = "gleaner_deliveries_total";
    /// Histogram of seconds from claim to the server's answer.
    pub const DELIVERY_SECONDS: &str = "gleaner_delivery_seconds";
    /// Gauge of deliveries waiting.
    pub const QUEUE: &str = "gleaner_delivery_queue";
    /// Counter; label `outcome`: suppressed, bounced, counted, unsubscribed, alarmed, noted, unproven, for_a_person.
    pub const FEEDBACK: &str = "gleaner_feedback_total";
    /// Counter; label `status`: 2xx, 3xx, 4xx, 5xx.
    pub const REQUESTS: &str = "gleaner_http_requests_total";
    /// Histogram of seconds.
    pub const REQUEST_SECONDS: &str = "gleaner_http_request_seconds";
}

/// Every counter with what it counts.
const COUNTERS: [(&str, &str); 7] = [
    (names::FETCHES, "Looks at a source, by outcome"),
    (names::LISTINGS, "Listings found new or changed"),
    (names::DUPLICATES, "Listings recognised as an event already known"),
    (names::EDITIONS, "Editions that came into a state"),
    (names::DELIVERIES, "Deliveries, by outcome"),
    (names::FEEDBACK, "What came back about deliveries"),
    (names::REQUESTS, "Web requests, by class of status"),
];
const GAUGES: [(&str, &str); 7] = [
    (names::SOURCES, "Sources, by health"),
    (names::ALARMS, "Open alarms about sources, by kind"),
    (names::SOURCE_LISTINGS, "Listings in the newest answer of a source"),
    (names::SOURCE_LAST_OK, "Unix time of the last good look at a source"),
    (names::SOURCE_FAILURES, "Failures of a source in a row"),
    (names::SOURCE_ALARMS, "Open alarms about a source"),
    (names::QUEUE, "Deliveries waiting"),
];
const HISTOGRAMS: [(&str, &str); 3] = [
    (names::FETCH_SECONDS, "Seconds from request to last byte of a source"),
    (names::DELIVERY_SECONDS, "Seconds from claim to the mail server's answer"),
    (names::REQUEST_SECONDS, "Seconds to answer a web request"),
];
/// From a local answer to the longest time-out. Seconds.
const BUCKETS: [f64; 10] = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

vocabulary! {
    /// How log lines look.
    #[derive(Default)]
    pub enum LogFormat("log format") {
        /// For people.
        #[default]
        Text = "text",
        /// One JSON object a line, for collectors.
        Json = "json",
    }
}

/// Why logs or metrics could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("log filter `{filter}`: {cause}; expected a level (error, warn, info, debug, trace) or directives such as `gleaner=debug,sqlx=warn`")]
    Filter { filter: String, cause: tracing_subscriber::filter::ParseError },
    #[error("metrics: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}

/// The metrics of this process. Cheap to clone.
#[derive(Clone)]
pub struct Telemetry {
    metrics: PrometheusHandle,
}

impl Telemetry {
    /// Sends logs to standard error and starts to count. `GLEANER_LOG`, when set, wins over `level`. A second call in the same
    /// process changes nothing and returns the same metrics.
    pub fn install(level: &str, format: LogFormat) -> Result<Self, TelemetryError> {
        let filter = filter(std::env::var(LOG_VARIABLE).ok().as_deref(), level)?;
        let logs = tracing_subscriber::registry().with(filter);
        let lines = tracing_subscriber::fmt::layer().with_writer(Guarded(io::stderr)).with_ansi(false);
        // Fails only when a subscriber is there already, as in tests that share a process.
        let _ = match format {
            LogFormat::Text => logs.with(lines).try_init(),
            LogFormat::Json => logs.with(lines.json().flatten_event(true)).try_init(),
        };
        Ok(Self { metrics: recorder()? })
    }

    /// Everything counted so far, in the Prometheus text format, for `/metrics`.
    #[must_use]
    pub fn render(&self) -> String {
        self.metrics.run_upkeep();
        self.metrics.render()
    }

    /// To be called about once a minute, so that measurements nobody collects do not pile up.
    pub fn upkeep(&self) {
        self.metrics.run_upkeep();
    }
}

/// The variable's directives if set and not empty, otherwise the configured ones.
fn filter(variable: Option<&str>, level: &str) -> Result<EnvFilter, TelemetryError> {
    let text = variable.map(str::trim).filter(|v| !v.is_empty()).unwrap_or(level);
    let bad = |cause| TelemetryError::Filter { filter: text.to_owned(), cause };
    // At "trace" the IMAP library prints every command, LOGIN with its password included.
    Ok(EnvFilter::builder().parse(text).map_err(bad)?.add_directive("async_imap=info".parse().map_err(bad)?))
}

/// The one recorder of the process.
fn recorder() -> Result<PrometheusHandle, TelemetryError> {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = RECORDER.get() {
        return Ok(handle.clone());
    }
    let recorder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)?.build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_ok() {
        describe();
        return Ok(RECORDER.get_or_init(|| handle).clone());
    }
    // Lost a race: the winner's handle is there or about to be.
    Ok(RECORDER.wait().clone())
}

fn describe() {
    for (name, what) in COUNTERS {
        metrics::describe_counter!(name, what);
    }
    for (name, what) in GAUGES {
        metrics::describe_gauge!(name, what);
    }
    for (name, what) in HISTOGRAMS {
        metrics::describe_histogram!(name, metrics::Unit::Seconds, what);
    }
}

/// Makes writers that let no address and no control character through.
struct Guarded<M>(M);

impl<'a, M, W> MakeWriter<'a> for Guarded<M>
where
    M: Fn() -> W,
    W: Write + 'a,
{
    type Writer = GuardedLine<W>;
    fn make_writer(&'a self) -> Self::Writer {
        GuardedLine((self.0)())
    }
}

/// Takes whole lines: tracing-subscriber hands over each event in one write.
struct GuardedLine<W>(W);

impl<W: Write> Write for GuardedLine<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(guarded(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// One line: addresses masked, control characters shown as spaces, ended as it was.
fn guarded(line: &str) -> String {
    let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
    let mut out = mask_addresses(body).replace(|c: char| c.is_control() || ('\u{202A}'..='\u{202E}').contains(&c), " ");
    out.push_str(end);
    out
}

/// Masks whatever looks like an e-mail address in running text: `550 no <jo@example.org>` reads `550 no <j…@example.org>`.
/// One pass, whatever the text.
#[must_use]
pub fn mask_addresses(text: &str) -> String {
    let part = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.@".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(part) {
        let (before, from) = rest.split_at(start);
        let (word, after) = from.split_at(from.find(|c| !part(c)).unwrap_or(from.len()));
        out.push_str(before);
        out.push_str(&mask_word(word));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A run of characters that can stand in an address. What is written before it (`to=`, `mailto:`) may be masked with it.
fn mask_word(word: &str) -> std::borrow::Cow<'_, str> {
    match word.rsplit_once('@') {
        Some((local, domain)) if !local.is_empty() && domain.starts_with(char::is_alphanumeric) => {
            // Fields read `to=jo@example.org`: keep the name of the field.
            let (name, local) = local.split_once('=').unwrap_or(("", local));
            let sign = if name.is_empty() { "" } else { "=" };
            format!("{name}{sign}{}", masked(&format!("{local}@{domain}"))).into()
        }
        _ => word.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(buf);
            Ok(buf.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn addresses_are_masked_wherever_they_stand() {
        for (text, expected) in [
            ("550 5.1.1 <jo.bloggs@example.org>: unknown", "550 5.1.1 <j…@example.org>: unknown"),
            ("to=jo@example.org sent", "to=j…@example.org sent"),
            ("a jo@example.org, b@example.net;", "a j…@example.org, b…@example.net;"),
            ("mailto:jo@example.org?x", "mailto:j…@example.org?x"),
            ("@handle and 3 @ £5 and user@", "@handle and 3 @ £5 and user@"),
            ("ünser.jo@münchen.example", "ü…@münchen.example"),
            ("jo@evil@example.org", "j…@example.org"),
            ("", ""),
        ] {
            assert_eq!(mask_addresses(text), expected);
        }
    }

    #[test]
    fn a_long_hostile_line_is_masked_in_one_pass() {
        let masked = mask_addresses(&"a@".repeat(500_000));
        assert_eq!(masked.len(), 1_000_000);
    }

    #[test]
    fn no_log_line_shows_an_address_or_forges_another_line() {
        for json in [false, true] {
            let kept = Kept::default();
            let sink = kept.clone();
            let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Guarded(move || sink.clone()));
            let base = tracing_subscriber::registry();
            let log = || tracing::info!(reply = %"550 jo@example.org\nERROR forged", to = "jo@example.org", "refused jo@example.org\u{1b}[31m");
            if json {
                tracing::subscriber::with_default(base.with(layer.json()), log);
            } else {
                tracing::subscriber::with_default(base.with(layer), log);
            }
            let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
            assert!(text.contains("j…@example.org") && !text.contains("jo@"), "{text}");
            assert_eq!(text.lines().count(), 1, "{text}");
            assert!(!text.contains('\u{1b}'), "{text}");
        }
    }

    #[test]
    fn the_variable_wins_and_nonsense_is_refused() {
        assert_eq!("json".parse(), Ok(LogFormat::Json));
        assert_eq!(filter(Some("debug"), "info").unwrap().to_string(), "async_imap=info,debug");
        assert_eq!(filter(Some("  "), "info").unwrap().to_string(), "async_imap=info,info");
        assert!(!filter(None, "async_imap=trace").unwrap().to_string().contains("trace"), "it prints passwords");
        assert!(filter(None, "gleaner=trace,sqlx=warn").is_ok());
        let told = filter(None, "gleaner=loud").unwrap_err().to_string();
        assert!(told.contains("gleaner=loud") && told.contains("info"), "{told}");
    }

    #[test]
    fn what_is_counted_is_rendered_with_its_meaning() {
        let telemetry = Telemetry::install("error", LogFormat::Text).unwrap();
        metrics::counter!(names::FETCHES, "outcome" => "read").increment(2);
        metrics::histogram!(names::FETCH_SECONDS).record(0.3);
        let again = Telemetry::install("error", LogFormat::Json).unwrap().render();
        for line in [
            "# HELP gleaner_fetches_total Looks at a source",
            "gleaner_fetches_total{outcome=\"read\"} 2",
            "gleaner_fetch_seconds_bucket{le=\"0.5\"} 1",
        ] {
            assert!(again.contains(line), "{line} in {again}");
        }
        telemetry.upkeep();
    }
}
