//! All events of a session in their order, each once, over as many connections as it takes.
//!
//! The history is listed first, then the stream is opened behind its last event, and opened again
//! behind the last event that came whenever the connection is cut. Only where there is no event yet
//! to open it behind is the stream opened first, at its tail, and the history listed after it; what
//! comes twice then is left out.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{EventStream, Previews};
use crate::backoff::Backoff;
use crate::client::Dialect;
use crate::error::Error;
use crate::event::{Event, Kind, Order};
use crate::{Client, Cursor, Result};

/// Events of a page of the history; the most that a server gives (events §4).
const PAGE: u16 = 1000;
/// Events of the history that [`Start::Recent`] gives at most.
const RECENT: u16 = 100;
/// How long a connection must have lasted to count as a good one.
const HEALTHY: Duration = Duration::from_secs(5);

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the first event.
    Beginning,
    /// With the last hundred or fewer.
    Recent,
}

/// What a follower tells.
#[derive(Debug)]
pub enum Step {
    /// Something that had happened before. One that still waits to be taken in (it has no
    /// `processed_at`) comes again when it is.
    Past(Event),
    /// All that had happened has been told; what follows happens now.
    Present,
    /// Something that happens, or happened while the connection was cut.
    Live(Event),
    /// The connection was cut or did not come up. It is tried again after the pause.
    Cut {
        /// Why; `None`: the server ended the stream.
        cause: Option<Error>,
        /// How long.
        pause: Duration,
    },
}

/// Follows one session.
#[derive(Debug)]
pub struct Follower {
    client: Client,
    session_id: String,
    start: Start,
    previews: Previews,
    phase: Phase,
    /// Nothing is tried before.
    wait: Option<Instant>,
    pub(super) backoff: Backoff,
    /// The last event that was taken in: where a stream goes on.
    last: Option<String>,
    /// What was listed while the stream was open already.
    listed: HashSet<String>,
    ready: VecDeque<Step>,
}

#[derive(Debug)]
enum Phase {
    /// Reads the history, at this page. A stream is open already if it could not be opened later.
    Listing { page: Option<String>, open: Option<Box<EventStream>> },
    /// Opens the stream.
    Opening,
    /// Reads the stream, which was opened at that instant.
    Live(Box<EventStream>, Instant),
    /// The session is no more, or an error ended it.
    Over,
}

impl Follower {
    pub(super) fn new(client: Client, session_id: &str, start: Start, previews: Previews) -> Self {
        Self {
            client,
            session_id: session_id.to_owned(),
            start,
            previews,
            phase: Phase::Listing { page: None, open: None },
            wait: None,
            backoff: Backoff::between(Duration::from_millis(500), Duration::from_secs(10)),
            last: None,
            listed: HashSet::new(),
            ready: VecDeque::new(),
        }
    }

    /// The next step; `None` after `session.status_terminated` and `session.deleted`. Dropping the
    /// future loses nothing.
    ///
    /// # Errors
    /// A refusal or a failure that waiting does not mend; `None` follows.
    pub async fn next(&mut self) -> Result<Option<Step>> {
        loop {
            if let Some(step) = self.ready.pop_front() {
                return Ok(Some(step));
            }
            if let Some(until) = self.wait {
                sleep_until(until).await;
                self.wait = None;
            }
            if matches!(self.phase, Phase::Over) {
                return Ok(None);
            }
            if let Err(error) = self.proceed().await {
                self.fail(error)?;
            }
        }
    }

    /// Waits for one thing and takes it in. Each arm has a single wait, so that nothing is half
    /// done should the future be dropped.
    async fn proceed(&mut self) -> Result<()> {
        let (client, session_id) = (&self.client, &self.session_id);
        match &mut self.phase {
            Phase::Listing { page, .. } => {
                let (order, limit) = match self.start {
                    Start::Beginning => (Order::Ascending, PAGE),
                    Start::Recent => (Order::Descending, RECENT),
                };
                let cursor = Cursor { limit: Some(limit), page: page.clone() };
                let found = client.list_events(session_id, order, &cursor).await?.into_inner();
                self.list(found.data, found.next_page);
            }
            Phase::Opening => {
                let last = self.last.as_deref();
                let stream = client.stream_events(session_id, self.previews, last).await?;
                let stream = Box::new(stream);
                if self.last.is_some() {
                    self.go_live(stream);
                } else {
                    self.phase = Phase::Listing { page: None, open: Some(stream) };
                }
            }
            Phase::Live(stream, _) => match stream.next().await? {
                Some(event) => self.hear(event),
                None => self.cut(None),
            },
            Phase::Over => {}
        }
        Ok(())
    }

    /// Takes in a page of the history.
    fn list(&mut self, mut events: Vec<Event>, next: Option<String>) {
        if self.start == Start::Recent {
            events.reverse();
        }
        let streaming = matches!(&self.phase, Phase::Listing { open: Some(_), .. });
        for event in events {
            self.remember(&event);
            if let (true, Some(id), Some(_)) = (streaming, &event.id, &event.processed_at) {
                self.listed.insert(id.clone());
            }
            self.ready.push_back(Step::Past(event));
        }
        let Phase::Listing { page, open } = &mut self.phase else { return };
        if next.is_some() && self.start == Start::Beginning {
            *page = next;
        } else if let Some(stream) = open.take() {
            self.go_live(stream);
        } else {
            self.phase = Phase::Opening;
        }
    }

    fn go_live(&mut self, stream: Box<EventStream>) {
        self.ready.push_back(Step::Present);
        self.phase = Phase::Live(stream, Instant::now());
    }

    /// Takes in what the stream brings.
    fn hear(&mut self, event: Event) {
        if event.id.as_ref().is_some_and(|id| self.listed.remove(id)) {
            return;
        }
        self.remember(&event);
        self.ready.push_back(Step::Live(event));
    }

    fn remember(&mut self, event: &Event) {
        if let (Some(id), Some(_)) = (&event.id, &event.processed_at) {
            self.last = Some(id.clone());
        }
        if matches!(event.kind, Kind::Terminated | Kind::Deleted) {
            self.phase = Phase::Over;
        }
    }

    /// Takes an error as a cut, or gives it back if waiting does not mend it.
    fn fail(&mut self, error: Error) -> Result<()> {
        if error.is_transient() {
            self.cut(Some(error));
            return Ok(());
        }
        self.phase = Phase::Over;
        Err(error)
    }

    fn cut(&mut self, cause: Option<Error>) {
        if let Phase::Live(_, since) = self.phase {
            if since.elapsed() >= HEALTHY {
                self.backoff.reset();
            }
            self.phase = match self.last {
                Some(_) => Phase::Opening,
                None => Phase::Listing { page: None, open: None },
            };
        }
        let asked = cause.as_ref().and_then(Error::api).and_then(|refusal| refusal.retry_after);
        let pause = self.backoff.pause(fastrand::f64()).max(asked.unwrap_or_default());
        self.wait = Some(Instant::now() + pause);
        self.ready.push_back(Step::Cut { cause, pause });
    }
}

impl Client {
    /// Follows a session; nothing is sent before the first step is asked for.
    ///
    /// # Errors
    /// [`Error::Setup`] in dialect A, whose streams cannot be resumed (events §5.1).
    pub fn follow_session(
        &self,
        session_id: &str,
        start: Start,
        previews: Previews,
    ) -> Result<Follower> {
        match self.dialect() {
            Dialect::Q => Ok(Follower::new(self.clone(), session_id, start, previews)),
            Dialect::A => {
                let reason = "only dialect Q has streams that can be resumed".to_owned();
                Err(Error::Setup { reason, source: None })
            }
        }
    }
}
