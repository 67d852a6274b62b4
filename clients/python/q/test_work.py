"""The work queue through `qca-sdk`: poll, ack, list, retrieve, update, stats."""

import re

import pytest
import qca

from server import Account, Server, ids, sessions_token

MISSING = "work_" + "0" * 32
SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_item_as_it_is_queued(q: qca.Managed, environment_id: str, enqueue) -> None:
    item = enqueue(ticket="4711")

    assert re.fullmatch(r"work_[0-9a-f]{32}", item.id)
    found = q.environments.work.retrieve(item.id, environment_id=environment_id).to_dict()
    # A claim's secret is for its holder alone.
    assert found.pop("secret", None) is None
    assert found == {
        "id": item.id,
        "type": "work",
        "environment_id": environment_id,
        "data": {"type": "session", "id": item.data.id},
        "state": "queued",
        "created_at": item.created_at,
        "acknowledged_at": None,
        "started_at": None,
        "latest_heartbeat_at": None,
        "stop_requested_at": None,
        "stopped_at": None,
        "metadata": {"ticket": "4711"},
    }
    assert SECONDS.fullmatch(item.created_at)


def test_poll_of_an_empty_queue_is_null(q: qca.Managed, environment_id: str) -> None:
    assert q.environments.work.poll(environment_id) is None

    response = q.environments.work.with_raw_response.poll(environment_id, block_ms=1)

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/json")
    assert response.headers["cache-control"] == "no-store"
    assert response.http_response.content == b"null"


def test_poll_delivers_oldest_first_and_once(q: qca.Managed, environment_id: str, enqueue) -> None:
    first, second = enqueue(), enqueue()

    assert q.environments.work.poll(environment_id).id == first.id
    assert q.environments.work.poll(environment_id).id == second.id
    assert q.environments.work.poll(environment_id) is None
    assert q.environments.work.retrieve(first.id, environment_id=environment_id).state == "queued"


def test_unacknowledged_delivery_is_repeated(q: qca.Managed, server: Server, environment_id: str, enqueue) -> None:
    item = enqueue()
    assert q.environments.work.poll(environment_id).id == item.id

    server.advance(4)
    assert q.environments.work.poll(environment_id) is None
    server.advance(1)
    again = q.environments.work.poll(environment_id)
    assert (again.id, again.state) == (item.id, "queued")
    assert q.environments.work.poll(environment_id, reclaim_older_than_ms=60_000) is None
    assert q.environments.work.poll(environment_id, reclaim_older_than_ms=0).id == item.id


@pytest.mark.parametrize(
    "query",
    [
        *({"block_ms": value} for value in (0, -1, 1000, "x", "1.5", "")),
        *({"reclaim_older_than_ms": value} for value in (-1, "x", "1.5")),
    ],
)
def test_poll_refuses_bad_parameters(q: qca.Managed, environment_id: str, enqueue, query: dict) -> None:
    item = enqueue()

    with pytest.raises(qca.BadRequestError) as refused:
        q.environments.work.poll(environment_id, extra_query=query)

    assert refused.value.body["error"]["param"] == next(iter(query))
    assert q.environments.work.poll(environment_id, block_ms=999).id == item.id


def test_poll_hands_out_a_claim_token(q: qca.Managed, environment_id: str, enqueue) -> None:
    item = enqueue()

    secret = q.environments.work.poll(environment_id).secret

    assert sessions_token(secret).startswith("lct_")
    assert q.environments.work.ack(item.id, environment_id=environment_id).secret is None


def test_ack_starts_the_item_and_may_be_repeated(q: qca.Managed, server: Server, environment_id: str, enqueue) -> None:
    item = enqueue()
    q.environments.work.poll(environment_id)

    acked = q.environments.work.ack(item.id, environment_id=environment_id)

    assert acked.state == "starting"
    assert SECONDS.fullmatch(acked.acknowledged_at)
    assert acked.started_at is None
    server.advance(2)
    assert q.environments.work.ack(item.id, environment_id=environment_id).to_dict() == acked.to_dict()


def test_ack_by_another_worker_is_refused(q: qca.Managed, environment_id: str, enqueue) -> None:
    item = enqueue()
    assert q.environments.work.poll(environment_id, worker_id="w1").id == item.id
    other = {"Worker-ID": "w2"}

    with pytest.raises(qca.ConflictError) as refused:
        q.environments.work.ack(item.id, environment_id=environment_id, extra_headers=other)
    assert refused.value.type == "invalid_request_error"
    assert q.environments.work.ack(item.id, environment_id=environment_id).state == "starting"
    with pytest.raises(qca.ConflictError):
        q.environments.work.ack(item.id, environment_id=environment_id, extra_headers=other)


def test_ack_needs_a_live_item(q: qca.Managed, environment_id: str, enqueue) -> None:
    item = enqueue()
    q.environments.work.ack(item.id, environment_id=environment_id)
    q.environments.work.stop(item.id, environment_id=environment_id)

    for _ in ("stopping", "stopped"):
        with pytest.raises(qca.ConflictError):
            q.environments.work.ack(item.id, environment_id=environment_id)
        q.environments.work.stop(item.id, environment_id=environment_id, force=True)


def test_unstarted_item_returns_to_the_queue(q: qca.Managed, server: Server, environment_id: str, enqueue) -> None:
    item = enqueue()
    q.environments.work.poll(environment_id)
    q.environments.work.ack(item.id, environment_id=environment_id)

    server.advance(119)
    assert q.environments.work.retrieve(item.id, environment_id=environment_id).state == "starting"
    server.advance(2)
    found = q.environments.work.retrieve(item.id, environment_id=environment_id)
    assert (found.state, found.acknowledged_at) == ("queued", None)


def test_update_patches_metadata_in_every_state(q: qca.Managed, environment_id: str, enqueue) -> None:
    item = enqueue(a="1", keep="me")

    changed = q.environments.work.update(item.id, environment_id=environment_id, metadata={"a": None, "b": ""})

    assert changed.metadata == {"b": "", "keep": "me"}
    q.environments.work.stop(item.id, environment_id=environment_id, force=True)
    stopped = q.environments.work.update(item.id, environment_id=environment_id, metadata={"c": "3"})
    assert (stopped.state, stopped.metadata) == ("stopped", {"b": "", "c": "3", "keep": "me"})
    assert q.environments.work.update(item.id, environment_id=environment_id, metadata={}).metadata == stopped.metadata


@pytest.mark.parametrize("metadata", [{"n": 1}, {f"k{i}": "v" for i in range(17)}, {"k" * 65: "v"}, {"k": "v" * 513}])
def test_update_refuses_bad_metadata(q: qca.Managed, environment_id: str, enqueue, metadata: dict) -> None:
    item = enqueue(a="1")

    with pytest.raises(qca.BadRequestError):
        q.environments.work.update(item.id, environment_id=environment_id, metadata=metadata)

    assert q.environments.work.retrieve(item.id, environment_id=environment_id).metadata == {"a": "1"}


def test_list_pages_in_queue_order(q: qca.Managed, environment_id: str, enqueue) -> None:
    queued = ids(enqueue() for _ in range(5))
    q.environments.work.stop(queued[0], environment_id=environment_id)

    page = q.environments.work.list(environment_id, limit=2)

    assert ids(page.data) == queued[:2]
    assert (page.first_id, page.last_id, page.next_page, page.has_more) == (queued[0], queued[1], queued[1], True)
    assert ids(page.get_next_page().data) == queued[2:4]
    assert ids(q.environments.work.list(environment_id, limit=2)) == queued
    assert ids(q.environments.work.list(environment_id, after_id=queued[2]).data) == queued[3:]
    assert ids(q.environments.work.list(environment_id, before_id=queued[2]).data) == queued[:2]
    # More than a hundred is taken as a hundred.
    assert ids(q.environments.work.list(environment_id, limit=1000).data) == queued


def test_list_refuses_bad_parameters(q: qca.Managed, environment_id: str, enqueue) -> None:
    item = enqueue()

    for arguments in ({"limit": 0}, {"limit": -1}, {"page": item.id, "after_id": item.id}, {"page": "nonsense"}):
        with pytest.raises(qca.BadRequestError):
            q.environments.work.list(environment_id, **arguments)


def test_stats_count_what_waits(q: qca.Managed, server: Server, environment_id: str, enqueue) -> None:
    stats = q.environments.work.stats(environment_id)
    assert stats.to_dict() == {
        "type": "work_queue_stats", "depth": 0, "pending": 0, "oldest_queued_at": None, "workers_polling": 0,
    }  # fmt: skip
    first, second = enqueue(), enqueue()
    q.environments.work.poll(environment_id, worker_id="w1")
    q.environments.work.poll(environment_id, worker_id="w1", reclaim_older_than_ms=60_000)
    q.environments.work.ack(second.id, environment_id=environment_id)

    stats = q.environments.work.stats(environment_id)
    assert (stats.depth, stats.pending, stats.workers_polling) == (0, 1, 1)
    assert stats.oldest_queued_at == first.created_at
    server.advance(5)
    stats = q.environments.work.stats(environment_id)
    assert (stats.depth, stats.pending) == (1, 0)
    server.advance(30)
    assert q.environments.work.stats(environment_id).workers_polling == 0


def test_cloud_environment_has_no_queue(q: qca.Managed) -> None:
    cloud = q.environments.create(name="cloud", config={"type": "cloud"}).id
    work = q.environments.work

    for call in (
        lambda: work.list(cloud),
        lambda: work.poll(cloud),
        lambda: work.stats(cloud),
        lambda: work.retrieve(MISSING, environment_id=cloud),
        lambda: work.update(MISSING, environment_id=cloud, metadata={}),
        lambda: work.ack(MISSING, environment_id=cloud),
        lambda: work.heartbeat(MISSING, environment_id=cloud),
        lambda: work.stop(MISSING, environment_id=cloud),
    ):
        with pytest.raises(qca.BadRequestError) as refused:
            call()
        assert refused.value.type == "invalid_request_error"


def test_item_is_found_in_its_own_environment_alone(q: qca.Managed, environment_id: str, enqueue) -> None:
    item = enqueue()
    sibling = q.environments.create(name="sibling", config={"type": "self_hosted"}).id
    work = q.environments.work

    for environment, work_id in ((sibling, item.id), (environment_id, MISSING), ("env_" + "0" * 32, item.id)):
        for call in (
            lambda: work.retrieve(work_id, environment_id=environment),
            lambda: work.update(work_id, environment_id=environment, metadata={}),
            lambda: work.ack(work_id, environment_id=environment),
            lambda: work.heartbeat(work_id, environment_id=environment),
            lambda: work.stop(work_id, environment_id=environment),
        ):
            with pytest.raises(qca.NotFoundError) as refused:
                call()
            assert refused.value.type == "not_found_error"


def test_archived_environment_drains(q: qca.Managed, account: Account, environment_id: str, enqueue, agent_id: str) -> None:
    item = enqueue()
    q.environments.archive(environment_id)

    assert q.environments.work.poll(environment_id).id == item.id
    q.environments.work.ack(item.id, environment_id=environment_id)
    q.environments.work.heartbeat(item.id, environment_id=environment_id)
    assert q.environments.work.stop(item.id, environment_id=environment_id, force=True).state == "stopped"
    assert account.outcomes(environment_id, item.id) == ["stopped"]
    with pytest.raises(qca.BadRequestError):
        q.sessions.create(agent=agent_id, environment_id=environment_id)
