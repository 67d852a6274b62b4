"""Events, streams and threads through `anthropic`, with strictly validated answers."""

import re

import anthropic
import pytest
from anthropic.lib.sessions import accumulate_managed_agents_event

from conversation import SILENCE_SECONDS, TOOLSET, Conversation, message, of, said, text, types, until, words
from server import Server, ids


def test_a_turn_without_tools(a: anthropic.Anthropic, converse) -> None:
    talk = converse("echo")

    [sent] = talk.send(message("hello"))

    assert re.fullmatch(r"sevt_[0-9a-f]{32}", sent.id)
    assert sent.processed_at is None
    turn = talk.rest()
    assert types(turn) == [
        "session.status_running",
        "session.thread_status_running",
        "user.message",
        "span.model_request_start",
        "agent.message",
        "span.model_request_end",
        "session.usage",
        "session.thread_status_idle",
        "session.status_idle",
    ]
    assert said(turn) == ["You said: hello"]
    assert of(turn, "user.message").id == sent.id
    usage = of(turn, "span.model_request_end").model_usage
    assert usage.input_tokens > 0 and usage.output_tokens > 0
    assert [event.to_dict() for event in talk.history()] == [event.to_dict() for event in turn]
    total = a.beta.sessions.retrieve(talk.id).usage
    assert (total.input_tokens, total.output_tokens) == (usage.input_tokens, usage.output_tokens)


def test_initial_events_start_the_session(a: anthropic.Anthropic, environment_id: str, agent_id: str) -> None:
    made = a.beta.sessions.create(agent=agent_id, environment_id=environment_id, initial_events=[message("hello")])

    assert made.status == "running"
    assert types(a.beta.sessions.events.list(made.id))[:3] == [
        "session.status_running",
        "session.thread_status_running",
        "user.message",
    ]
    for bad in ([message("")], [{"type": "system.message", "content": text("x")}], [message("x")] * 51):
        with pytest.raises(anthropic.BadRequestError):
            a.beta.sessions.create(agent=agent_id, environment_id=environment_id, initial_events=bad)


def test_a_refusal_says_why(converse) -> None:
    talk = converse("fickle")

    turn = talk.say("something bad")

    assert turn[-1].stop_reason.type == "refusal"
    assert turn[-1].stop_details.to_dict() == {
        "type": "refusal",
        "category": "cyber",
        "explanation": "It is not kind.",
    }


def test_one_bad_event_refuses_all(a: anthropic.Anthropic, converse) -> None:
    talk = converse("echo")
    unknown = "sevt_" + "0" * 32

    for bad in (
        {"type": "user.message", "content": text("")},
        {"type": "user.message", "content": "hello"},
        {"type": "user.tool_confirmation", "tool_use_id": unknown, "result": "allow"},
        {"type": "user.custom_tool_result", "custom_tool_use_id": unknown, "content": text("x")},
        {"type": "agent.message", "content": text("x")},
    ):
        with pytest.raises(anthropic.BadRequestError) as refused:
            talk.send(message("hello"), bad)
        assert refused.value.type == "invalid_request_error"
    assert (talk.history(), talk.status()) == ([], "idle")
    a.beta.sessions.archive(talk.id)
    with pytest.raises(anthropic.BadRequestError):
        talk.send(message("hello"))
    with pytest.raises(anthropic.NotFoundError):
        a.beta.sessions.events.send("sesn_" + "0" * 32, events=[message("hello")])


def test_list_pages_orders_and_filters(a: anthropic.Anthropic, server: Server, converse) -> None:
    talk = converse("echo")
    first = talk.say("one")
    server.advance(10)
    second = talk.say("two")
    everything = ids(first + second)

    assert ids(talk.history(limit=3)) == everything
    assert ids(talk.history(limit=1000)) == everything
    assert ids(talk.history(limit=3, order="desc")) == everything[::-1]
    page = a.beta.sessions.events.list(talk.id, limit=3)
    assert ids(page.data) == everything[:3]
    assert ids(page.get_next_page().data) == everything[3:6]
    assert types(talk.history(types=["user.message", "agent.message"])) == ["user.message", "agent.message"] * 2
    assert ids(talk.history(created_at_gte=second[0].processed_at)) == ids(second)
    assert ids(talk.history(created_at_lt=second[0].processed_at)) == ids(first)
    for bad in ({"limit": 0}, {"limit": 1001}, {"order": "up"}, {"page": "x"}):
        with pytest.raises(anthropic.BadRequestError):
            talk.history(**bad)


def test_previews_add_up_to_the_message(converse) -> None:
    talk = converse("novelist", event_deltas=["agent.message", "agent.thinking"])
    talk.send(message("tell"))

    snapshot, grown = None, []
    turn = talk.until("session.status_idle")
    for event in turn:
        snapshot = accumulate_managed_agents_event(snapshot, event)
        if event.type == "event_delta":
            grown.append(words(snapshot))

    message_event = of(turn, "agent.message")
    assert len(grown) > 10
    assert grown[-1] == words(message_event) == words(snapshot)
    assert all(later.startswith(sooner) for sooner, later in zip(grown, grown[1:]))
    assert not {"event_start", "event_delta"} & set(types(talk.history()))


def test_two_readers_see_the_same(a: anthropic.Anthropic, connect, account, environment_id: str, converse) -> None:
    talk = converse("novelist")
    by_key = Conversation(connect(account.environment_key(environment_id)).beta.sessions, talk.id)
    previewing = Conversation(a.beta.sessions, talk.id, event_deltas=["agent.message"])

    turn = talk.say("tell")

    assert [event.to_dict() for event in by_key.rest()] == [event.to_dict() for event in turn]
    previewed = previewing.rest()
    assert {"event_start", "event_delta"} < set(types(previewed))
    assert [event.to_dict() for event in previewed if not event.type.startswith("event_")] == [
        event.to_dict() for event in turn
    ]
    by_key.close()
    previewing.close()


def test_this_dialect_does_not_resume(a: anthropic.Anthropic, converse) -> None:
    talk = converse("echo")
    first = talk.say("one")

    again = Conversation(a.beta.sessions, talk.id, extra_headers={"Last-Event-ID": first[0].id})

    second = talk.say("two")
    assert ids(again.rest()) == ids(second)
    again.close()


def test_interrupt_breaks_an_answer_off(converse) -> None:
    talk = converse("novelist", event_deltas=["agent.message"])
    talk.send(message("tell"))
    talk.until("event_delta")

    talk.send({"type": "user.interrupt"})

    ended = talk.until("session.status_idle")
    assert [kind for kind in types(ended) if kind != "event_delta"] == [
        "span.model_request_end",
        "user.interrupt",
        "session.thread_status_idle",
        "session.status_idle",
    ]
    assert ended[-1].stop_reason.type == "end_turn"


def test_a_stream_ends_with_its_session(a: anthropic.Anthropic, converse) -> None:
    deleted, archived, lost = converse("echo"), converse("echo"), converse("fickle")

    a.beta.sessions.delete(deleted.id)
    a.beta.sessions.archive(archived.id)
    lost.send(message("too long"))

    assert types(deleted.remainder()) == ["session.deleted"]
    assert archived.remainder() == []
    assert types(lost.remainder())[-2:] == ["session.error", "session.status_terminated"]
    assert lost.status() == "terminated"


def test_archive_and_delete_wait_for_the_turn(a: anthropic.Anthropic, converse) -> None:
    talk = converse("novelist")
    talk.send(message("tell"))
    talk.until("span.model_request_start")

    for end in (a.beta.sessions.archive, a.beta.sessions.delete):
        with pytest.raises(anthropic.BadRequestError):
            end(talk.id)

    talk.rest()
    assert a.beta.sessions.archive(talk.id).status == "terminated"


def test_every_session_has_a_primary_thread(a: anthropic.Anthropic, converse) -> None:
    talk = converse("hands", TOOLSET)

    [thread] = a.beta.sessions.threads.list(talk.id)

    assert re.fullmatch(r"sthr_[0-9a-f]{32}", thread.id)
    assert (thread.session_id, thread.parent_thread_id, thread.status) == (talk.id, None, "idle")
    assert a.beta.sessions.threads.retrieve(thread.id, session_id=talk.id).id == thread.id
    stream = a.beta.sessions.threads.events.stream(
        thread.id, session_id=talk.id, event_deltas=["agent.message"], timeout=SILENCE_SECONDS
    )
    turn = talk.say("greet")
    seen = until(iter(stream), "session.status_idle")
    stream.close()
    assert ids(event for event in seen if not event.type.startswith("event_")) == ids(turn)
    assert {"event_start", "event_delta"} < set(types(seen))
    assert ids(a.beta.sessions.threads.events.list(thread.id, session_id=talk.id, limit=3)) == ids(turn)
    with pytest.raises(anthropic.BadRequestError):
        a.beta.sessions.threads.archive(thread.id, session_id=talk.id)
