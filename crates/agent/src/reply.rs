//! From what a model streams to events: pure but for the ids, which are minted here because a
//! preview has to name its event before there is one.

use leasehold_model::agent::snapshot::{Family, Permission, Snapshot};
use leasehold_model::catalogue::Prices;
use leasehold_model::environment::config::Kind as Hosting;
use leasehold_model::event::{Kind, StopReason, Usage, Use};
use leasehold_model::id::Mint;
use leasehold_model::log::turn::{Outcome, Said};
use leasehold_model::{EventId, Json, Timestamp};
use leasehold_store::Preview;
use serde_json::json;

use crate::chat::{Chunk, Stop, Usage as Tokens};
use crate::price::priced;
use crate::toolbox::Toolbox;

/// An answer of a model as far as it has come.
pub struct Reply<'a> {
    agent: &'a Snapshot,
    hosting: Hosting,
    toolbox: &'a Toolbox,
    prices: Prices,
    mint: Mint,
    now: Timestamp,
    said: Vec<Said>,
    /// The message that is being written: its event and its blocks.
    message: Option<(EventId, Vec<String>)>,
    /// The thought that is being thought.
    thought: Option<EventId>,
    tokens: Tokens,
    stop: Option<Stop>,
}

impl<'a> Reply<'a> {
    /// An answer that has not begun, under the policies of an agent. Its events get ids that follow
    /// from `seed` and say that they were made at `now`.
    pub fn new(
        agent: &'a Snapshot,
        hosting: Hosting,
        toolbox: &'a Toolbox,
        prices: Prices,
        seed: u64,
        now: Timestamp,
    ) -> Self {
        Self {
            agent,
            hosting,
            toolbox,
            prices,
            mint: Mint::new(seed),
            now,
            said: Vec::new(),
            message: None,
            thought: None,
            tokens: Tokens::default(),
            stop: None,
        }
    }

    /// Takes in the next piece, and gives what a viewer may see of it.
    pub fn feed(&mut self, chunk: Chunk) -> Vec<Preview> {
        match chunk {
            Chunk::TextStarted { .. } => self.start_block(),
            Chunk::TextDelta { text, .. } => {
                let mut previews =
                    if self.message.is_none() { self.start_block() } else { Vec::new() };
                if let Some((event, blocks)) = &mut self.message
                    && let Some(block) = blocks.last_mut()
                {
                    block.push_str(&text);
                    let index = blocks.len() - 1;
                    previews.push(Preview::Text { event: *event, index, text: text.into() });
                }
                previews
            }
            Chunk::ThinkingStarted => {
                self.end_message();
                let id = self.mint.next(self.now);
                self.thought = Some(id);
                vec![Preview::ThinkingStarted(id)]
            }
            Chunk::ThinkingFinished { block } => {
                self.end_message();
                let id = self.thought.take().unwrap_or_else(|| self.mint.next(self.now));
                let kind = Kind::AgentThinking { opaque: Some(Json::of(&block)) };
                self.said.push(Said { id, kind, denied: None });
                Vec::new()
            }
            Chunk::ToolUse { id, name, input } => {
                self.end_message();
                let said = self.call(id, &name, Json::of(&input));
                self.said.push(said);
                Vec::new()
            }
            Chunk::Usage(tokens) => {
                self.tokens = tokens;
                Vec::new()
            }
            Chunk::Done(stop) => {
                self.stop = Some(stop);
                Vec::new()
            }
        }
    }

    /// What the request has used so far.
    pub fn usage(&self) -> Usage {
        priced(self.tokens, self.prices)
    }

    /// The answer, once it is complete; `None` before that.
    pub fn finish(mut self) -> Option<Outcome> {
        let stop = self.stop.take()?;
        self.end_message();
        let refusal = match stop {
            Stop::EndTurn | Stop::ToolUse | Stop::MaxTokens => None,
            Stop::Refusal { category, explanation } => {
                // What it began to say before it declined does not count, nor do calls.
                self.said.retain(|said| matches!(said.kind, Kind::AgentMessage { .. }));
                Some(StopReason::Refusal { category, explanation })
            }
        };
        let usage = self.usage();
        Some(Outcome::Answered { said: self.said, refusal, usage })
    }

    fn start_block(&mut self) -> Vec<Preview> {
        match &mut self.message {
            Some((_, blocks)) => {
                blocks.push(String::new());
                Vec::new()
            }
            None => {
                let id = self.mint.next(self.now);
                self.message = Some((id, vec![String::new()]));
                vec![Preview::MessageStarted(id)]
            }
        }
    }

    /// A message without words is none.
    fn end_message(&mut self) {
        let Some((id, mut blocks)) = self.message.take() else { return };
        blocks.retain(|text| !text.is_empty());
        if blocks.is_empty() {
            return;
        }
        let content: Vec<_> =
            blocks.iter().map(|text| json!({ "type": "text", "text": text })).collect();
        let kind = Kind::AgentMessage { content: Json::of(&content) };
        self.said.push(Said { id, kind, denied: None });
    }

    fn call(&mut self, model_id: String, name: &str, input: Json) -> Said {
        let id = self.mint.next(self.now);
        if let Some((server, tool)) = self.toolbox.find(name) {
            let permission = self.agent.judge_mcp(server, tool);
            let used = Use { name: tool.to_owned(), input, permission, model_id };
            let kind = Kind::AgentMcpToolUse { server: server.to_owned(), used };
            let denied = (permission == Permission::Deny)
                .then(|| format!("The agent may not use the tool '{tool}' of '{server}'."));
            return Said { id, kind, denied };
        }
        let judgement = self.agent.judge(name);
        let homeless = judgement.family == Family::Worker && self.hosting == Hosting::Cloud;
        let (permission, denied) = if homeless {
            let why = "This server runs no sandboxes of its own: the tool needs a worker, and \
                       sessions of a cloud environment have none.";
            (Permission::Deny, Some(why.to_owned()))
        } else if judgement.permission == Permission::Deny {
            (Permission::Deny, Some(format!("The agent may not use the tool '{name}'.")))
        } else {
            (judgement.permission, None)
        };
        let used = Use { name: judgement.name.into_owned(), input, permission, model_id };
        let kind = match judgement.family {
            Family::Custom => Kind::AgentCustomToolUse(used),
            Family::Worker | Family::Server => Kind::AgentToolUse(used),
        };
        Said { id, kind, denied }
    }
}

#[cfg(test)]
mod tests;
