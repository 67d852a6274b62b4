//! The screen of the demo: a panel that is drawn anew on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal as _};

use tokio::time::Instant;

use crate::output::{self, visible};

/// Most events that the panel shows; it must fit a terminal of 24 lines.
const EVENTS: usize = 12;
/// Cells of the bar that shows what is left of a lease.
const BAR: usize = 20;

/// What is shown.
pub(super) struct View {
    terminal: bool,
    started: Instant,
    title: String,
    facts: Vec<(&'static str, String)>,
    events: Vec<String>,
    drawn: usize,
}

impl View {
    /// An empty screen; the clock of the events starts now.
    pub(super) fn new(title: String) -> Self {
        let terminal = io::stdout().is_terminal();
        Self {
            terminal,
            started: Instant::now(),
            title,
            facts: Vec::new(),
            events: Vec::new(),
            drawn: 0,
        }
    }

    /// Sets a line of the panel's upper part; the first time decides its place.
    pub(super) fn fact(&mut self, name: &'static str, value: String) {
        match self.facts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, present)) => *present = value,
            None => self.facts.push((name, value)),
        }
    }

    /// Adds an event; without a terminal it is printed at once.
    pub(super) fn event(&mut self, who: &str, what: &str) -> io::Result<()> {
        let seconds = self.started.elapsed().as_secs_f64();
        let line = format!("{seconds:5.1} s  {who:<8}  {}", visible(what));
        if self.terminal {
            self.events.push(line);
            self.draw()
        } else {
            output::print(&format!("{line}\n"))
        }
    }

    /// Draws the panel over the one before. Without a terminal there is none.
    pub(super) fn draw(&mut self) -> io::Result<()> {
        if !self.terminal {
            return Ok(());
        }
        let panel = self.panel();
        let rows = panel.lines().count();
        // Up to the first row of the panel before, clear to the end, and cut off long lines while
        // drawing, since a line that wraps would spoil the count.
        let back = if self.drawn == 0 { String::new() } else { format!("\x1b[{}A", self.drawn) };
        output::print(&format!("{back}\r\x1b[J\x1b[?7l{panel}\x1b[?7h"))?;
        self.drawn = rows;
        Ok(())
    }

    fn panel(&self) -> String {
        let seconds = self.started.elapsed().as_secs_f64();
        let mut panel = format!("{}  {seconds:.1} s\n\n", self.title);
        for (name, value) in &self.facts {
            panel.push_str(&format!("  {name:<9} {}\n", visible(value)));
        }
        panel.push('\n');
        let first = self.events.len().saturating_sub(EVENTS);
        for event in self.events.iter().skip(first) {
            panel.push_str(&format!("  {event}\n"));
        }
        panel
    }
}

/// What is left of a lease, as a bar.
pub(super) fn bar(left: f64, whole: f64) -> String {
    let filled = (0..BAR).filter(|cell| part(*cell) < left / whole).count();
    format!("[{}{}]", "#".repeat(filled), ".".repeat(BAR - filled))
}

/// Where a cell of the bar begins, 0 to 1.
fn part(cell: usize) -> f64 {
    let cell = u32::try_from(cell).unwrap_or(u32::MAX);
    let cells = u32::try_from(BAR).unwrap_or(u32::MAX);
    f64::from(cell) / f64::from(cells)
}

#[cfg(test)]
mod tests {
    use super::{View, bar};

    #[test]
    fn a_bar_shrinks_with_the_lease() {
        assert_eq!(bar(10.0, 10.0), "[####################]");
        assert_eq!(bar(5.0, 10.0), "[##########..........]");
        assert_eq!(bar(0.0, 10.0), "[....................]");
        assert_eq!(bar(-1.0, 10.0), "[....................]");
    }

    #[tokio::test]
    async fn the_panel_keeps_its_facts_in_place_and_its_last_events() {
        let mut view = View::new("title".to_owned());
        view.terminal = true;
        view.fact("state", "queued".to_owned());
        view.fact("queue", "depth 1".to_owned());
        view.fact("state", "active".to_owned());
        view.events = (0..20).map(|event| format!("event {event}")).collect();
        let panel = view.panel();
        let lines: Vec<_> = panel.lines().collect();
        assert_eq!(lines[2], "  state     active");
        assert_eq!(lines[3], "  queue     depth 1");
        assert_eq!(lines[5], "  event 8");
        assert_eq!(*lines.last().unwrap(), "  event 19");
        assert!(lines.len() < 24);
    }
}
