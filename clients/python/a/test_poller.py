"""The Anthropic SDK's own work poller: two that race, and one that is killed."""

import asyncio

import anthropic
import pytest
from anthropic.lib.environments import iter_work
from anthropic.types.beta.environments import BetaHeartbeatPreconditionFailedError

from farm import PATIENCE, Farm
from server import eventually


def test_two_pollers_share_a_queue_without_overlap(farm: Farm) -> None:
    queued = farm.enqueue(24)
    handled: dict[str, list[str]] = {"w1": [], "w2": []}

    async def run() -> None:
        # Neither poller goes on before both hold an item.
        both_hold = asyncio.Barrier(2)
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            for worker_id in handled:
                group.create_task(consume(worker_id, both_hold))

    async def consume(worker_id: str, both_hold: asyncio.Barrier) -> None:
        async with anthropic.AsyncAnthropic(auth_token=farm.account.token, base_url=farm.server.url) as client:
            poller = client.beta.environments.work.poller(
                environment_id=farm.id, environment_key=farm.key, worker_id=worker_id, block_ms=None, drain=True
            )
            async for item in poller:
                handled[worker_id].append(item.id)
                if len(handled[worker_id]) == 1:
                    await both_hold.wait()

    asyncio.run(run())

    assert sorted(handled["w1"] + handled["w2"]) == queued
    for worker_id, taken in handled.items():
        assert taken
        for work_id in taken:
            [attempt] = farm.account.attempts(farm.id, work_id)
            assert (attempt["attempt"], attempt["worker_id"]) == (1, worker_id)
    # The poller asks for an orderly stop, which nobody is left to confirm.
    assert farm.states() == {"stopping"}
    farm.server.advance(121)
    assert farm.states() == {"stopped"}
    assert farm.drain() == []


def test_two_processes_share_a_queue_without_overlap(farm: Farm) -> None:
    queued = farm.enqueue(40)
    workers = [farm.spawn("finish"), farm.spawn("finish")]

    for worker in workers:
        worker.go()
    handled = [report["work_id"] for worker in workers for report in worker.all_reports()]

    assert sorted(handled) == queued
    assert all(len(farm.account.attempts(farm.id, work_id)) == 1 for work_id in queued)


@pytest.mark.parametrize(
    ("stage", "seconds", "state", "ended"),
    [
        # The window after which a delivery that nobody acknowledged is repeated.
        ("delivered", 5, "queued", "superseded"),
        # The lease that an acknowledgement gives, until the first heartbeat.
        ("acknowledged", 120, "starting", "lapsed"),
        ("held", 300, "active", "lapsed"),
    ],
)
def test_killed_worker_loses_its_item_to_another(
    farm: Farm, stage: str, seconds: int, state: str, ended: str
) -> None:
    [work_id] = farm.enqueue(1)
    victim = farm.spawn(stage)
    victim.go()
    report = victim.next_report()
    assert report["work_id"] == work_id

    victim.kill()

    assert farm.states() == {state}
    assert farm.drain() == []
    farm.server.advance(seconds - 1)
    assert farm.drain() == []
    farm.server.advance(2)
    heir = farm.spawn("finish")
    heir.go()
    assert [report["work_id"] for report in heir.all_reports()] == [work_id]
    assert farm.account.outcomes(farm.id, work_id)[0] == ended
    assert len(farm.account.attempts(farm.id, work_id)) == 2
    assert farm.states() == {"stopping"}


def test_killed_holder_cannot_come_back(farm: Farm) -> None:
    [work_id] = farm.enqueue(1)
    victim = farm.spawn("held")
    victim.go()
    stale = victim.next_report()["last_heartbeat"]
    victim.kill()
    farm.server.advance(301)
    heir = farm.spawn("held")
    heir.go()
    held = heir.next_report()["last_heartbeat"]

    with pytest.raises(BetaHeartbeatPreconditionFailedError) as refused:
        farm.worker.beta.environments.work.heartbeat(work_id, environment_id=farm.id, expected_last_heartbeat=stale)

    assert refused.value.details.current_state.last_heartbeat == held
    item = farm.operator.beta.environments.work.retrieve(work_id, environment_id=farm.id)
    assert (item.state, item.latest_heartbeat_at) == ("active", held)


def test_a_worker_that_polls_already_gets_what_comes_later(farm: Farm) -> None:
    def enqueue_once_polled() -> list[str]:
        eventually(lambda: farm.work.stats(farm.id).workers_polling == 1)
        return farm.enqueue(1)

    async def next_item(client: anthropic.AsyncAnthropic) -> str:
        while True:
            if item := await client.beta.environments.work.poll(farm.id, block_ms=999, anthropic_worker_id="w"):
                return item.id

    async def run() -> tuple[str, list[str]]:
        async with anthropic.AsyncAnthropic(auth_token=farm.key, base_url=farm.server.url) as client:
            async with asyncio.timeout(PATIENCE):
                return await asyncio.gather(next_item(client), asyncio.to_thread(enqueue_once_polled))

    taken, queued = asyncio.run(run())
    assert [taken] == queued


def test_poller_leaves_the_stop_to_the_consumer(farm: Farm) -> None:
    [work_id] = farm.enqueue(1)
    work = farm.worker.beta.environments.work

    [item] = iter_work(work, environment_id=farm.id, block_ms=None, drain=True, auto_stop=False)

    assert item.id == work_id
    assert farm.states() == {"starting"}
    assert work.stop(work_id, environment_id=farm.id, force=True).state == "stopped"


def test_poller_ends_when_its_key_is_refused(farm: Farm) -> None:
    client = anthropic.Anthropic(auth_token="ek-unknown", base_url=farm.server.url)

    with pytest.raises(anthropic.AuthenticationError):
        next(iter_work(client.beta.environments.work, environment_id=farm.id))
