"""Every kind of event through the types of `anthropic`."""

import anthropic

from conversation import of
from kinds import IN_LOGS, RICH, cause_all, loses_nothing, unknown
from server import Account, Server


def test_the_types_hold_every_kind_of_event(
    a: anthropic.Anthropic, worker: anthropic.Anthropic, server: Server, account: Account, converse, notes_url: str
) -> None:
    sessions = cause_all(converse, worker.beta.sessions, notes_url)

    kinds = set()
    for session_id in sessions:
        raw = server.json("GET", f"/v1/sessions/{session_id}/events?limit=1000", token=account.token)["data"]
        for event, written in zip(a.beta.sessions.events.list(session_id, limit=1000), raw, strict=True):
            loses_nothing(event, written)
            assert list(unknown(event)) == []
            kinds.add(event.type)
    assert kinds == IN_LOGS


def test_the_types_hold_what_streams_add(a: anthropic.Anthropic, converse) -> None:
    talk = converse("novelist", event_deltas=["agent.message", "agent.thinking"])
    seen = talk.say("tell")
    a.beta.sessions.delete(talk.id)
    seen += talk.remainder()

    assert {event.type for event in seen} >= {"event_start", "event_delta", "session.deleted"}
    assert [name for event in seen for name in unknown(event)] == []


def test_what_is_sent_comes_back_whole(a: anthropic.Anthropic, server: Server, account: Account, converse) -> None:
    talk = converse("echo")

    [stored] = talk.send({"type": "user.message", "content": RICH})

    assert stored.to_dict(mode="json")["content"] == RICH
    assert of(talk.rest(), "user.message").to_dict(mode="json")["content"] == RICH
