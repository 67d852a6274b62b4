//! The targets, and where each measurement stands to them.

use serde::Serialize;

use super::disk::Disk;
use super::events::Events;
use super::process::mebibytes;
use super::table::Figures;

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Row {
    what: String,
    measured: String,
    must: String,
    aim: String,
    reached: Reached,
}

/// Which target was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Reached {
    /// The better one.
    Aim,
    /// The one that must be.
    Must,
    /// Neither.
    Missed,
    /// The server does not tell.
    Unknown,
    /// There is no target.
    Untold,
}

/// Two limits that a figure must keep to.
#[derive(Clone, Copy)]
enum Limits {
    AtLeast { must: f64, aim: f64 },
    AtMost { must: f64, aim: f64 },
}

impl Limits {
    fn reached(self, figure: f64) -> Reached {
        let (aim, must) = match self {
            Self::AtLeast { must, aim } => (figure >= aim, figure >= must),
            Self::AtMost { must, aim } => (figure <= aim, figure <= must),
        };
        match (aim, must) {
            (true, _) => Reached::Aim,
            (false, true) => Reached::Must,
            (false, false) => Reached::Missed,
        }
    }

    /// Both limits as text, such as `≤ 25 ms`.
    fn text(self, unit: &str) -> (String, String) {
        match self {
            Self::AtLeast { must, aim } => (format!("≥ {must}{unit}"), format!("≥ {aim}{unit}")),
            Self::AtMost { must, aim } => (format!("≤ {must}{unit}"), format!("≤ {aim}{unit}")),
        }
    }

    fn row(self, what: &str, figure: Option<f64>, unit: &str, measured: String) -> Row {
        let (must, aim) = self.text(unit);
        let reached = figure.map_or(Reached::Unknown, |figure| self.reached(figure));
        Row { what: what.to_owned(), measured, must, aim, reached }
    }
}

impl Row {
    /// A figure that nothing was promised about.
    fn untold(what: &str, measured: String) -> Self {
        let (must, aim) = ("none".to_owned(), "none".to_owned());
        Self { what: what.to_owned(), measured, must, aim, reached: Reached::Untold }
    }

    /// A line of a Markdown table.
    pub(crate) fn text(&self) -> String {
        let Self { what, measured, must, aim, reached } = self;
        let reached = match reached {
            Reached::Aim => "aim",
            Reached::Must => "must",
            Reached::Missed => "missed",
            Reached::Unknown => "unknown",
            Reached::Untold => "no target",
        };
        format!("| {what} | {measured} | {must} | {aim} | {reached} |")
    }
}

/// All lines of the table.
pub(crate) fn rows(figures: &Figures, disk: &Disk) -> Vec<Row> {
    let mut rows = heartbeat_rows(figures, disk).to_vec();
    rows.extend(queue_rows(figures));
    rows.extend(footprint_rows(figures));
    rows.extend(event_rows(figures));
    rows.extend(session_rows(figures));
    rows
}

fn heartbeat_rows(figures: &Figures, disk: &Disk) -> [Row; 3] {
    let Figures { heartbeats, alone, .. } = figures;
    let share = heartbeats.of_ceiling;
    let commits = alone.p50_ms / disk.commit.p50_ms;
    let overwrites = alone.p50_ms / disk.overwrite.p50_ms;
    let p99 = heartbeats.p99_ms;
    let of_ceiling = share.map_or_else(|| "unknown".to_owned(), |share| format!("{share:.2}"));
    [
        Limits::AtLeast { must: 0.60, aim: 0.85 }.row(
            "heartbeats, 256 connections, share of the loopback ceiling",
            share,
            "",
            format!("{of_ceiling} ({:.0}/s)", heartbeats.per_second),
        ),
        Limits::AtMost { must: 25.0, aim: 12.0 }.row(
            "p99 of those heartbeats",
            Some(p99),
            " ms",
            format!("{p99:.1} ms"),
        ),
        Limits::AtMost { must: 2.0, aim: 1.2 }.row(
            "heartbeat alone (1 connection), p50 in commits of a heartbeat without a server",
            Some(commits),
            "",
            format!(
                "{commits:.2} ({:.3} ms; one takes {:.3} ms); {overwrites:.2} in synced 4 KiB \
                 overwrites",
                alone.p50_ms, disk.commit.p50_ms
            ),
        ),
    ]
}

fn queue_rows(figures: &Figures) -> Vec<Row> {
    let Figures { cycles, dispatch, idle, .. } = figures;
    let deep = cycles.deep.as_ref();
    let (p50, p99) = (dispatch.latency.p50_ms, dispatch.latency.p99_ms);
    let cores = idle.run.server_cores;
    vec![
        Limits::AtLeast { must: 3000.0, aim: 6000.0 }.row(
            "whole cycles, 64 workers, empty backlog",
            Some(cycles.per_second),
            "/s",
            format!("{:.0}/s", cycles.per_second),
        ),
        Limits::AtLeast { must: 0.80, aim: 0.95 }.row(
            "the same with a deep backlog, share of the empty one",
            deep.map(|deep| deep.of_empty),
            "",
            deep.map_or_else(
                || "unknown".to_owned(),
                |deep| format!("{:.2} ({:.0}/s)", deep.of_empty, deep.per_second),
            ),
        ),
        Limits::AtMost { must: 1.5, aim: 0.8 }.row(
            "dispatch to a blocked poller, p50",
            Some(p50),
            " ms",
            format!("{p50:.2} ms"),
        ),
        Limits::AtMost { must: 6.0, aim: 3.0 }.row(
            "dispatch to a blocked poller, p99",
            Some(p99),
            " ms",
            format!("{p99:.2} ms"),
        ),
        Limits::AtMost { must: 0.10, aim: 0.04 }.row(
            "idle workers in the stock pattern, server cores",
            cores,
            "",
            cores.map_or_else(|| "unknown".to_owned(), |cores| format!("{cores:.3}")),
        ),
        Limits::AtMost { must: 0.0, aim: 0.0 }.row(
            "commits while workers idle",
            idle.commits,
            "",
            idle.commits.map_or_else(|| "unknown".to_owned(), |commits| format!("{commits:.0}")),
        ),
    ]
}

fn footprint_rows(figures: &Figures) -> [Row; 4] {
    let Figures { lapse, memory, start, .. } = figures;
    let idle = memory.idle.resident;
    [
        Limits::AtMost { must: 20.0, aim: 12.0 }.row(
            "memory of the idle server",
            Some(idle as f64 / f64::from(1 << 20)),
            " MiB",
            mebibytes(idle),
        ),
        Limits::AtMost { must: 400.0, aim: 200.0 }.row(
            "memory of each held item",
            Some(memory.bytes_each),
            " bytes",
            format!("{:.0} bytes", memory.bytes_each),
        ),
        Limits::AtMost { must: 100.0, aim: 30.0 }.row(
            "worst heartbeat while other leases lapse in one second",
            Some(lapse.storm.max_ms),
            " ms",
            format!("{:.1} ms", lapse.storm.max_ms),
        ),
        Limits::AtMost { must: 3.0, aim: 1.0 }.row(
            "start with live and stopped items",
            Some(start.seconds),
            " s",
            format!("{:.2} s", start.seconds),
        ),
    ]
}

fn event_rows(figures: &Figures) -> [Row; 3] {
    let Figures { events, messages, events_alone: alone, .. } = figures;
    let limits = Limits::AtLeast { must: 8000.0, aim: 15_000.0 };
    let measured = |events: &Events| {
        let share = events.of_ceiling.map_or_else(|| "?".to_owned(), |share| format!("{share:.2}"));
        format!("{:.0}/s, {share} of the loopback ceiling", events.per_second)
    };
    [
        limits.row("events appended, 64 sessions", Some(events.per_second), "/s", measured(events)),
        limits.row(
            "messages kept for the model, 64 sessions",
            Some(messages.per_second),
            "/s",
            measured(messages),
        ),
        Row::untold(
            "events appended, 1 session",
            format!("{:.0}/s, p50 {:.3} ms", alone.per_second, alone.p50_ms),
        ),
    ]
}

fn session_rows(figures: &Figures) -> Vec<Row> {
    let Figures { delivery, streams, turns, .. } = figures;
    let mut rows = Vec::new();
    for crowd in &delivery.crowds {
        let (readers, latency) = (crowd.readers, crowd.latency);
        let what = format!("append to delivery, {readers} reader(s) of one session, p50 / p99");
        let measured = format!("{:.2} / {:.2} ms", latency.p50_ms, latency.p99_ms);
        rows.push(match readers {
            100 => Limits::AtMost { must: 20.0, aim: 10.0 }.row(
                &what,
                Some(latency.p99_ms),
                " ms",
                measured,
            ),
            _ => Row::untold(&what, measured),
        });
    }
    let kibibytes = streams.bytes_each / 1024.0;
    rows.push(Limits::AtMost { must: 30.0, aim: 20.0 }.row(
        "memory of each of 5,000 idle streams",
        Some(kibibytes),
        " KiB",
        format!("{kibibytes:.1} KiB"),
    ));
    for (what, kind) in [
        ("turns, 64 sessions, the model answers at once", &turns.plain),
        ("turns, 64 sessions, with a call of a tool that is answered at once", &turns.with_tool),
    ] {
        rows.push(Row::untold(what, format!("{:.0}/s", kind.per_second)));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_on_the_limit_has_reached_it() {
        let share = Limits::AtLeast { must: 0.6, aim: 0.85 };
        assert_eq!(share.reached(0.85), Reached::Aim);
        assert_eq!(share.reached(0.6), Reached::Must);
        assert_eq!(share.reached(0.59), Reached::Missed);
        let latency = Limits::AtMost { must: 25.0, aim: 12.0 };
        assert_eq!(latency.reached(12.0), Reached::Aim);
        assert_eq!(latency.reached(25.0), Reached::Must);
        assert_eq!(latency.reached(25.1), Reached::Missed);
    }

    #[test]
    fn a_row_is_a_line_of_markdown() {
        let limits = Limits::AtMost { must: 25.0, aim: 12.0 };
        let row = limits.row("p99", Some(17.2), " ms", "17.2 ms".to_owned());
        assert_eq!(row.text(), "| p99 | 17.2 ms | ≤ 25 ms | ≤ 12 ms | must |");
        let unknown = limits.row("p99", None, "", "unknown".to_owned());
        assert_eq!(unknown.text(), "| p99 | unknown | ≤ 25 | ≤ 12 | unknown |");
    }
}
