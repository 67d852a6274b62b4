"""Tools, through the stock worker and the SDK's session tool runner: whose they are, and who has to say yes."""

import asyncio

import anthropic
import pytest
from anthropic import beta_async_tool

from conversation import ASKING_TOOLSET, LOOKUP, TOOLSET, Conversation, message, of, said, text, types, words
from farm import MAX_IDLE, PATIENCE, Farm
from server import eventually


def test_all_six_tools_of_the_worker(farm: Farm) -> None:
    talk = farm.converse("hands", TOOLSET)
    farm.serve()

    talk.send(message("every tool"))

    turn = talk.rest()
    called = {event.id: event.name for event in turn if event.type == "agent.tool_use"}
    assert list(called.values()) == ["write", "edit", "read", "glob", "grep", "bash"]
    results = {called[event.tool_use_id]: event for event in turn if event.type == "user.tool_result"}
    assert {name: event.is_error for name, event in results.items()} == {
        "write": False, "edit": False, "read": False, "glob": False, "grep": False, "bash": True,
    }  # fmt: skip
    assert "three" in words(results["read"])
    assert words(results["glob"]) == str(farm.workdir / "notes" / "a.txt")
    assert "three" in words(results["grep"])
    assert words(results["bash"]).startswith("one\nthree")
    # Each answer leaves the others waiting, and the last one lets the turn go on.
    waiting = [event.stop_reason.event_ids for event in turn[:-1] if event.type == "session.status_idle"]
    assert waiting == [list(called)[number:] for number in range(len(called))]


def test_a_call_is_held_until_it_is_allowed(farm: Farm) -> None:
    talk = farm.converse("hands", ASKING_TOOLSET)
    farm.serve()
    call = of(talk.say("greet"), "agent.tool_use")
    assert call.evaluated_permission == "ask"
    eventually(lambda: [item.state for item in farm.items(talk)] == ["active"])

    talk.send({"type": "user.tool_confirmation", "tool_use_id": call.id, "result": "allow"})

    answered = talk.rest()
    assert types(answered)[:2] == ["user.tool_confirmation", "user.tool_result"]
    assert said(answered) == ["It says: hi"]


def test_a_call_that_is_denied_is_never_made(farm: Farm) -> None:
    talk = farm.converse("hands", ASKING_TOOLSET)
    farm.serve()
    call = of(talk.say("wait"), "agent.tool_use")

    talk.send({"type": "user.tool_confirmation", "tool_use_id": call.id, "result": "deny", "deny_message": "No."})

    answered = talk.rest()
    assert of(answered, "agent.tool_result").tool_use_id == call.id
    assert "No." in said(answered)[-1]
    # The worker has seen it all, and goes.
    eventually(lambda: farm.states() == {"stopped"})
    assert not farm.begun()
    assert "user.tool_result" not in types(talk.history())


def test_a_custom_tool_is_answered_by_another_client(farm: Farm) -> None:
    talk = farm.converse("hands", TOOLSET, LOOKUP)
    farm.serve()
    talk.send(message("both"))
    asked = talk.until("session.status_idle")
    custom = of(asked, "agent.custom_tool_use")
    assert (custom.name, custom.input) == ("lookup", {"order": "4711"})
    # The worker answers what is its own, and leaves the rest.
    while asked[-1].type != "session.status_idle" or asked[-1].stop_reason.event_ids != [custom.id]:
        asked.append(talk.next())

    talk.send({"type": "user.custom_tool_result", "custom_tool_use_id": custom.id, "content": text("sent")})

    answered = talk.rest()
    assert types(answered)[0] == "user.custom_tool_result"
    assert answered[-1].stop_reason.type == "end_turn"
    assert len(farm.items(talk)) == 1


@pytest.mark.parametrize("holder", ["account", "environment key"])
def test_the_session_tool_runner_answers_a_custom_tool(farm: Farm, holder: str) -> None:
    talk = farm.converse("hands", LOOKUP)
    talk.send(message("look up"))

    @beta_async_tool
    async def lookup(order: str) -> str:
        """Looks up an order."""
        return f"{order} was sent"

    async def run() -> list:
        async with anthropic.AsyncAnthropic(auth_token=farm.account.token, base_url=farm.server.url) as client:
            key = {"environment_key": farm.key} if holder == "environment key" else {}
            runner = client.beta.sessions.events.tool_runner(talk.id, tools=[lookup], max_idle=MAX_IDLE, **key)
            return [call async for call in runner]

    [call] = asyncio.run(asyncio.wait_for(run(), PATIENCE))

    assert (call.name, call.posted, call.is_error) == ("lookup", True, False)
    turn = talk.rest()
    assert of(turn, "user.custom_tool_result").custom_tool_use_id == call.tool_use_id
    assert said(turn) == ["It says: 4711 was sent"]


def test_interrupt_ends_a_call_that_is_being_made(farm: Farm) -> None:
    talk = farm.converse("hands", TOOLSET)
    farm.serve()
    call = of(talk.say("wait"), "agent.tool_use")
    eventually(farm.begun)

    talk.send({"type": "user.interrupt"})

    ended = talk.until("session.status_idle")
    assert types(ended) == ["user.tool_result", "user.interrupt", "session.thread_status_idle", "session.status_idle"]
    assert (ended[0].tool_use_id, ended[0].is_error) == (call.id, True)
    assert ended[-1].stop_reason.type == "end_turn"
    # What the worker brings now is too late, and does no harm.
    farm.go()
    talk.send(message("greet"))
    assert said(talk.rest()) == ["I greet.", "It says: hi"]
    results = [event for event in talk.history() if event.type == "user.tool_result"]
    assert [event.is_error for event in results] == [True, False]


def test_who_may_answer_what(farm: Farm) -> None:
    talk = farm.converse("hands", TOOLSET, LOOKUP)
    asked = talk.say("both")
    call, custom = of(asked, "agent.tool_use"), of(asked, "agent.custom_tool_use")
    claim = farm.claim(talk)
    result = {"type": "user.tool_result", "tool_use_id": call.id, "content": text("hi")}
    custom_result = {"type": "user.custom_tool_result", "custom_tool_use_id": custom.id, "content": text("sent")}

    # Results of the worker's tools come with a worker's credential.
    with pytest.raises(anthropic.PermissionDeniedError):
        talk.send(result)
    for sessions in (farm.worker.beta.sessions, claim.client.beta.sessions):
        for event in (message("hello"), {"type": "user.interrupt"}):
            with pytest.raises(anthropic.PermissionDeniedError):
                sessions.events.send(talk.id, events=[event])
    claim.client.beta.sessions.events.send(talk.id, events=[result])
    farm.worker.beta.sessions.events.send(talk.id, events=[custom_result])
    assert talk.rest()[-1].stop_reason.type == "end_turn"


def test_a_worker_sees_its_own_sessions_alone(farm: Farm) -> None:
    talk, other = farm.converse("echo"), farm.converse("echo")
    claim = farm.claim(talk)

    with pytest.raises(anthropic.PermissionDeniedError):
        Conversation(claim.client.beta.sessions, other.id)
    with pytest.raises(anthropic.PermissionDeniedError):
        claim.client.beta.sessions.events.list(other.id)
    assert farm.worker.beta.sessions.events.list(other.id).data == []
