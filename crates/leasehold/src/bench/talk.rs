//! What a client says to sessions: agents and sessions made for a scenario, and the bytes of a send.

use anyhow::{Context as _, Result};

use super::http::{Connection, text_member};
use super::target::Target;

/// An event that is taken into the log of a session at rest and changes nothing.
pub(crate) const INTERRUPT: &str = r#"{"type":"user.interrupt"}"#;
/// As long as many a question.
pub(crate) const MESSAGE: &str = r#"{"type":"user.message","content":[{"type":"text","text":"Please look at the tests of the parser that failed last night, and say what you would change first."}]}"#;

/// The tools of an agent, as far as the script of the server tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tools {
    /// None: its model answers at once.
    None,
    /// Those of a worker: its model calls `bash` first.
    Worker,
    /// One that nobody ever answers: its model calls it, and the session waits from then on.
    Endless,
}

/// An agent in an environment, and a way to make sessions of both.
#[derive(Clone)]
pub(crate) struct Talk {
    target: Target,
    create: Vec<u8>,
}

impl Talk {
    /// Makes a self-hosted environment and an agent.
    pub(crate) async fn prepare(target: &Target, name: &str, tools: Tools) -> Result<Self> {
        let environment = target.create_environment(name).await?;
        let agent = target.create_agent(name, tools.json()).await?;
        let body = format!(r#"{{"agent":"{agent}","environment_id":"{environment}"}}"#);
        let create = target.request("POST", "/api/v1/cloud/sessions", "", &body);
        Ok(Self { target: target.clone(), create })
    }

    /// Where it goes.
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// Makes a session and returns its id.
    pub(crate) async fn session(&self, connection: &mut Connection) -> Result<String> {
        let reply = connection.exchange(&self.create).await?;
        let id = text_member(reply.success("creating a session")?, "id");
        let id = id.context("the new session has no id")?;
        Ok(String::from_utf8_lossy(id).into_owned())
    }
}

/// The request that sends one event to a session.
pub(crate) fn send(target: &Target, session: &str, event: &str) -> Vec<u8> {
    let path = format!("/api/v1/cloud/sessions/{session}/events");
    target.request("POST", &path, "", &format!(r#"{{"events":[{event}]}}"#))
}

/// The event that answers a call of a worker's tool.
pub(crate) fn tool_result(call: &str) -> String {
    format!(
        r#"{{"type":"user.tool_result","tool_use_id":"{call}","content":[{{"type":"text","text":"hello"}}]}}"#
    )
}

impl Tools {
    const fn json(self) -> &'static str {
        match self {
            Self::None => "[]",
            Self::Worker => r#"[{"type":"agent_toolset_20260401"}]"#,
            Self::Endless => {
                r#"[{"type":"custom","name":"wait","description":"Nobody answers it.","input_schema":{"type":"object"}}]"#
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_json() {
        let tools = [Tools::None, Tools::Worker, Tools::Endless].map(Tools::json);
        let events = [INTERRUPT.to_owned(), MESSAGE.to_owned(), tool_result("evt_1")];
        for text in tools.map(str::to_owned).iter().chain(&events) {
            assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
        }
    }
}
