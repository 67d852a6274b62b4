//! One turn: step after step, each decided and written down by the store.

use std::sync::Arc;

use futures_util::StreamExt as _;
use leasehold_model::agent::snapshot::Snapshot;
use leasehold_model::catalogue::ModelCard;
use leasehold_model::event::{Event, TroubleClass, Usage};
use leasehold_model::log::ops::{Conclude, HandIn, Proceed, Taken, YieldTurn};
use leasehold_model::log::turn::{Cure, Handed, Outcome, Step};
use leasehold_model::op::Op;
use leasehold_model::{EventId, Log, Refusal};
use leasehold_store::{StoreError, Watch};

use super::{BREATH, Shared, lease};
use crate::chat::Request;
use crate::provider::{Fault, ProviderError};
use crate::reply::Reply;
use crate::toolbox::Toolbox;
use crate::transcript;

/// How many events are read at once.
const PAGE: usize = 1_000;
/// A conversation with more bytes than this for each token of the model's window is not sent: it
/// cannot fit, and building it would cost memory for nothing.
const BYTES_PER_TOKEN: usize = 16;

/// Why a turn is not driven on here.
pub(super) enum Ended {
    /// It is over, or somebody else's.
    Over,
    /// The store will not do it.
    Failed(StoreError),
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(Refusal::ClaimOver) => Self::Over,
            StoreError::Refused(_)
            | StoreError::Overloaded
            | StoreError::Unavailable { .. }
            | StoreError::Corrupt { .. } => Self::Failed(error),
        }
    }
}

/// Drives a turn until it is over, lost, or the store begins to close; then it is given back.
pub(super) async fn drive(shared: &Shared, taken: Taken) {
    let session = taken.session;
    let mut turn = Turn { shared, taken: taken.clone(), read: 0, events: Vec::new(), bytes: 0 };
    let ended = tokio::select! {
        ended = turn.run() => ended,
        () = lease::keep(shared, &taken) => Ended::Over,
        () = shared.store.closing() => {
            let give_back = YieldTurn { session, claim: taken.claim };
            match shared.store.submit(give_back).await {
                Ok(()) => Ended::Over,
                Err(error) => error.into(),
            }
        }
    };
    match ended {
        Ended::Over => {}
        Ended::Failed(error) => tracing::error!(
            %session,
            error = &error as &dyn std::error::Error,
            "a turn was not driven on"
        ),
    }
}

pub(super) struct Turn<'a> {
    pub(super) shared: &'a Shared,
    pub(super) taken: Taken,
    /// How many events of the log have been read.
    read: u64,
    /// Those of them that are part of the conversation, and about how much they are.
    pub(super) events: Vec<Event>,
    bytes: usize,
}

impl Turn<'_> {
    async fn run(&mut self) -> Ended {
        match self.steps().await {
            Ok(()) => Ended::Over,
            Err(ended) => ended,
        }
    }

    async fn steps(&mut self) -> Result<(), Ended> {
        let Some((agent, log)) = self.session().await? else { return Ok(()) };
        let toolbox = Toolbox::fill(Arc::clone(&self.shared.tools), &agent, log.hosting).await;
        let mut troubles = toolbox.troubles().to_vec();
        let mut next = Step::Again;
        loop {
            next = match next {
                Step::Again => {
                    let Taken { session, claim, .. } = self.taken;
                    let troubles = std::mem::take(&mut troubles);
                    self.submit(Proceed { session, claim, troubles }).await?
                }
                Step::Ask { start, seq } => self.ask(&agent, &log, &toolbox, start, seq).await?,
                Step::Grade { start, seq } => self.grade(&agent, start, seq).await?,
                Step::CarryOut(calls) => self.carry_out(&agent, &toolbox, &calls).await?,
                Step::Wait(until) => {
                    self.shared.store.clock().sleep_until(until).await;
                    Step::Again
                }
                Step::Over => return Ok(()),
            };
        }
    }

    /// What the session holds of its agent, and its log; `None` if it is gone.
    async fn session(&self) -> Result<Option<(Arc<Snapshot>, Log)>, Ended> {
        let views = self.shared.store.views();
        let id = self.taken.session;
        let Some(session) = views.session(id).await? else { return Ok(None) };
        let agent = views.snapshots(vec![(id, session.agent)]).await?.pop();
        let log = views.logs(vec![id]).await?.remove(&id);
        Ok(agent.zip(log))
    }

    /// Asks the model and writes down what came of it. Breaks off when the turn is taken away.
    async fn ask(
        &mut self,
        agent: &Snapshot,
        log: &Log,
        toolbox: &Toolbox,
        start: EventId,
        seq: u64,
    ) -> Result<Step, Ended> {
        self.read_up_to(seq).await?;
        let mut watch = self.shared.store.watchers().subscribe(self.taken.session);
        let outcome = tokio::select! {
            outcome = self.answer(agent, log, toolbox, start) => outcome,
            ended = self.taken_away(&mut watch) => return Err(ended),
        };
        let Taken { session, claim, .. } = self.taken;
        self.submit(Conclude { session, claim, start, outcome }).await
    }

    async fn answer(
        &self,
        agent: &Snapshot,
        log: &Log,
        toolbox: &Toolbox,
        start: EventId,
    ) -> Outcome {
        let Some(model) = self.shared.catalogue.get(&agent.model.id) else {
            let message = format!("The model '{}' is not configured here.", agent.model.id);
            return failed(TroubleClass::ModelRequestFailed, message, Cure::NewTurn);
        };
        let card = model.card();
        let window = usize::try_from(card.context_window).unwrap_or(usize::MAX);
        if self.bytes > window.saturating_mul(BYTES_PER_TOKEN) {
            return too_long(card);
        }
        let request = Request {
            system: agent.system.clone(),
            messages: transcript::conversation(&self.events),
            tools: toolbox.specs(),
            max_tokens: card.max_tokens,
            effort: agent.model.effort.or(card.default_effort),
        };
        let store = &self.shared.store;
        let mut reply =
            Reply::new(agent, log.hosting, toolbox, card.prices, fastrand::u64(..), store.now());
        let mut stream = model.provider().stream(request);
        while let Some(chunk) = stream.next().await {
            match chunk {
                Ok(chunk) => {
                    for preview in reply.feed(chunk) {
                        store.previews().show(self.taken.session, start, preview);
                    }
                }
                Err(error) => return refused(error, reply.usage()),
            }
        }
        let message = "The model's answer ended before it was complete.".to_owned();
        reply
            .finish()
            .unwrap_or_else(|| failed(TroubleClass::ModelRequestFailed, message, Cure::Retry(None)))
    }

    /// Carries out calls that are the server's own, one after another.
    async fn carry_out(
        &mut self,
        agent: &Snapshot,
        toolbox: &Toolbox,
        calls: &[EventId],
    ) -> Result<Step, Ended> {
        let mut watch = self.shared.store.watchers().subscribe(self.taken.session);
        let mut results = Vec::with_capacity(calls.len());
        for call in calls {
            let event = self.shared.store.views().event(self.taken.session, *call).await?;
            let Some(event) = event else { continue };
            let (content, is_error) = tokio::select! {
                outcome = toolbox.carry_out(agent, &event.kind) => outcome,
                ended = self.taken_away(&mut watch) => return Err(ended),
            };
            results.push(Handed { call: *call, content, is_error });
        }
        let Taken { session, claim, .. } = self.taken;
        self.submit(HandIn { session, claim, results }).await
    }

    /// Reads the log on, up to the events that precede `seq`.
    pub(super) async fn read_up_to(&mut self, seq: u64) -> Result<(), Ended> {
        while self.read < seq {
            let views = self.shared.store.views();
            let page = views.events_from(self.taken.session, self.read, PAGE).await?;
            if page.items.is_empty() {
                break;
            }
            for event in page.items {
                self.read += 1;
                if let Some(bytes) = transcript::share(&event.kind) {
                    self.bytes = self.bytes.saturating_add(bytes);
                    self.events.push(event);
                }
            }
        }
        Ok(())
    }

    /// Waits until the turn is not this runner's any more: an interrupt came, or the session went.
    pub(super) async fn taken_away(&self, watch: &mut Watch) -> Ended {
        loop {
            let id = self.taken.session;
            match self.shared.store.views().logs(vec![id]).await {
                Ok(logs) => {
                    let turn = logs.get(&id).and_then(|log| log.turn);
                    if turn != Some(self.taken.claim.work) {
                        return Ended::Over;
                    }
                }
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a running turn could not be looked at"
                ),
            }
            watch.changed().await;
        }
    }

    /// Submits a step, again and again while the store cannot take it: what the model said must not
    /// be lost to a full disk. The lease ends this if nothing else does.
    pub(super) async fn submit<O: Op<Reply = Step> + Clone>(&self, op: O) -> Result<Step, Ended> {
        loop {
            match self.shared.store.submit(op.clone()).await {
                Ok(step) => return Ok(step),
                Err(StoreError::Overloaded | StoreError::Unavailable { .. }) => {
                    tokio::time::sleep(BREATH).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn failed(class: TroubleClass, message: String, cure: Cure) -> Outcome {
    Outcome::Failed { class, message, cure, usage: Usage::default() }
}

fn too_long(card: &ModelCard) -> Outcome {
    let message = format!(
        "The conversation no longer fits into the window of the model '{}' ({} tokens).",
        card.id, card.context_window
    );
    failed(TroubleClass::Unknown, message, Cure::None)
}

fn refused(error: ProviderError, usage: Usage) -> Outcome {
    let (class, cure) = meaning(&error);
    Outcome::Failed { class, message: error.message, cure, usage }
}

/// What a provider's failure means for the session (events §8).
pub(super) fn meaning(error: &ProviderError) -> (TroubleClass, Cure) {
    let class = match error.fault {
        Fault::Overloaded => TroubleClass::ModelOverloaded,
        Fault::RateLimited => TroubleClass::ModelRateLimited,
        Fault::RequestFailed | Fault::Authentication | Fault::InvalidRequest => {
            TroubleClass::ModelRequestFailed
        }
        Fault::Billing => TroubleClass::Billing,
        Fault::ContextTooLong => TroubleClass::Unknown,
    };
    let cure = match error.fault {
        Fault::Overloaded | Fault::RateLimited | Fault::RequestFailed => {
            Cure::Retry(error.retry_after)
        }
        // The operator can mend these while the session lives.
        Fault::Authentication | Fault::InvalidRequest | Fault::Billing => Cure::NewTurn,
        Fault::ContextTooLong => Cure::None,
    };
    (class, cure)
}
