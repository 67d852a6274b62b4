"""Threads through `qca-sdk`: every session has one."""

import re

import pytest
import qca

from conversation import types
from server import ids

MISSING = "sthr_" + "0" * 32


def test_every_session_has_a_primary_thread(q: qca.Managed, converse) -> None:
    talk = converse("echo")

    [thread] = q.sessions.threads.list(talk.id)

    assert re.fullmatch(r"sthr_[0-9a-f]{32}", thread.id)
    assert (thread.type, thread.session_id, thread.parent_thread_id) == ("session_thread", talk.id, None)
    assert (thread.status, thread.archived_at) == ("idle", None)
    assert (thread.agent.name, thread.agent.type) == ("reviewer", "agent")
    assert not thread.model_extra
    found = q.sessions.threads.retrieve(thread.id, session_id=talk.id)
    assert {**found.to_dict(), "stats": None} == {**thread.to_dict(), "stats": None}


def test_the_thread_has_the_sessions_events(q: qca.Managed, converse) -> None:
    talk = converse("echo")
    [thread] = q.sessions.threads.list(talk.id)

    turn = talk.say("hello")

    events = list(q.sessions.threads.events.list(thread.id, session_id=talk.id, limit=3))
    assert ids(events) == ids(turn)
    named = [event for event in events if event.type.startswith("session.thread_status_")]
    assert types(named) == ["session.thread_status_running", "session.thread_status_idle"]
    assert {(event.session_thread_id, event.agent_name) for event in named} == {(thread.id, "reviewer")}
    assert named[-1].stop_reason.to_dict() == {"type": "end_turn"}


def test_refusals(q: qca.Managed, converse) -> None:
    talk, other = converse("echo"), converse("echo")
    [thread] = q.sessions.threads.list(talk.id)

    with pytest.raises(qca.BadRequestError):
        q.sessions.threads.archive(thread.id, session_id=talk.id)
    for session_id, thread_id in ((talk.id, MISSING), (other.id, thread.id)):
        with pytest.raises(qca.NotFoundError):
            q.sessions.threads.retrieve(thread_id, session_id=session_id)
        with pytest.raises(qca.NotFoundError):
            list(q.sessions.threads.events.list(thread_id, session_id=session_id))
