//! Threads of a session (events §9). There is one, the primary: it is the session itself under an id
//! of its own, since an agent here has no others to talk to.

use leasehold_model::SessionId;
use leasehold_model::refusal::Resource;
use leasehold_model::session::Session;

use crate::body::Invalid;
use crate::call::{Call, Outcome};
use crate::failure::{Failure, Problem};

const PREFIX: &str = "sthr_";

/// The id of the primary thread of a session.
pub(crate) fn thread_id(session: SessionId) -> String {
    format!("{PREFIX}{}", session.hex())
}

/// The session and the thread in the path.
///
/// # Errors
/// As [`Call::session`], and 404 for any thread but the primary one.
pub(crate) async fn in_path(call: &Call) -> Result<Session, Failure> {
    let session = call.session().await?;
    let named = call.segment("thread_id");
    if named.as_deref() != Some(thread_id(session.id).as_str()) {
        return Err(Failure::not_found(Resource::Thread));
    }
    Ok(session)
}

/// Archives the thread in the path, which is the primary one.
///
/// # Errors
/// Always: it ends with its session.
pub(crate) async fn archive(call: &Call) -> Outcome {
    in_path(call).await?;
    call.json()?;
    let message = "The primary thread cannot be archived; archive the session instead.";
    Err(Problem::invalid(message).param("thread_id").into())
}

/// Whether the page that a query asks for begins with the one thread; behind it there is none.
///
/// # Errors
/// For more than one cursor, or one that names no thread of this session.
pub(crate) fn is_on_page(
    call: &Call,
    session: SessionId,
    cursors: &[&'static str],
) -> Result<bool, Invalid> {
    let mut seen = false;
    for name in cursors {
        let Some(text) = call.query().one(name)?.filter(|text| !text.is_empty()) else { continue };
        if std::mem::replace(&mut seen, true) {
            return Err(Invalid::said(*name, "Only one cursor may be given."));
        }
        if text != thread_id(session) {
            return Err(Invalid::new(*name, "must be an id of this list"));
        }
    }
    Ok(!seen)
}
