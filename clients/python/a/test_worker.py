"""The conformance script of the worker protocol (worker-protocol §10), step by step, with the stock worker.

Its server gives short leases, or each test of a lease that is lost in mid-work would take half a minute.
"""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import anthropic
import pytest
from anthropic.types.beta.environments import BetaHeartbeatPreconditionFailedError

from conversation import TOOLSET, Conversation, message, of, said, types, words
from farm import Farm
from server import Server, eventually, ids

TTL_SECONDS = 10


@pytest.fixture(scope="module")
def server(binary: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(binary, tmp_path_factory.mktemp("server"), default_ttl_seconds=TTL_SECONDS)
    yield server
    assert server.stop() == 0


def test_step_1_a_session_has_all_that_a_worker_reads(farm: Farm) -> None:
    talk = farm.converse("hands", TOOLSET)

    session = farm.worker.beta.sessions.retrieve(talk.id)

    assert (session.status, session.agent.skills, session.resources) == ("idle", [], [])
    [toolset] = session.agent.tools
    assert toolset.type == "agent_toolset_20260401"
    assert toolset.default_config.permission_policy.type == "always_allow"


def test_step_2_a_message_makes_work(farm: Farm) -> None:
    talk = farm.converse("hands", TOOLSET)
    talk.say("greet")

    item = farm.work.poll(farm.id, block_ms=999, anthropic_worker_id="w")

    assert (item.data.type, item.data.id, item.environment_id) == ("session", talk.id, farm.id)
    assert item.secret
    assert farm.work.poll(farm.id, block_ms=1) is None


def test_step_3_an_item_is_acknowledged_and_beats(farm: Farm) -> None:
    talk = farm.converse("hands", TOOLSET)
    talk.say("greet")
    claim = farm.claim(talk)
    [item] = farm.items(talk)
    assert item.state == "starting"

    beat = claim.beat("NO_HEARTBEAT")

    assert (beat.state, beat.lease_extended, beat.ttl_seconds) == ("active", True, TTL_SECONDS)
    assert isinstance(beat.last_heartbeat, str)


def test_step_4_a_claim_opens_session_stream_and_list(farm: Farm) -> None:
    talk = farm.converse("hands", TOOLSET)
    claim = farm.claim(talk)
    sessions = claim.client.beta.sessions
    assert sessions.retrieve(talk.id).id == talk.id

    seen_by_worker = Conversation(sessions, talk.id)
    asked = talk.say("greet")

    assert ids(seen_by_worker.take(len(asked))) == ids(asked)
    history = sessions.events.list(talk.id, limit=1000)
    assert (ids(history.data), history.next_page) == (ids(asked), None)
    seen_by_worker.close()


def test_step_5_a_call_is_announced_and_waited_for(farm: Farm) -> None:
    talk = farm.converse("hands", TOOLSET)

    asked = talk.say("greet")

    call = of(asked, "agent.tool_use")
    assert (call.name, call.input, call.evaluated_permission) == ("bash", {"command": "echo hi"}, "allow")
    assert types(asked)[-4:] == [
        "agent.tool_use",
        "span.model_request_end",
        "session.thread_status_idle",
        "session.status_idle",
    ]
    assert asked[-1].stop_reason.to_dict() == {"type": "requires_action", "event_ids": [call.id]}
    assert talk.status() == "idle"


def test_step_6_the_worker_answers_and_the_turn_ends(farm: Farm, caplog: pytest.LogCaptureFixture) -> None:
    talk = farm.converse("hands", TOOLSET)
    asked = talk.say("greet")

    with caplog.at_level(logging.WARNING, logger="anthropic"):
        farm.serve()
        answered = talk.rest()

    result = of(answered, "user.tool_result")
    assert (result.tool_use_id, result.is_error, words(result)) == (of(asked, "agent.tool_use").id, False, "hi")
    assert types(answered) == [
        "user.tool_result",
        "session.status_running",
        "session.thread_status_running",
        "span.model_request_start",
        "agent.message",
        "span.model_request_end",
        "session.usage",
        "session.thread_status_idle",
        "session.status_idle",
    ]
    assert said(answered) == ["It says: hi"]
    assert answered[-1].stop_reason.type == "end_turn"
    assert ids(talk.history()) == ids(asked + answered)
    assert caplog.records == []


def test_step_7_the_worker_stops_once_it_has_been_idle(farm: Farm) -> None:
    talk = farm.converse("hands", TOOLSET)
    farm.serve()
    talk.send(message("greet"))
    talk.rest()

    eventually(lambda: farm.states() == {"stopped"})

    assert farm.work.poll(farm.id) is None
    [item] = farm.items(talk)
    assert farm.account.outcomes(farm.id, item.id) == ["stopped"]


def test_step_8_a_worker_that_has_lost_its_lease_lets_go(farm: Farm, caplog: pytest.LogCaptureFixture) -> None:
    talk = farm.converse("hands", TOOLSET)
    talk.say("wait")
    claim = farm.claim(talk)
    # Two beats, so that the worker's first one is not taken for a repetition.
    last = claim.beat(claim.beat("NO_HEARTBEAT").last_heartbeat).last_heartbeat

    async def handle() -> None:
        async with anthropic.AsyncAnthropic(auth_token=farm.key, base_url=farm.server.url) as client:
            worker = client.beta.environments.work.worker(workdir=farm.workdir)
            await worker.handle_item(
                work_id=claim.id, environment_id=farm.id, session_id=talk.id, work_secret=claim.secret
            )

    with caplog.at_level(logging.ERROR, logger="anthropic"):
        asyncio.run(handle())

    assert "lease lost: heartbeat precondition failed" in caplog.text
    assert f"server_state=active server_ttl_seconds={TTL_SECONDS} server_last_heartbeat={last}" in caplog.text
    [item] = farm.items(talk)
    assert (item.state, item.latest_heartbeat_at) == ("active", last)
    # What it left alone is still its holder's.
    assert claim.beat(last).lease_extended is True
    with pytest.raises(BetaHeartbeatPreconditionFailedError):
        claim.beat("2026-01-01T00:00:00.000000Z")


def test_step_9_a_worker_that_is_asked_to_stop_finishes_its_call(farm: Farm, caplog: pytest.LogCaptureFixture) -> None:
    talk = farm.converse("hands", TOOLSET)
    call = of(talk.say("wait"), "agent.tool_use")
    with caplog.at_level(logging.INFO, logger="anthropic"):
        farm.serve()
        eventually(farm.begun)
        [item] = farm.items(talk)

        stopping = farm.operator.beta.environments.work.stop(item.id, environment_id=farm.id)

        assert stopping.state == "stopping"
        eventually(lambda: "heartbeat signals shutdown state=stopping lease_extended=False" in caplog.text)
    # The worker beats no more, but hands in what it has begun.
    farm.go()
    answered = talk.rest()
    assert of(answered, "user.tool_result").tool_use_id == call.id
    assert said(answered) == ["It says: went on"]
    eventually(lambda: farm.account.outcomes(farm.id, item.id) == ["stopped"])
    assert ids(farm.items(talk)) == [item.id]


def test_calls_that_a_stopped_item_leaves_behind_are_work_again(farm: Farm) -> None:
    talk = farm.converse("hands", TOOLSET)
    talk.say("greet")
    claim = farm.claim(talk)

    claim.client.beta.environments.work.stop(claim.id, environment_id=farm.id, force=True)

    old, new = farm.items(talk)
    assert (old.id, old.state, new.state) == (claim.id, "stopped", "queued")
    assert new.id != claim.id
    farm.serve()
    assert said(talk.rest()) == ["It says: hi"]


def test_step_10_a_message_after_the_stop_makes_new_work(farm: Farm) -> None:
    talk = farm.converse("hands", TOOLSET)
    farm.serve()
    talk.send(message("greet"))
    talk.rest()
    eventually(lambda: farm.states() == {"stopped"})

    talk.send(message("greet"))

    assert said(talk.rest()) == ["I greet.", "It says: hi"]
    eventually(lambda: farm.states() == {"stopped"})
    first, second = farm.items(talk)
    assert first.id != second.id


def test_a_message_while_the_worker_is_there_needs_no_new_work(farm: Farm) -> None:
    talk = farm.converse("hands", TOOLSET)
    farm.serve()
    talk.send(message("greet"))
    talk.rest()

    talk.send(message("greet"))

    assert said(talk.rest()) == ["I greet.", "It says: hi"]
    assert len(farm.items(talk)) == 1


def test_a_worker_that_is_killed_in_mid_tool_is_replaced(farm: Farm) -> None:
    talk = farm.converse("hands", TOOLSET)
    call = of(talk.say("wait"), "agent.tool_use")
    victim = farm.spawn("serve")
    victim.go()
    eventually(farm.begun)

    victim.kill()

    [item] = farm.items(talk)
    assert item.state == "active"
    assert farm.drain() == []
    farm.server.advance(TTL_SECONDS + 1)
    farm.serve()
    eventually(lambda: farm.begun(times=2))
    farm.go()
    answered = talk.rest()
    assert [event.tool_use_id for event in answered if event.type == "user.tool_result"] == [call.id]
    assert said(answered) == ["It says: went on"]
    # The same item, delivered a second time.
    assert len(farm.items(talk)) == 1
    eventually(lambda: farm.account.outcomes(farm.id, item.id) == ["lapsed", "stopped"])


def test_a_superseded_claim_writes_nothing(farm: Farm) -> None:
    talk = farm.converse("hands", TOOLSET)
    call = of(talk.say("greet"), "agent.tool_use")
    late = farm.claim(talk)
    late.beat("NO_HEARTBEAT")
    result = {"type": "user.tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "late"}]}
    farm.server.advance(TTL_SECONDS + 1)
    heir = farm.claim(talk)

    for use in (
        lambda: late.client.beta.sessions.events.send(talk.id, events=[result]),
        lambda: late.client.beta.sessions.events.list(talk.id),
        lambda: late.client.beta.sessions.retrieve(talk.id),
    ):
        with pytest.raises((anthropic.AuthenticationError, anthropic.PermissionDeniedError)):
            use()

    assert "user.tool_result" not in types(talk.history())
    [stored] = heir.client.beta.sessions.events.send(talk.id, events=[result]).data
    assert stored.processed_at is not None


@pytest.fixture
def mortal_farm(binary: str, tmp_path: Path) -> Iterator[Farm]:
    """A farm on a server that may be killed. Its clock starts afresh with it, so its leases are long."""
    (tmp_path / "server").mkdir()
    server = Server(binary, tmp_path / "server")
    farm = Farm(server, server.account("mortal"), tmp_path)
    yield farm
    farm.close()
    assert server.stop() == 0


def test_a_worker_outlives_its_server(mortal_farm: Farm) -> None:
    farm = mortal_farm
    talk = farm.converse("hands", TOOLSET)
    talk.say("wait")
    farm.serve()
    eventually(farm.begun)

    farm.server.kill()
    # The worker has its answer before there is a server to take it.
    farm.go()
    farm.server.restart()

    eventually(lambda: "agent.message" in types(talk.history()))
    history = talk.history()
    assert said(history) == ["It says: went on"]
    assert types(history).count("user.tool_result") == 1
    [item] = farm.items(talk)
    eventually(lambda: farm.account.outcomes(farm.id, item.id) == ["stopped"])


@pytest.mark.parametrize("end", ["archive", "delete"])
def test_a_worker_leaves_a_session_that_is_over(farm: Farm, end: str) -> None:
    talk, next_one = farm.converse("hands", TOOLSET), farm.converse("hands", TOOLSET)
    # No turn has ended, so nothing but the end of the session lets the worker go.
    farm.serve(max_idle=None)
    eventually(lambda: [item.state for item in farm.items(talk)] == ["active"])

    getattr(farm.operator.beta.sessions, end)(talk.id)

    next_one.send(message("greet"))
    assert said(next_one.rest()) == ["I greet.", "It says: hi"]
