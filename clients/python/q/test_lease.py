"""The lease of a work item through `qca-sdk`: heartbeat, stop and lapse."""

import re
import uuid

import pytest
import qca

from server import Account, Server, instant

MICROSECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


class Claim:
    """An item that was polled and acknowledged, and the calls on it."""

    def __init__(self, q: qca.Managed, environment_id: str, work_id: str) -> None:
        self.work = q.environments.work
        self.environment_id = environment_id
        self.id = work_id
        assert self.work.poll(environment_id).id == work_id
        self.work.ack(work_id, environment_id=environment_id)

    def beat(self, expected: str | None = None, **options):
        return self.work.heartbeat(
            self.id, environment_id=self.environment_id, expected_last_heartbeat=expected, **options
        )

    def stop(self, **options):
        return self.work.stop(self.id, environment_id=self.environment_id, **options)

    def item(self):
        return self.work.retrieve(self.id, environment_id=self.environment_id)

    def refused_beat(self, expected: str | None = None, **options) -> qca.APIStatusError:
        with pytest.raises(qca.APIStatusError) as refused:
            self.beat(expected, **options)
        return refused.value


@pytest.fixture
def claim(q: qca.Managed, environment_id: str, enqueue) -> Claim:
    return Claim(q, environment_id, enqueue().id)


def test_first_heartbeat_makes_the_item_active(claim: Claim) -> None:
    beat = claim.beat("NO_HEARTBEAT")

    assert beat.to_dict() == {
        "type": "work_heartbeat",
        "last_heartbeat": beat.last_heartbeat,
        "lease_extended": True,
        "state": "active",
        "ttl_seconds": 300,
    }
    assert MICROSECONDS.fullmatch(beat.last_heartbeat)
    item = claim.item()
    assert item.state == "active"
    assert item.started_at == beat.last_heartbeat[:19] + "Z"
    # The same instant in the same text.
    assert item.latest_heartbeat_at == beat.last_heartbeat


def test_echo_extends_and_every_beat_is_later(claim: Claim) -> None:
    beats = [claim.beat("NO_HEARTBEAT").last_heartbeat]
    for _ in range(20):
        beats.append(claim.beat(beats[-1]).last_heartbeat)

    assert [instant(beat) for beat in beats] == sorted({instant(beat) for beat in beats})
    assert claim.item().latest_heartbeat_at == beats[-1]
    # Without an expectation the beat is unconditional.
    assert instant(claim.beat().last_heartbeat) > instant(beats[-1])


@pytest.mark.parametrize("stale", ["NO_HEARTBEAT", "first", "2020-01-01T00:00:00Z"])
def test_stale_echo_fails_the_precondition(claim: Claim, stale: str) -> None:
    first = claim.beat("NO_HEARTBEAT").last_heartbeat
    second = claim.beat(first, desired_ttl_seconds=60).last_heartbeat

    error = claim.refused_beat(first if stale == "first" else stale)

    assert error.status_code == 412
    assert error.type == "precondition_failed_error"
    details = error.body["error"]["details"]
    assert details["error_code"] == "heartbeat_precondition_failed"
    state = details["current_state"]
    assert (state["state"], state["last_heartbeat"], state["ttl_seconds"]) == ("active", second, 60)
    assert state["lease_extended"] is False
    assert claim.item().latest_heartbeat_at == second


@pytest.mark.parametrize(("wish", "granted"), [(1, 10), (10, 10), (45, 45), (600, 600), (9999, 600)])
def test_ttl_wish_is_clamped(claim: Claim, wish: int, granted: int) -> None:
    first = claim.beat("NO_HEARTBEAT", desired_ttl_seconds=wish)

    assert first.ttl_seconds == granted
    # A wish holds for one beat.
    assert claim.beat(first.last_heartbeat).ttl_seconds == 300


@pytest.mark.parametrize(
    "query",
    [
        *({"desired_ttl_seconds": value} for value in ("0", "-5", "1.5", "abc", "")),
        *({"expected_last_heartbeat": value} for value in ("yesterday", "no_heartbeat", "")),
    ],
)
def test_heartbeat_refuses_bad_parameters_before_it_looks_at_the_item(claim: Claim, query: dict) -> None:
    claim.stop(force=True)

    error = claim.refused_beat(extra_query=query)

    assert (error.status_code, error.body["error"]["param"]) == (400, next(iter(query)))


def test_heartbeat_needs_an_acknowledged_item(q: qca.Managed, environment_id: str, enqueue) -> None:
    item = enqueue()
    for state in ("queued", "stopped"):
        with pytest.raises(qca.ConflictError) as refused:
            q.environments.work.heartbeat(
                item.id, environment_id=environment_id, expected_last_heartbeat="NO_HEARTBEAT"
            )
        assert refused.value.type == "invalid_request_error"
        found = q.environments.work.retrieve(item.id, environment_id=environment_id)
        assert (found.state, found.latest_heartbeat_at) == (state, None)
        q.environments.work.stop(item.id, environment_id=environment_id, force=True)


def test_graceful_stop_is_asked_for_seen_and_confirmed(claim: Claim, server: Server) -> None:
    last = claim.beat("NO_HEARTBEAT", desired_ttl_seconds=120).last_heartbeat

    asked = claim.stop()
    assert (asked.state, asked.stopped_at) == ("stopping", None)
    assert asked.stop_requested_at is not None
    server.advance(1)
    for expected in (last, "NO_HEARTBEAT", "2020-01-01T00:00:00Z", None):
        beat = claim.beat(expected)
        assert (beat.state, beat.lease_extended, beat.last_heartbeat) == ("stopping", False, last)
        assert beat.ttl_seconds == 120
    assert claim.item().to_dict() == asked.to_dict()

    confirmed = claim.stop()
    assert confirmed.state == "stopped"
    assert confirmed.stop_requested_at == asked.stop_requested_at
    assert instant(confirmed.stopped_at) > instant(asked.stop_requested_at)
    server.advance(1)
    assert claim.stop().to_dict() == confirmed.to_dict()
    assert claim.stop(force=True).to_dict() == confirmed.to_dict()


def test_beat_of_a_stopping_item_that_never_beat(claim: Claim) -> None:
    claim.stop()

    beat = claim.beat("NO_HEARTBEAT")

    assert (beat.state, beat.lease_extended, beat.last_heartbeat, beat.ttl_seconds) == ("stopping", False, "", 120)
    assert claim.item().latest_heartbeat_at is None


def test_forced_stop_is_final(claim: Claim, account: Account) -> None:
    last = claim.beat("NO_HEARTBEAT").last_heartbeat

    stopped = claim.stop(force=True)

    assert (stopped.state, stopped.stop_requested_at) == ("stopped", None)
    assert stopped.stopped_at is not None
    assert claim.refused_beat(last).status_code == 409
    assert account.outcomes(claim.environment_id, claim.id) == ["stopped"]


def test_queued_item_stops_at_once(q: qca.Managed, environment_id: str, enqueue) -> None:
    item = enqueue()

    stopped = q.environments.work.stop(item.id, environment_id=environment_id)

    assert stopped.state == "stopped"
    assert stopped.stop_requested_at == stopped.stopped_at
    assert q.environments.work.poll(environment_id) is None


@pytest.mark.parametrize("body", [{"force": "yes"}, {"force": None}, {"force": 1}])
def test_stop_refuses_a_force_that_is_no_boolean(claim: Claim, body: dict) -> None:
    with pytest.raises(qca.BadRequestError) as refused:
        claim.stop(extra_body=body)

    assert refused.value.body["error"]["param"] == "force"
    assert claim.item().state == "starting"


def test_abandoned_stop_ends_by_itself(claim: Claim, server: Server) -> None:
    claim.beat("NO_HEARTBEAT", desired_ttl_seconds=10)
    claim.stop()

    server.advance(59)
    assert claim.item().state == "stopping"
    server.advance(2)
    assert claim.item().state == "stopped"


def test_lapsed_lease_is_taken_by_another(q: qca.Managed, claim: Claim, server: Server, account: Account) -> None:
    old = claim.beat("NO_HEARTBEAT", desired_ttl_seconds=10).last_heartbeat
    server.advance(9)
    assert q.environments.work.poll(claim.environment_id) is None
    assert claim.item().state == "active"

    server.advance(2)

    # True at that instant, before any poll.
    lapsed = claim.item()
    assert lapsed.state == "queued"
    assert (lapsed.acknowledged_at, lapsed.started_at, lapsed.latest_heartbeat_at) == (None, None, None)
    assert q.environments.work.stats(claim.environment_id).depth == 1
    error = claim.refused_beat(old)
    assert error.status_code == 409
    assert error.body["error"]["details"]["current_state"]["state"] == "queued"

    taken = Claim(q, claim.environment_id, claim.id)
    assert claim.refused_beat(old).status_code == 412
    new = taken.beat("NO_HEARTBEAT").last_heartbeat
    assert instant(new) > instant(old)
    assert claim.refused_beat(old).status_code == 412
    assert taken.item().latest_heartbeat_at == new
    assert account.outcomes(claim.environment_id, claim.id) == ["lapsed", "open"]


def test_idempotency_key_repeats_a_lost_heartbeat(claim: Claim) -> None:
    first = claim.beat("NO_HEARTBEAT").last_heartbeat
    key = {"Idempotency-Key": str(uuid.uuid4())}

    beat = claim.beat(first, extra_headers=key)

    assert claim.beat(first, extra_headers=key).to_dict() == beat.to_dict()
    assert claim.item().latest_heartbeat_at == beat.last_heartbeat
    assert claim.refused_beat(first).status_code == 412
