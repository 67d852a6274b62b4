"""Every kind of event through the types of `qca-sdk`."""

import json

import qca

from kinds import IN_LOGS, RICH, cause_all, loses_nothing, unknown
from server import Account, Server

OF_NO_TYPE = (".content", ".usage")


def test_the_types_hold_every_kind_of_event(
    q: qca.Managed, server: Server, account: Account, converse, notes_url: str
) -> None:
    sessions = cause_all(converse, q.sessions, notes_url)

    kinds = set()
    for session_id in sessions:
        path = f"/api/v1/cloud/sessions/{session_id}/events?limit=1000"
        raw = server.json("GET", path, token=account.token)["data"]
        for event, written in zip(q.sessions.events.list(session_id, limit=1000), raw, strict=True):
            loses_nothing(event, written)
            # Which type a content block gets is this SDK's guess, and a session's usage has that of a request.
            assert [name for name in unknown(event) if not name.startswith(OF_NO_TYPE)] == []
            kinds.add(event.type)
    assert kinds == IN_LOGS


def test_the_types_hold_what_streams_add(q: qca.Managed, converse) -> None:
    talk = converse("novelist", event_deltas=["agent.message", "agent.thinking"])
    seen = talk.say("tell")
    q.sessions.delete(talk.id)
    seen += talk.remainder()

    assert {event.type for event in seen} >= {"event_start", "event_delta", "session.deleted"}
    assert [name for event in seen for name in unknown(event) if not name.startswith(OF_NO_TYPE)] == []


def test_what_is_sent_comes_back_whole(q: qca.Managed, converse) -> None:
    talk = converse("echo")

    response = q.sessions.events.with_raw_response.send(talk.id, events=[{"type": "user.message", "content": RICH}])

    [stored], [raw] = response.parse().data, json.loads(response.read())["data"]
    assert raw["content"] == RICH
    loses_nothing(stored, raw)
