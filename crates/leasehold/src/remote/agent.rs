//! `leasehold agent`: who does the work of sessions.

use clap::{Args, Subcommand, ValueEnum};
use leasehold_client::agent::{Agent, NewAgent, Policy};
use leasehold_client::environment::Archived;
use serde_json::Value;

use super::connection::Connection;
use super::list::{self, ListArgs};
use crate::output::Record;

/// Arguments of `leasehold agent`.
#[derive(Args, Debug)]
pub(crate) struct AgentArgs {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make an agent
    Create {
        /// What to call it
        name: String,
        /// The model that it thinks with; `leasehold model list` shows them
        #[arg(long, value_name = "MODEL")]
        model: String,
        /// What it is told before everything else
        #[arg(long, value_name = "TEXT")]
        system: Option<String>,
        /// More about it
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
        /// Whether it has the built-in tools, and whether their calls wait for a person's word
        #[arg(long, value_enum, default_value_t = Tools::Allow, value_name = "POLICY")]
        tools: Tools,
    },
    /// List the agents, newest first
    List {
        /// Show archived ones too
        #[arg(long)]
        archived: bool,
        #[command(flatten)]
        page: ListArgs,
    },
    /// Show an agent
    Show {
        /// The agent, agent_…
        agent: String,
        /// Which version [default: the newest]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        agent_version: Option<u32>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Tools {
    /// They run at once
    Allow,
    /// A person is asked before each call
    Ask,
    /// It has none
    None,
}

impl Tools {
    fn offered(self) -> Vec<Value> {
        match self {
            Self::Allow => vec![Policy::Allow.toolset()],
            Self::Ask => vec![Policy::Ask.toolset()],
            Self::None => Vec::new(),
        }
    }
}

pub(super) async fn run(args: AgentArgs) -> anyhow::Result<()> {
    let AgentArgs { connection, verb } = args;
    let client = connection.client()?;
    match verb {
        Verb::Create { name, model, system, description, tools } => {
            let tools = tools.offered();
            let new = NewAgent { system, description, tools, ..NewAgent::of(name, model) };
            connection.show(client.create_agent(&new).await, describe)?;
        }
        Verb::List { archived, page } => {
            let archived = if archived { Archived::Shown } else { Archived::Hidden };
            let agents = client.list_agents(archived, &page.cursor()).await;
            let headings = ["ID", "NAME", "MODEL", "VERSION", "CREATED", "ARCHIVED"];
            list::show(&connection, agents, &headings, |table, agent| {
                table.row([
                    Some(agent.id.as_str()),
                    Some(&agent.name),
                    Some(agent.model.id()),
                    Some(&agent.version.to_string()),
                    Some(&agent.created_at),
                    agent.archived_at.as_deref(),
                ]);
            })?;
        }
        Verb::Show { agent, agent_version } => {
            connection.show(client.retrieve_agent(&agent, agent_version).await, describe)?;
        }
    }
    Ok(())
}

fn describe(agent: &Agent) -> String {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let tools = agent.tools.iter().filter_map(|tool| {
        let named = tool.get("name").or_else(|| tool.get("mcp_server_name"));
        named.or_else(|| tool.get("type")).and_then(Value::as_str)
    });
    let tools = tools.collect::<Vec<_>>().join(" ");
    let mut record = Record::default();
    record.line("id", agent.id.as_str());
    record.line("name", agent.name.as_str());
    record.line("version", agent.version.to_string().as_str());
    record.line("model", agent.model.id());
    record.line("description", given(&agent.description).as_deref());
    record.line("system", given(&agent.system).as_deref());
    record.line("tools", Some(tools.as_str()).filter(|tools| !tools.is_empty()));
    record.line("created", agent.created_at.as_str());
    record.line("updated", agent.updated_at.as_str());
    record.line("archived", agent.archived_at.as_deref());
    record.render()
}
