"""The stream of a session through `qca-sdk`: deltas, two readers, resuming, and its end."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import qca

from blocking import Blocking, EventLoop
from conversation import LOOKUP, SILENCE_SECONDS, Conversation, message, of, said, text, types, until, words
from server import PATIENCE_SECONDS, Server, ids

BOTH = ["agent.message", "agent.thinking"]


def test_a_stream_begins_at_its_end(q: qca.Managed, converse) -> None:
    talk = converse("echo")
    talk.say("one")
    late = Conversation(q.sessions, talk.id)

    turn = talk.say("two")

    assert ids(late.rest()) == ids(turn)
    late.close()


def test_deltas_come_before_the_truth(q: qca.Managed, converse) -> None:
    talk = converse("novelist", event_deltas=BOTH)

    turn = talk.say("tell")

    starts = [event.event for event in turn if event.type == "event_start"]
    thought, speech = of(turn, "agent.thinking"), of(turn, "agent.message")
    assert [(start.type, start.id) for start in starts] == [("agent.thinking", thought.id), ("agent.message", speech.id)]
    deltas = [event for event in turn if event.type == "event_delta"]
    assert len(deltas) > 10
    assert {(event.event_id, event.delta.index) for event in deltas} == {(speech.id, 0)}
    assert "".join(event.delta.content.text for event in deltas) == words(speech)
    kinds = [kind for kind in types(turn) if kind != "event_delta"]
    assert kinds[kinds.index("span.model_request_start") :] == [
        "span.model_request_start",
        "event_start",
        "event_start",
        "agent.thinking",
        "agent.message",
        "span.model_request_end",
        "session.usage",
        "session.thread_status_idle",
        "session.status_idle",
    ]
    assert not {"event_start", "event_delta"} & set(types(talk.history()))


def test_two_readers_see_the_same(q: qca.Managed, converse) -> None:
    talk = converse("novelist")
    previewing = Conversation(q.sessions, talk.id, event_deltas=["agent.message"])
    thread = q.sessions.threads.list(talk.id).data[0]
    of_thread = q.sessions.threads.events.stream(thread.id, session_id=talk.id, timeout=SILENCE_SECONDS)

    turn = talk.say("tell")

    previewed = previewing.rest()
    assert {"event_start", "event_delta"} < set(types(previewed))
    final = [event for event in previewed if event.type not in ("event_start", "event_delta")]
    assert [event.to_dict() for event in final] == [event.to_dict() for event in turn]
    arriving = iter(of_thread)
    assert ids(next(arriving) for _ in turn) == ids(turn)
    of_thread.close()
    previewing.close()


def test_resuming_leaves_nothing_out(q: qca.Managed, converse) -> None:
    talk = converse("echo")
    turn = talk.say("one")

    for number, event in enumerate(turn[:-1]):
        resumed = Conversation(q.sessions, talk.id, last_event_id=event.id)
        assert ids(resumed.rest()) == ids(turn[number + 1 :])
        resumed.close()
    resumed = Conversation(q.sessions, talk.id, last_event_id=turn[-1].id)
    assert ids(resumed.say("two")) == ids(talk.rest())
    resumed.close()
    for bad in ("evt_" + "0" * 32, "nonsense"):
        with pytest.raises(qca.BadRequestError):
            q.sessions.events.stream(talk.id, last_event_id=bad)


def test_bad_wishes_are_refused(q: qca.Managed, converse) -> None:
    talk = converse("echo")

    with pytest.raises(qca.BadRequestError):
        q.sessions.events.stream(talk.id, event_deltas=["user.message"])
    with pytest.raises(qca.NotFoundError):
        q.sessions.events.stream("sess_" + "0" * 32)


def test_a_stream_ends_with_its_session(q: qca.Managed, converse) -> None:
    deleted, archived = converse("echo"), converse("echo")
    deleted.say("one")

    q.sessions.delete(deleted.id)
    q.sessions.archive(archived.id)

    assert types(deleted.remainder()) == ["session.deleted"]
    assert archived.remainder() == []


@pytest.fixture(params=["sync", "async"])
def mortal(request: pytest.FixtureRequest, binary: str, tmp_path: Path, event_loop: EventLoop) -> Iterator:
    """A server that may be killed, and a client of it."""
    server = Server(binary, tmp_path)
    token = server.account("mortal").token
    options = {
        "access_token": token,
        "base_url": server.url + "/api/v1/cloud",
        "_strict_response_validation": True,
    }
    is_sync = request.param == "sync"
    client = qca.Managed(**options) if is_sync else Blocking(qca.AsyncManaged(**options), event_loop)
    yield server, client
    client.close()
    assert server.stop() == 0


@contextmanager
def resumable(q: qca.Managed, session_id: str, **options: object) -> Iterator[Iterator]:
    """A stream that reconnects by itself, for ever: a clock ends a test that waits in vain.

    It connects when it is first read, so an event stands before all that matters.
    """
    [interrupt] = q.sessions.events.send(session_id, events=[{"type": "user.interrupt"}]).data
    stream = q.sessions.events.resumable_stream(
        session_id, last_event_id=interrupt.id, timeout=SILENCE_SECONDS, **options
    )
    clock = threading.Timer(PATIENCE_SECONDS, stream.close)
    clock.start()
    yield iter(stream)
    clock.cancel()
    stream.close()


def die_and_come_back(server: Server) -> None:
    server.kill()
    server.restart()
    # A turn's runner dies with its server: another takes over once its lease has lapsed.
    server.advance(11)


def test_a_stream_outlives_a_server_that_is_killed(mortal) -> None:
    server, q = mortal
    environment = q.environments.create(name="farm", config={"type": "self_hosted"})
    agent = q.agents.create(name="agent", model="hands", tools=[LOOKUP])
    session = q.sessions.create(agent=agent.id, environment_id=environment.id)
    with resumable(q, session.id) as arriving:
        q.sessions.events.send(session.id, events=[message("look up")])
        # Dies between what was read and what was not yet.
        seen = [next(arriving) for _ in range(3)]

        die_and_come_back(server)

        seen += until(arriving, "session.status_idle")
        call = of(seen, "agent.custom_tool_use")
        answer = {"type": "user.custom_tool_result", "custom_tool_use_id": call.id, "content": text("sent")}
        q.sessions.events.send(session.id, events=[answer])
        seen += until(arriving, "session.status_idle")
    history = list(q.sessions.events.list(session.id, limit=1000))[1:]
    assert [event.to_dict() for event in seen] == [event.to_dict() for event in history]
    assert said(seen) == ["It says: sent"]


def test_a_turn_outlives_a_server_that_is_killed(mortal) -> None:
    server, q = mortal
    environment = q.environments.create(name="farm", config={"type": "self_hosted"})
    agent = q.agents.create(name="agent", model="novelist")
    session = q.sessions.create(agent=agent.id, environment_id=environment.id)
    with resumable(q, session.id, event_deltas=["agent.message"]) as arriving:
        q.sessions.events.send(session.id, events=[message("tell")])
        seen = until(arriving, "event_delta")

        die_and_come_back(server)

        seen += until(arriving, "session.status_idle")
    history = list(q.sessions.events.list(session.id, limit=1000))[1:]
    final = [event for event in seen if not event.type.startswith("event_")]
    assert ids(final) == ids(history)
    ends = [event.is_error for event in history if event.type == "span.model_request_end"]
    assert ends == [True, False]
    assert types(history).count("agent.message") == 1
