//! Having an outcome graded: a request to the grader, beside it a sign of life from time to time.

use std::time::Duration;

use futures_util::StreamExt as _;
use leasehold_model::EventId;
use leasehold_model::agent::snapshot::Snapshot;
use leasehold_model::event::TroubleClass;
use leasehold_model::log::ops::{EndEvaluation, GoOnEvaluating, Taken};
use leasehold_model::log::outcome::Graded;
use leasehold_model::log::turn::{Cure, Step};

use super::turn::{Ended, Turn, meaning};
use crate::chat::{Chunk, Usage as Tokens};
use crate::grader;
use crate::price::priced;

/// How often a log says that its grader is still at it.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

impl Turn<'_> {
    /// Asks the grader and writes down what came of it. Breaks off when the turn is taken away.
    pub(super) async fn grade(
        &mut self,
        agent: &Snapshot,
        start: EventId,
        seq: u64,
    ) -> Result<Step, Ended> {
        self.read_up_to(seq).await?;
        let mut watch = self.shared.store.watchers().subscribe(self.taken.session);
        let graded = tokio::select! {
            graded = self.verdict(agent) => graded,
            ended = self.taken_away(&mut watch) => return Err(ended),
            ended = self.give_signs_of_life(start) => return Err(ended),
        };
        let Taken { session, claim, .. } = self.taken;
        self.submit(EndEvaluation { session, claim, start, graded }).await
    }

    async fn verdict(&self, agent: &Snapshot) -> Graded {
        let Some(model) = self.shared.catalogue.get(&agent.model.id) else {
            let message = format!("The model '{}' is not configured here.", agent.model.id);
            return unanswered(message, Cure::NewTurn, Tokens::default(), |tokens| {
                priced(tokens, Default::default())
            });
        };
        let card = model.card();
        let count = |tokens| priced(tokens, card.prices);
        let mut tokens = Tokens::default();
        let Some(request) = grader::request(&self.events, card, agent.model.effort) else {
            let message = "The log holds no outcome.".to_owned();
            return unanswered(message, Cure::NewTurn, tokens, count);
        };
        let mut said = None;
        let mut stream = model.provider().stream(request);
        while let Some(chunk) = stream.next().await {
            match chunk {
                Ok(Chunk::ToolUse { name, input, .. }) => {
                    said = said.or(grader::verdict(&name, &input));
                }
                Ok(Chunk::Usage(used)) => tokens = used,
                Ok(
                    Chunk::TextStarted { .. }
                    | Chunk::TextDelta { .. }
                    | Chunk::ThinkingStarted
                    | Chunk::ThinkingFinished { .. }
                    | Chunk::Done(_),
                ) => {}
                Err(error) => {
                    let (class, cure) = meaning(&error);
                    let (message, usage) = (error.message, count(tokens));
                    return Graded::Unanswered { class, message, cure, usage };
                }
            }
        }
        match said {
            Some((verdict, explanation)) => {
                Graded::Verdict { verdict, explanation, usage: count(tokens) }
            }
            None => {
                let message = format!("The grader did not call '{}'.", grader::TOOL);
                unanswered(message, Cure::Retry(None), tokens, count)
            }
        }
    }

    /// Says again and again that the grader is still at it; ends when the store will not hear it.
    async fn give_signs_of_life(&self, start: EventId) -> Ended {
        let Taken { session, claim, .. } = self.taken;
        loop {
            tokio::time::sleep(SIGN_OF_LIFE).await;
            if let Err(ended) = self.submit(GoOnEvaluating { session, claim, start }).await {
                return ended;
            }
        }
    }
}

fn unanswered(
    message: String,
    cure: Cure,
    tokens: Tokens,
    count: impl Fn(Tokens) -> leasehold_model::event::Usage,
) -> Graded {
    let class = TroubleClass::ModelRequestFailed;
    Graded::Unanswered { class, message, cure, usage: count(tokens) }
}
