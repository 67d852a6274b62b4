//! `leasehold session`: talk to an agent and watch what it does.

use clap::{Args, Subcommand};
use leasehold_client::Page;
use leasehold_client::environment::Archived;
use leasehold_client::event::{Event, NewEvent};
use leasehold_client::session::{NewSession, Session, SessionFilter};
use leasehold_client::stream::Start;

use super::connection::Connection;
use super::list::{self, ListArgs};
use crate::output::{Format, Record, Table};

mod said;
mod transcript;
mod watch;

use said::{OutcomeArgs, SendArgs, read_text};
use watch::{Audience, Until, Watch};

/// Arguments of `leasehold session`.
#[derive(Args, Debug)]
pub(crate) struct SessionArgs {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a session, and say the first word if there is one
    Create {
        /// Its agent, agent_…
        #[arg(long, value_name = "AGENT")]
        agent: String,
        /// Where it runs, env_…
        #[arg(long, value_name = "ENVIRONMENT")]
        environment: String,
        /// What to call it
        #[arg(long, value_name = "TEXT")]
        title: Option<String>,
        /// What to say first; `-` reads it from standard input
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        message: Option<String>,
        /// Watch until the agent has answered
        #[arg(long, requires = "message")]
        watch: bool,
    },
    /// Say something, interrupt, or allow and deny calls
    ///
    /// All of it goes in one request: the interrupt first, then the words on calls, then the text.
    Send(SendArgs),
    /// Have the agent bring something about, and its work graded until it is good enough
    Outcome(OutcomeArgs),
    /// Show what happens, until the turn is over
    Watch {
        /// The session, sess_…
        session: String,
        /// Show what happened before, too
        #[arg(long)]
        from_start: bool,
        /// Go on when the turn is over
        #[arg(long)]
        follow: bool,
    },
    /// List the sessions, newest first
    List {
        /// Those of one agent, agent_…
        #[arg(long, value_name = "AGENT")]
        agent: Option<String>,
        /// Those with this status, such as idle or running; may be given several times
        #[arg(long = "status", value_name = "STATUS")]
        statuses: Vec<String>,
        /// Show archived ones too
        #[arg(long)]
        archived: bool,
        #[command(flatten)]
        page: ListArgs,
    },
    /// Show a session
    Show {
        /// The session, sess_…
        session: String,
    },
}

pub(super) async fn run(args: SessionArgs) -> anyhow::Result<()> {
    let SessionArgs { connection, verb } = args;
    let client = connection.client()?;
    match verb {
        Verb::Create { agent, environment, title, message, watch } => {
            let message = message.map(read_text).transpose()?;
            let initial_events = message.map(NewEvent::message).into_iter().collect();
            let new = NewSession { title, initial_events, ..NewSession::of(agent, environment) };
            let made = connection.show(client.create_session(&new).await, describe)?;
            if watch {
                let audience = Audience::of(&connection, Start::Beginning);
                Watch::open(&client, &made.id, audience)?.until(Until::TurnEnd).await?;
            }
        }
        Verb::Send(args) => {
            let (session, watched) = (args.session.clone(), args.watch);
            send(&connection, &session, &args.events()?, watched).await?;
        }
        Verb::Outcome(args) => {
            let (session, watched) = (args.session.clone(), args.watch);
            send(&connection, &session, &[args.event()?], watched).await?;
        }
        Verb::Watch { session, from_start, follow } => {
            let start = if from_start { Start::Beginning } else { Start::Recent };
            let until = if follow { Until::SessionEnd } else { Until::TurnEnd };
            let audience = Audience::of(&connection, start);
            Watch::open(&client, &session, audience)?.until(until).await?;
        }
        Verb::List { agent, statuses, archived, page } => {
            let archived = if archived { Archived::Shown } else { Archived::Hidden };
            let filter = SessionFilter { agent_id: agent, statuses, archived };
            let sessions = client.list_sessions(&filter, &page.cursor()).await;
            let headings = ["ID", "STATUS", "AGENT", "TITLE", "CREATED"];
            list::show(&connection, sessions, &headings, |table, session| {
                table.row([
                    Some(session.id.as_str()),
                    Some(&session.status),
                    Some(&session.agent.name),
                    session.title.as_deref(),
                    Some(&session.created_at),
                ]);
            })?;
        }
        Verb::Show { session } => {
            connection.show(client.retrieve_session(&session).await, describe)?;
        }
    }
    Ok(())
}

async fn send(
    connection: &Connection,
    session: &str,
    events: &[NewEvent],
    watched: bool,
) -> anyhow::Result<()> {
    let client = connection.client()?;
    if !watched {
        connection.show(client.send_events(session, events).await, describe_sent)?;
        return Ok(());
    }
    // Whoever listens first misses nothing.
    let mut watch = Watch::open(&client, session, Audience::of(connection, Start::Recent))?;
    watch.catch_up().await?;
    watch.send(events).await?;
    watch.until(Until::TurnEnd).await
}

fn describe(session: &Session) -> String {
    let agent = &session.agent;
    let mut record = Record::default();
    record.line("id", session.id.as_str());
    record.line("title", session.title.as_deref());
    record.line("status", session.status.as_str());
    record.line("agent", format!("{} {} version {}", agent.id, agent.name, agent.version).as_str());
    record.line("model", agent.model.id());
    record.line("environment", session.environment_id.as_str());
    record.line("created", session.created_at.as_str());
    record.line("archived", session.archived_at.as_deref());
    record.render()
}

fn describe_sent(sent: &Page<Event>) -> String {
    let mut table = Table::new(&["ID", "TYPE", "PROCESSED"]);
    for event in &sent.data {
        table.row([event.id.as_deref(), Some(event.name()), event.processed_at.as_deref()]);
    }
    table.render()
}

impl Audience {
    fn of(connection: &Connection, start: Start) -> Self {
        match connection.format() {
            Format::Text => Self::Person(start),
            Format::Json => Self::Program(start),
        }
    }
}
