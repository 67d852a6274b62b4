"""Events through `qca-sdk`: a client that is its own worker, and the rules of sending."""

import uuid

import pytest
import qca

from conversation import ASKING_TOOLSET, LOOKUP, TOOLSET, message, of, said, text, types
from server import Server, eventually, ids

TURN = [
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


def test_a_turn_without_tools(converse) -> None:
    talk = converse("echo")

    [sent] = talk.send(message("hello"))

    assert (sent.type, sent.processed_at) == ("user.message", None)
    turn = talk.rest()
    assert types(turn) == TURN
    assert said(turn) == ["You said: hello"]
    assert of(turn, "user.message").id == sent.id
    assert turn[-1].stop_reason.to_dict() == {"type": "end_turn"}
    assert [event.to_dict() for event in talk.history()] == [event.to_dict() for event in turn]
    instants = [event.processed_at for event in turn]
    assert instants == sorted(set(instants))
    assert talk.status() == "idle"


def test_initial_events_start_the_session(q: qca.Managed, environment_id: str, agent_id: str) -> None:
    made = q.sessions.create(agent=agent_id, environment_id=environment_id, initial_events=[message("hello")])

    assert made.status == "running"
    eventually(lambda: q.sessions.retrieve(made.id).status == "idle")
    assert types(q.sessions.events.list(made.id)) == TURN
    assert len(q.environments.work.list(environment_id).data) == 1
    for bad in ([message("")], [{"type": "user.interrupt"}], [message("x")] * 51):
        with pytest.raises(qca.BadRequestError):
            q.sessions.create(agent=agent_id, environment_id=environment_id, initial_events=bad)


def test_a_tool_call_waits_for_its_result(q: qca.Managed, converse) -> None:
    talk = converse("hands", TOOLSET)

    asked = talk.say("greet")

    call = of(asked, "agent.tool_use")
    assert (call.name, call.input, call.evaluated_permission) == ("bash", {"command": "echo hi"}, "allow")
    assert asked[-1].stop_reason.to_dict() == {"type": "requires_action", "event_ids": [call.id]}
    assert talk.status() == "idle"
    result = {"type": "user.tool_result", "tool_use_id": call.id, "content": text("hi"), "is_error": False}
    [stored] = talk.send(result)
    assert stored.processed_at is not None
    answered = talk.rest()
    assert types(answered)[:3] == ["user.tool_result", "session.status_running", "session.thread_status_running"]
    assert said(answered) == ["It says: hi"]
    # The same once more is no news; another answer is one too many.
    assert ids(talk.send(result)) == [stored.id]
    with pytest.raises(qca.BadRequestError):
        talk.send({**result, "content": text("ho")})
    assert ids(talk.history()) == ids(asked + answered)


def test_a_call_that_needs_a_word(q: qca.Managed, converse) -> None:
    talk = converse("hands", ASKING_TOOLSET)
    call = of(talk.say("greet"), "agent.tool_use")
    assert call.evaluated_permission == "ask"
    result = {"type": "user.tool_result", "tool_use_id": call.id, "content": text("hi")}

    talk.send({"type": "user.tool_confirmation", "tool_use_id": call.id, "result": "allow"})
    assert types(talk.history())[-1] == "user.tool_confirmation"
    assert talk.status() == "idle"
    talk.send(result)

    assert said(talk.rest()) == ["It says: hi"]
    with pytest.raises(qca.BadRequestError):
        talk.send({"type": "user.tool_confirmation", "tool_use_id": call.id, "result": "allow"})


def test_a_result_before_its_confirmation_is_held(q: qca.Managed, converse) -> None:
    talk = converse("hands", ASKING_TOOLSET)
    call = of(talk.say("greet"), "agent.tool_use")

    [held] = talk.send({"type": "user.tool_result", "tool_use_id": call.id, "content": text("early")})

    assert held.processed_at is None
    assert (talk.history()[-1].id, talk.status()) == (held.id, "idle")
    talk.send({"type": "user.tool_confirmation", "tool_use_id": call.id, "result": "allow"})
    assert said(talk.rest()) == ["It says: early"]


def test_a_denial_is_told_to_the_model(q: qca.Managed, converse) -> None:
    talk = converse("hands", ASKING_TOOLSET)
    call = of(talk.say("greet"), "agent.tool_use")

    denial = {"type": "user.tool_confirmation", "tool_use_id": call.id, "result": "deny", "deny_message": "Not today."}
    talk.send(denial)

    answered = talk.rest()
    assert types(answered)[:4] == [
        "user.tool_confirmation",
        "session.status_running",
        "session.thread_status_running",
        "agent.tool_result",
    ]
    assert of(answered, "agent.tool_result").is_error is True
    assert "Not today." in said(answered)[-1]
    with pytest.raises(qca.BadRequestError):
        talk.send({"type": "user.tool_confirmation", "tool_use_id": call.id, "result": "allow", "deny_message": "x"})


def test_some_answers_leave_the_others_waiting(q: qca.Managed, converse) -> None:
    talk = converse("hands", TOOLSET, LOOKUP)
    asked = talk.say("both")
    custom, worker = of(asked, "agent.custom_tool_use"), of(asked, "agent.tool_use")
    assert asked[-1].stop_reason.event_ids == [custom.id, worker.id]

    talk.send({"type": "user.tool_result", "tool_use_id": worker.id, "content": text("hi")})

    left = talk.until("session.status_idle")[-1]
    assert left.stop_reason.to_dict() == {"type": "requires_action", "event_ids": [custom.id]}
    talk.send({"type": "user.custom_tool_result", "custom_tool_use_id": custom.id, "content": text("sent")})
    assert talk.rest()[-1].stop_reason.type == "end_turn"


def test_a_call_of_an_unknown_tool_is_refused_without_anybody(q: qca.Managed, converse) -> None:
    talk = converse("hands", TOOLSET)

    turn = talk.say("forbidden")

    assert of(turn, "agent.tool_use").evaluated_permission == "deny"
    assert of(turn, "agent.tool_result").is_error is True
    assert turn[-1].stop_reason.type == "end_turn"


@pytest.mark.parametrize(
    "event",
    [
        {"type": "user.message", "content": "hello"},
        {"type": "user.message", "content": []},
        {"type": "user.message", "content": text("")},
        {"type": "user.message", "content": [{"type": "tool_use", "id": "x"}]},
        {"type": "agent.message", "content": text("x")},
        {"type": "user.tool_result", "tool_use_id": "evt_" + "0" * 32, "content": text("x")},
        {"type": "user.tool_result", "content": text("x")},
        {"type": "user.custom_tool_result", "custom_tool_use_id": "evt_x", "content": text("x")},
        {"type": "user.tool_confirmation", "tool_use_id": "evt_" + "0" * 32, "result": "allow"},
        {"type": "user.tool_confirmation", "tool_use_id": "evt_" + "0" * 32, "result": "perhaps"},
    ],
)
def test_one_bad_event_refuses_all(q: qca.Managed, converse, event: dict) -> None:
    talk = converse("echo")

    with pytest.raises(qca.BadRequestError) as refused:
        talk.send(message("hello"), event)

    assert refused.value.type == "invalid_request_error"
    assert talk.history() == []
    assert talk.status() == "idle"


def test_a_system_message_comes_behind_a_message(converse) -> None:
    talk = converse("echo")
    brief = {"type": "system.message", "content": text("Be short.")}

    with pytest.raises(qca.BadRequestError):
        talk.send(brief)
    assert talk.history() == []

    assert types(talk.send(message("hello"), brief)) == ["user.message", "system.message"]


def test_the_form_of_a_send(q: qca.Managed, converse) -> None:
    talk = converse("echo")

    for events in ([], [message("x")] * 101):
        with pytest.raises(qca.BadRequestError):
            talk.send(*events)
    with pytest.raises(qca.NotFoundError):
        q.sessions.events.send("sess_" + "0" * 32, events=[message("x")])


def test_an_idempotency_key_sends_once(q: qca.Managed, converse) -> None:
    talk = converse("echo")
    key = {"Idempotency-Key": str(uuid.uuid4())}

    first = q.sessions.events.send(talk.id, events=[message("x")], extra_headers=key)
    again = q.sessions.events.send(talk.id, events=[message("x")], extra_headers=key)

    assert ids(again.data) == ids(first.data)
    talk.rest()
    assert types(talk.history()).count("user.message") == 1


def test_a_message_while_it_waits_is_queued(q: qca.Managed, converse) -> None:
    talk = converse("hands", LOOKUP)
    call = of(talk.say("look up"), "agent.custom_tool_use")

    [queued] = talk.send(message("and greet"))

    assert (talk.history()[-1].id, talk.history()[-1].processed_at) == (queued.id, None)
    talk.send({"type": "user.custom_tool_result", "custom_tool_use_id": call.id, "content": text("sent")})
    turn = talk.rest()
    assert ids(turn).index(queued.id) < types(turn).index("span.model_request_start")


def test_interrupt_ends_the_wait_for_a_tool(q: qca.Managed, converse) -> None:
    talk = converse("hands", TOOLSET, LOOKUP)
    asked = talk.say("both")

    talk.send({"type": "user.interrupt"})

    ended = talk.until("session.status_idle")
    # In a self-hosted session a worker sees by this kind that its call is over.
    assert types(ended) == [
        "user.custom_tool_result",
        "user.tool_result",
        "user.interrupt",
        "session.thread_status_idle",
        "session.status_idle",
    ]
    assert [event.is_error for event in ended[:2]] == [True, True]
    assert ended[-1].stop_reason.to_dict() == {"type": "cancelled"}
    late = {"type": "user.tool_result", "tool_use_id": of(asked, "agent.tool_use").id, "content": text("late")}
    with pytest.raises(qca.BadRequestError):
        talk.send(late)
    assert talk.say("greet")[-1].stop_reason.type == "requires_action"


def test_interrupt_breaks_an_answer_off(q: qca.Managed, converse) -> None:
    talk = converse("novelist", event_deltas=["agent.message"])
    talk.send(message("tell"))
    talk.until("event_delta")

    talk.send({"type": "user.interrupt"}, message("again"))

    ended = talk.until("session.status_idle")
    assert [kind for kind in types(ended) if kind != "event_delta"] == [
        "span.model_request_end",
        "user.interrupt",
        "session.thread_status_idle",
        "session.status_idle",
    ]
    assert of(ended, "span.model_request_end").is_error is True
    assert "agent.message" in types(talk.rest())


def test_interrupt_of_a_session_at_rest_changes_nothing(q: qca.Managed, converse) -> None:
    talk = converse("echo")

    talk.send({"type": "user.interrupt"})

    assert types(talk.history()) == ["user.interrupt"]
    assert talk.status() == "idle"


def test_cancel_ends_the_turn(q: qca.Managed, converse) -> None:
    talk = converse("hands", TOOLSET)
    talk.say("greet")

    cancelled = q.sessions.cancel(talk.id)

    assert cancelled.to_dict() == {"id": talk.id, "type": "session", "status": "canceling"}
    ended = talk.until("session.status_idle")
    assert types(ended)[0] == "user.tool_result"
    assert ended[-1].stop_reason.to_dict() == {"type": "cancelled"}
    before = ids(talk.history())
    q.sessions.cancel(talk.id)
    assert ids(talk.history()) == before
    q.sessions.archive(talk.id)
    with pytest.raises(qca.ConflictError):
        q.sessions.cancel(talk.id)


def test_a_failure_that_passes(
    q: qca.Managed, server: Server, converse, request: pytest.FixtureRequest
) -> None:
    talk = converse("fickle")
    talk.send(message(f"busy, says {request.node.callspec.params['q']}"))

    troubled = talk.until("session.status_rescheduled")

    error = of(troubled, "session.error").error
    assert (error.type, error.message) == ("model_overloaded_error", "Too many people.")
    assert error.retry_status.type == "retrying"
    assert of(troubled, "span.model_request_end").is_error is True
    assert talk.status() == "rescheduling"
    server.advance(2)
    assert said(talk.rest()) == ["Here I am again."]


def test_a_failure_that_lasts_is_given_up(q: qca.Managed, server: Server, converse) -> None:
    talk = converse("fickle")
    talk.send(message("always busy"))

    for pause in (1, 2, 4, 8):
        troubled = talk.until("session.status_rescheduled")
        assert of(troubled, "session.error").error.retry_status.type == "retrying"
        server.advance(pause)

    ended = talk.until("session.status_idle")
    assert of(ended, "session.error").error.retry_status.type == "exhausted"
    assert ended[-1].stop_reason.type == "retries_exhausted"


@pytest.mark.parametrize(
    ("wish", "error", "retry", "last"),
    [
        ("no money", "billing_error", "exhausted", "session.status_idle"),
        ("too long", "unknown_error", "terminal", "session.status_terminated"),
    ],
)
def test_a_failure_that_no_retry_helps(converse, wish: str, error: str, retry: str, last: str) -> None:
    talk = converse("fickle")
    talk.send(message(wish))

    troubled = talk.until(last)

    event = of(troubled, "session.error")
    assert (event.error.type, event.error.retry_status.type) == (error, retry)
    if retry == "exhausted":
        assert troubled[-1].stop_reason.type == "retries_exhausted"
        # The session lives on, and the model hears both messages.
        assert talk.say("well?")[-1].stop_reason.type == "retries_exhausted"
    else:
        assert talk.status() == "terminated"
        # The stream ends with the session.
        assert talk.remainder() == []
        with pytest.raises(qca.ConflictError):
            talk.send(message("well?"))


def test_list_pages_orders_and_filters(q: qca.Managed, server: Server, converse) -> None:
    talk = converse("echo")
    first = talk.say("one")
    server.advance(10)
    second = talk.say("two")
    everything = ids(first + second)

    assert ids(talk.history(limit=3)) == everything
    assert ids(talk.history(limit=1000)) == everything
    assert ids(talk.history(limit=3, order="desc")) == everything[::-1]
    page = q.sessions.events.list(talk.id, limit=3)
    assert (page.first_id, page.last_id, page.has_more) == (everything[0], everything[2], True)
    assert ids(q.sessions.events.list(talk.id, after_id=everything[4], limit=2).data) == everything[5:7]
    assert ids(q.sessions.events.list(talk.id, before_id=everything[4], limit=2).data) == everything[2:4]
    messages = ["user.message", "agent.message"]
    assert types(talk.history(types=[*messages, "agent.unheard_of"])) == messages * 2
    assert ids(talk.history(created_at_gte=second[0].processed_at)) == ids(second)
    assert ids(talk.history(created_at_lt=second[0].processed_at)) == ids(first)
    assert ids(talk.history(created_at_gt=first[-1].processed_at, created_at_lte=second[0].processed_at)) == [
        second[0].id
    ]


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 1001}, {"order": "up"}, {"page": "evt_x"}, {"after_id": "evt_" + "0" * 32}]
)
def test_list_refuses_bad_parameters(q: qca.Managed, converse, query: dict) -> None:
    talk = converse("echo")
    talk.say("one")

    with pytest.raises(qca.BadRequestError):
        talk.history(**query)
