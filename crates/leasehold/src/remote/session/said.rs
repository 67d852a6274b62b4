//! What a person says to a session from the command line.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{ArgAction, ArgGroup, Args};
use leasehold_client::event::{NewEvent, Rubric, Verdict};

#[derive(Args, Debug)]
#[command(group(
    ArgGroup::new("what").required(true).multiple(true)
        .args(["text", "interrupt", "allow", "deny"])
))]
pub(super) struct SendArgs {
    /// The session, sess_…
    pub(super) session: String,
    /// What to say; `-` reads it from standard input
    text: Vec<String>,
    /// Tell the agent to stop what it is doing
    #[arg(long)]
    interrupt: bool,
    /// Allow a call that waits for a word, evt_…; may be given several times
    #[arg(long, value_name = "CALL")]
    allow: Vec<String>,
    /// Deny a call that waits for a word, evt_…, and tell the agent why
    #[arg(long, num_args = 1..=2, value_names = ["CALL", "MESSAGE"], action = ArgAction::Set)]
    deny: Option<Vec<String>>,
    /// Watch until the turn is over
    #[arg(long)]
    pub(super) watch: bool,
}

/// Arguments of `leasehold session outcome`.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("by").required(true).args(["rubric", "rubric_file"])))]
pub(super) struct OutcomeArgs {
    /// The session, sess_…
    pub(super) session: String,
    /// What the agent is to produce; `-` reads it from standard input
    description: String,
    /// By what it is graded: plain text or Markdown
    #[arg(long, value_name = "TEXT")]
    rubric: Option<String>,
    /// A file that says by what it is graded
    #[arg(long, value_name = "FILE")]
    rubric_file: Option<PathBuf>,
    /// How many evaluations it gets at the most; 3 if not said
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=20))]
    max_iterations: Option<u8>,
    /// Watch until the turn is over
    #[arg(long)]
    pub(super) watch: bool,
}

impl SendArgs {
    /// The events in the order in which they take effect.
    pub(super) fn events(self) -> anyhow::Result<Vec<NewEvent>> {
        let mut events = Vec::new();
        if self.interrupt {
            events.push(NewEvent::Interrupt);
        }
        events.extend(self.allow.into_iter().map(|tool_use_id| NewEvent::Confirmation {
            tool_use_id,
            result: Verdict::Allow,
            deny_message: None,
        }));
        let mut deny = self.deny.into_iter().flatten();
        if let Some(tool_use_id) = deny.next() {
            let deny_message = deny.next();
            events.push(NewEvent::Confirmation {
                tool_use_id,
                result: Verdict::Deny,
                deny_message,
            });
        }
        if !self.text.is_empty() {
            events.push(NewEvent::message(read_text(self.text.join(" "))?));
        }
        Ok(events)
    }
}

impl OutcomeArgs {
    /// The event that defines it.
    pub(super) fn event(self) -> anyhow::Result<NewEvent> {
        let content = match self.rubric_file {
            None => self.rubric.unwrap_or_default(),
            Some(file) => std::fs::read_to_string(&file)
                .with_context(|| format!("{} cannot be read", file.display()))?,
        };
        let rubric = Rubric::Text { content };
        let description = read_text(self.description)?;
        Ok(NewEvent::Outcome { description, rubric, max_iterations: self.max_iterations })
    }
}

/// The text itself, or what standard input has to say.
pub(super) fn read_text(text: String) -> anyhow::Result<String> {
    if text != "-" {
        return Ok(text);
    }
    let mut read = String::new();
    std::io::stdin().read_to_string(&mut read).context("standard input cannot be read")?;
    Ok(read)
}
