//! Where a stream begins (events §5.1).

use std::time::Duration;

use http::HeaderMap;
use leasehold_model::event::Kind;
use leasehold_model::session::Status;
use leasehold_model::{Event, EventId, SessionId};
use leasehold_store::{Cursor, EventFilter, Order, Page, Shown, Views};

use super::Until;
use super::preview::{Previewing, Wants};
use crate::body::Invalid;
use crate::call::Call;
use crate::event::{Manner, Resume};
use crate::failure::Failure;

const HEADER: &str = "Last-Event-ID";

/// Reads the header `Last-Event-ID`, in a dialect that has it. One that cannot be an event of the
/// dialect is as good as unknown.
pub(super) fn last_event_id(
    headers: &HeaderMap,
    manner: &Manner,
) -> Result<Option<EventId>, Invalid> {
    let named = headers.get("last-event-id").filter(|value| !value.is_empty());
    match (manner.resume, named) {
        (Resume::Never, _) | (Resume::ById, None) => Ok(None),
        (Resume::ById, Some(value)) => {
            let known = value.to_str().ok().and_then(|text| manner.parse_id(text));
            known.map(Some).ok_or_else(unknown)
        }
    }
}

fn unknown() -> Invalid {
    let message = "Header 'Last-Event-ID' must name an event in the log of this session.";
    Invalid::said(HEADER, message)
}

/// Where a stream begins.
pub(super) struct Start {
    /// How many events of the log it passes over.
    pub(super) position: u64,
    /// What it has seen of an answer that is not in the log yet.
    pub(super) previewing: Previewing,
    /// A session that is over has nothing to wait for.
    pub(super) until: Until,
}

impl Start {
    /// Finds the beginning: the end of the log, or behind the event that the client has seen last.
    /// `so_far` is what was shown of the open request until now.
    ///
    /// A client that previews may know an event without having seen the whole of it. If it is in the
    /// log by now it is shown again; if it is not, the stream goes on behind the start of its request,
    /// and its text where it is. If it never will be, since its request failed, the stream goes on
    /// behind the start of that request all the same.
    pub(super) async fn find(
        call: &Call,
        session: SessionId,
        last: Option<EventId>,
        wants: Wants,
        so_far: Vec<Shown>,
    ) -> Result<Self, Failure> {
        let views = call.views();
        let head = views.logs(vec![session]).await?.remove(&session);
        let fold = head.map(|log| log.fold).unwrap_or_default();
        let until = match fold.status {
            Status::Terminated => Until::LogIsRead,
            Status::Idle | Status::Running | Status::Rescheduling => Until::SomethingEndsIt,
        };
        let Some(last) = last else {
            let previewing = Previewing { request: fold.request, ..Previewing::default() };
            return Ok(Self { position: fold.next, previewing, until });
        };
        if let Some(event) = views.event(session, last).await? {
            let seq = event.place.ok_or_else(unknown)?.seq;
            let position = if wants.previews(&event.kind) { seq } else { seq + 1 };
            let request = match fold.request {
                Some(open)
                    if place_of(views, session, open).await?.is_some_and(|p| p < position) =>
                {
                    Some(open)
                }
                Some(_) | None => None,
            };
            let previewing = Previewing { request, begun: Vec::new(), shown: so_far.into() };
            return Ok(Self { position, previewing, until });
        }
        let known = so_far.iter().rposition(|shown| shown.preview.event() == last);
        let Some((place, request)) = known.and_then(|at| Some((at, so_far.get(at)?.request)))
        else {
            let lost =
                if wants.any() { request_of_lost(views, session, last).await? } else { None };
            let (request, seq) = lost.ok_or_else(unknown)?;
            let previewing =
                Previewing { request: Some(request), begun: Vec::new(), shown: so_far.into() };
            return Ok(Self { position: seq + 1, previewing, until });
        };
        let seq = place_of(views, session, request).await?.ok_or_else(unknown)?;
        let previewing = Previewing {
            request: Some(request),
            begun: vec![last],
            shown: so_far.into_iter().skip(place + 1).collect(),
        };
        Ok(Self { position: seq + 1, previewing, until })
    }
}

/// The start of the request that announced an event which nobody knows any more, and its place: it
/// failed, was interrupted, or died with its server. The id tells when it was announced.
async fn request_of_lost(
    views: &dyn Views,
    session: SessionId,
    announced: EventId,
) -> Result<Option<(EventId, u64)>, Failure> {
    let at = announced.minted_at();
    // Ids know the millisecond alone.
    let to = Some(at.plus(Duration::from_millis(1)));
    let started =
        EventFilter { kinds: vec!["span.model_request_start".to_owned()], from: None, to };
    let start = first_of(views, session, started, Order::Descending).await?;
    let Some((start, place)) = start.and_then(|start| Some((start.id, start.place?))) else {
        return Ok(None);
    };
    let kinds = vec!["span.model_request_end".to_owned()];
    let ended = EventFilter { kinds, from: Some(place.at), to: None };
    let lost = match first_of(views, session, ended, Order::Ascending).await? {
        None => true,
        Some(end) => {
            matches!(end.kind, Kind::ModelRequestEnd { is_error: true, .. })
                && end.place.is_some_and(|end| end.at >= at)
        }
    };
    Ok(lost.then_some((start, place.seq)))
}

async fn first_of(
    views: &dyn Views,
    session: SessionId,
    filter: EventFilter,
    order: Order,
) -> Result<Option<Event>, Failure> {
    let page = Page { cursor: Cursor::Start, order, limit: 1 };
    let found = views.events(session, filter, page).await?;
    Ok(found.and_then(|listing| listing.items.into_iter().next()))
}

/// Where an event stands in the log.
async fn place_of(
    views: &dyn Views,
    session: SessionId,
    event: EventId,
) -> Result<Option<u64>, Failure> {
    let found: Option<Event> = views.event(session, event).await?;
    Ok(found.and_then(|event| event.place).map(|place| place.seq))
}
