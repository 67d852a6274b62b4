//! A runner that is played by hand: it takes a turn and says what the test wants the model to say.

use std::sync::atomic::{AtomicU64, Ordering};

use leasehold_model::event::{Kind, Permission, TroubleClass, Usage, Use};
use leasehold_model::id::Mint;
use leasehold_model::log::ops::{Claimed, Conclude, EndEvaluation, Proceed, TakeTurn, Taken};
use leasehold_model::log::outcome::{Graded, Verdict};
use leasehold_model::log::turn::{Cure, Outcome, Said, Step};
use leasehold_model::work::{Ttl, WorkerId};
use leasehold_model::{EventId, Json, SessionId};
use leasehold_store::Preview;
use serde_json::Value;

use crate::TestServer;

/// What every answer used.
const USAGE: Usage = Usage {
    input_tokens: 11,
    output_tokens: 7,
    cache_read_input_tokens: 5,
    cache_creation_input_tokens: 3,
    cost_nanos: 2_500_000,
};

/// Somebody who has taken a turn.
pub struct Runner<'a> {
    server: &'a TestServer,
    session: SessionId,
    claim: Claimed,
    request: Option<EventId>,
    mint: Mint,
}

impl<'a> Runner<'a> {
    /// Takes the oldest turn that waits.
    pub(crate) async fn take(server: &'a TestServer) -> Self {
        static RUNNERS: AtomicU64 = AtomicU64::new(0);
        let runner = WorkerId::new("runner").expect("a name");
        let take = TakeTurn { runner, ttl: Ttl::clamped(600) };
        let taken = server.store().submit(take).await.expect("the store");
        let Taken { session, claim, .. } = taken.expect("no turn waits");
        let mint = Mint::new(RUNNERS.fetch_add(1, Ordering::Relaxed) + 1_000);
        Self { server, session, claim, request: None, mint }
    }

    /// Asks the model; the event that began the request.
    pub async fn ask(&mut self) -> EventId {
        let proceed = Proceed { session: self.session, claim: self.claim, troubles: Vec::new() };
        let step = self.server.store().submit(proceed).await.expect("the turn goes on");
        let asked = match step {
            Step::Ask { start, .. } => Some(start),
            Step::Grade { .. } | Step::CarryOut(_) | Step::Wait(_) | Step::Again | Step::Over => {
                None
            }
        };
        self.request = asked;
        asked.expect("the model is to be asked")
    }

    /// Goes on to the grader, who gives this verdict.
    pub async fn grade(&mut self, verdict: Verdict, explanation: &str) -> Step {
        let (session, claim) = (self.session, self.claim);
        let proceed = Proceed { session, claim, troubles: Vec::new() };
        let step = self.server.store().submit(proceed).await.expect("the turn goes on");
        let evaluation = match step {
            Step::Grade { start, .. } => Some(start),
            Step::Ask { .. } | Step::CarryOut(_) | Step::Wait(_) | Step::Again | Step::Over => None,
        };
        let start = evaluation.expect("something is to be graded");
        let graded = Graded::Verdict { verdict, explanation: explanation.to_owned(), usage: USAGE };
        let end = EndEvaluation { session, claim, start, graded };
        self.server.store().submit(end).await.expect("the turn goes on")
    }

    /// Looks on, and finds that the turn is over before the model could be asked.
    pub async fn finds_nothing_left(&mut self) {
        let proceed = Proceed { session: self.session, claim: self.claim, troubles: Vec::new() };
        let step = self.server.store().submit(proceed).await.expect("the turn goes on");
        assert_eq!(step, Step::Over);
    }

    /// Shows a piece of what the model is saying to the request that is open.
    pub fn preview(&self, preview: Preview) {
        let request = self.request.expect("a request");
        self.server.store().previews().show(self.session, request, preview);
    }

    /// The model answers.
    pub async fn answer(&mut self, said: Vec<Said>) -> Step {
        self.conclude(Outcome::Answered { said, refusal: None, usage: USAGE }).await
    }

    /// The model does not answer.
    pub async fn fail(&mut self, class: TroubleClass, cure: Cure) -> Step {
        let (message, usage) = ("The model is not well.".to_owned(), Usage::default());
        self.conclude(Outcome::Failed { class, message, cure, usage }).await
    }

    /// What came of the request that is open.
    pub async fn conclude(&mut self, outcome: Outcome) -> Step {
        let start = self.request.take().expect("a request");
        let conclude = Conclude { session: self.session, claim: self.claim, start, outcome };
        self.server.store().submit(conclude).await.expect("the turn goes on")
    }

    /// Asks, and has the model say this.
    pub async fn say(&mut self, text: &str) -> Step {
        self.ask().await;
        let message = self.message(text);
        self.answer(vec![message]).await
    }

    /// A message.
    pub fn message(&mut self, text: &str) -> Said {
        self.said(Kind::AgentMessage { content: Json::text(text) })
    }

    /// A thought, with what nobody may see.
    pub fn thought(&mut self, opaque: &Value) -> Said {
        self.said(Kind::AgentThinking { opaque: Some(Json::of(opaque)) })
    }

    /// A call of a tool of the built-in toolset.
    pub fn call(&mut self, name: &str, input: &Value, permission: Permission) -> Said {
        let used = used(name, input, permission);
        self.said(Kind::AgentToolUse(used))
    }

    /// A call of a custom tool.
    pub fn custom_call(&mut self, name: &str, input: &Value) -> Said {
        let used = used(name, input, Permission::Allow);
        self.said(Kind::AgentCustomToolUse(used))
    }

    /// Anything, under an id of its own.
    pub fn said(&mut self, kind: Kind) -> Said {
        Said { id: self.mint.next(self.server.store().now()), kind, denied: None }
    }
}

fn used(name: &str, input: &Value, permission: Permission) -> Use {
    let (name, model_id) = (name.to_owned(), "toolu_secret".to_owned());
    Use { name, input: Json::of(input), permission, model_id }
}
