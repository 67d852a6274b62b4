"""The Work API through `anthropic`, with an environment key as a worker has it."""

import re

import anthropic
import pytest
from anthropic.types.beta.environments import BetaHeartbeatPreconditionFailedError

from server import Account, Server, ids, instant, sessions_token

MISSING = "work_" + "0" * 32
MICROSECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture
def work(worker: anthropic.Anthropic):
    return worker.beta.environments.work


@pytest.fixture
def claimed(work, environment_id: str, enqueue) -> str:
    """The id of an item that was polled and acknowledged."""
    item = enqueue()
    assert work.poll(environment_id).id == item.id
    return work.ack(item.id, environment_id=environment_id).id


def test_poll_carries_the_secret_and_nothing_else_does(
    a: anthropic.Anthropic, work, environment_id: str, enqueue
) -> None:
    item = enqueue()
    assert item.secret is None

    polled = work.poll(environment_id, block_ms=999)

    assert (polled.id, polled.state) == (item.id, "queued")
    assert sessions_token(polled.secret).startswith("lct_")
    assert a.beta.environments.work.retrieve(item.id, environment_id=environment_id).to_dict() == item.to_dict()
    assert work.ack(item.id, environment_id=environment_id).secret is None


def test_poll_of_an_empty_queue(work, environment_id: str) -> None:
    assert work.poll(environment_id) is None
    assert work.poll(environment_id, block_ms=1) is None
    for arguments in ({"block_ms": 0}, {"block_ms": 1000}, {"reclaim_older_than_ms": 0}):
        with pytest.raises(anthropic.BadRequestError):
            work.poll(environment_id, **arguments)


def test_unacknowledged_delivery_is_repeated(work, server: Server, environment_id: str, enqueue) -> None:
    item = enqueue()
    assert work.poll(environment_id).id == item.id
    assert work.poll(environment_id) is None

    server.advance(5)

    assert work.poll(environment_id).id == item.id


def test_ack_starts_the_item_and_may_be_repeated(work, environment_id: str, enqueue) -> None:
    item = enqueue()
    work.poll(environment_id)

    acked = work.ack(item.id, environment_id=environment_id)

    assert (acked.state, acked.latest_heartbeat_at) == ("starting", None)
    assert acked.acknowledged_at is not None
    assert work.ack(item.id, environment_id=environment_id).to_dict() == acked.to_dict()
    work.stop(item.id, environment_id=environment_id, force=True)
    with pytest.raises(anthropic.ConflictError) as refused:
        work.ack(item.id, environment_id=environment_id)
    assert refused.value.type == "invalid_request_error"


def test_heartbeats_are_echoed_byte_for_byte(a: anthropic.Anthropic, work, environment_id: str, claimed: str) -> None:
    first = work.heartbeat(claimed, environment_id=environment_id, expected_last_heartbeat="NO_HEARTBEAT")
    assert (first.state, first.lease_extended, first.ttl_seconds) == ("active", True, 300)
    assert MICROSECONDS.fullmatch(first.last_heartbeat)

    second = work.heartbeat(
        claimed,
        environment_id=environment_id,
        expected_last_heartbeat=first.last_heartbeat,
        desired_ttl_seconds=120,
    )

    assert second.ttl_seconds == 120
    assert instant(second.last_heartbeat) > instant(first.last_heartbeat)
    item = a.beta.environments.work.retrieve(claimed, environment_id=environment_id)
    assert (item.state, item.latest_heartbeat_at) == ("active", second.last_heartbeat)


@pytest.mark.parametrize("stale", ["NO_HEARTBEAT", "first"])
def test_stale_heartbeat_raises_the_typed_error(work, environment_id: str, claimed: str, stale: str) -> None:
    first = work.heartbeat(claimed, environment_id=environment_id, expected_last_heartbeat="NO_HEARTBEAT")
    second = work.heartbeat(claimed, environment_id=environment_id, expected_last_heartbeat=first.last_heartbeat)

    with pytest.raises(BetaHeartbeatPreconditionFailedError) as refused:
        expected = first.last_heartbeat if stale == "first" else stale
        work.heartbeat(claimed, environment_id=environment_id, expected_last_heartbeat=expected)

    error = refused.value
    assert (error.status_code, error.type) == (412, "invalid_request_error")
    assert error.error_code == error.details.error_code == "heartbeat_precondition_failed"
    state = error.details.current_state
    assert (state.state, state.last_heartbeat, state.ttl_seconds) == ("active", second.last_heartbeat, 300)
    assert state.lease_extended is False


@pytest.mark.parametrize("expected", ["NO_HEARTBEAT", "2026-07-02T09:20:03.004310Z"])
def test_conditional_heartbeat_on_a_queued_item(work, environment_id: str, enqueue, expected: str) -> None:
    item = enqueue()

    with pytest.raises(BetaHeartbeatPreconditionFailedError) as refused:
        work.heartbeat(item.id, environment_id=environment_id, expected_last_heartbeat=expected)

    state = refused.value.details.current_state
    assert (state.state, state.last_heartbeat) == ("queued", None)
    # A worker that says nothing of the past claims the item.
    beat = work.heartbeat(item.id, environment_id=environment_id)
    assert (beat.state, beat.lease_extended) == ("active", True)
    [found] = work.list(environment_id)
    assert (found.state, found.latest_heartbeat_at) == ("active", beat.last_heartbeat)
    assert found.acknowledged_at is not None


def test_heartbeat_learns_of_the_stop(a: anthropic.Anthropic, work, environment_id: str, claimed: str) -> None:
    stopping = a.beta.environments.work.stop(claimed, environment_id=environment_id)
    assert (stopping.state, stopping.stopped_at) == ("stopping", None)

    beat = work.heartbeat(claimed, environment_id=environment_id, expected_last_heartbeat="NO_HEARTBEAT")
    assert (beat.state, beat.lease_extended, beat.last_heartbeat, beat.ttl_seconds) == ("stopping", False, "", 120)

    stopped = work.stop(claimed, environment_id=environment_id, force=True)
    assert (stopped.state, stopped.stop_requested_at) == ("stopped", stopping.stop_requested_at)
    beat = work.heartbeat(claimed, environment_id=environment_id)
    assert (beat.state, beat.lease_extended) == ("stopped", False)
    assert work.stop(claimed, environment_id=environment_id).to_dict() == stopped.to_dict()


def test_lapsed_claim_is_superseded(
    connect, work, server: Server, account: Account, environment_id: str, enqueue
) -> None:
    item = enqueue()
    old = connect(sessions_token(work.poll(environment_id).secret)).beta.environments.work
    work.ack(item.id, environment_id=environment_id)
    beat = old.heartbeat(item.id, environment_id=environment_id, expected_last_heartbeat="NO_HEARTBEAT")

    server.advance(301)
    again = work.poll(environment_id)
    assert (again.id, again.state, again.latest_heartbeat_at) == (item.id, "queued", None)
    new = connect(sessions_token(again.secret)).beta.environments.work
    work.ack(item.id, environment_id=environment_id)
    held = new.heartbeat(item.id, environment_id=environment_id, expected_last_heartbeat="NO_HEARTBEAT")

    with pytest.raises(BetaHeartbeatPreconditionFailedError):
        old.heartbeat(item.id, environment_id=environment_id, expected_last_heartbeat=beat.last_heartbeat)
    with pytest.raises(anthropic.ConflictError):
        old.stop(item.id, environment_id=environment_id, force=True)
    [found] = work.list(environment_id)
    assert (found.state, found.latest_heartbeat_at) == ("active", held.last_heartbeat)
    assert new.stop(item.id, environment_id=environment_id, force=True).state == "stopped"
    assert account.outcomes(environment_id, item.id) == ["lapsed", "stopped"]


def test_holder_may_repeat_a_heartbeat_whose_answer_was_lost(
    connect, work, environment_id: str, enqueue
) -> None:
    item = enqueue()
    holder = connect(sessions_token(work.poll(environment_id).secret)).beta.environments.work
    work.ack(item.id, environment_id=environment_id)
    first = holder.heartbeat(item.id, environment_id=environment_id, expected_last_heartbeat="NO_HEARTBEAT")
    arguments = {"environment_id": environment_id, "expected_last_heartbeat": first.last_heartbeat}

    second = holder.heartbeat(item.id, **arguments)

    assert holder.heartbeat(item.id, **arguments).to_dict() == second.to_dict()
    # The environment key alone does not prove the claim.
    with pytest.raises(BetaHeartbeatPreconditionFailedError):
        work.heartbeat(item.id, **arguments)


def test_list_pages_in_queue_order(work, environment_id: str, enqueue) -> None:
    queued = ids(enqueue() for _ in range(5))

    page = work.list(environment_id, limit=2)

    assert ids(page.data) == queued[:2]
    assert ids(page.get_next_page().data) == queued[2:4]
    assert ids(work.list(environment_id, limit=2)) == queued
    assert ids(work.list(environment_id, limit=1000)) == queued
    with pytest.raises(anthropic.BadRequestError):
        work.list(environment_id, limit=0)


def test_update_patches_metadata(a: anthropic.Anthropic, environment_id: str, enqueue) -> None:
    item = enqueue()
    update = a.beta.environments.work.update

    assert update(item.id, environment_id=environment_id, metadata={"a": "1", "b": ""}).metadata == {"a": "1", "b": ""}
    changed = update(item.id, environment_id=environment_id, metadata={"a": None, "absent": None})
    assert changed.metadata == {"b": ""}
    with pytest.raises(anthropic.BadRequestError) as refused:
        update(item.id, environment_id=environment_id, metadata={f"k{i}": "v" for i in range(17)})
    assert refused.value.error_code == "invalid_metadata"


def test_stats_count_what_waits(a: anthropic.Anthropic, work, server: Server, environment_id: str, enqueue) -> None:
    first, _ = enqueue(), enqueue()
    assert work.poll(environment_id, anthropic_worker_id="w1").id == first.id

    for client in (a.beta.environments.work, work):
        stats = client.stats(environment_id)
        assert (stats.depth, stats.pending, stats.workers_polling) == (1, 1, 1)
        assert stats.oldest_queued_at == first.created_at
    server.advance(5)
    assert work.stats(environment_id).depth == 2
