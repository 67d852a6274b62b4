"""The Anthropic SDK's own work poller: two that race, and one that is killed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anthropic
import pytest
from anthropic.lib.environments import iter_work
from anthropic.types.beta.environments import BetaHeartbeatPreconditionFailedError

from server import Account, Server

PATIENCE = 60


class Farm:
    """An environment with its key, and the operator's view of its items."""

    def __init__(self, server: Server, account: Account) -> None:
        self.server = server
        self.account = account
        self.operator = anthropic.Anthropic(auth_token=account.token, base_url=server.url, max_retries=0)
        self.id = self.operator.beta.environments.create(name="farm", config={"type": "self_hosted"}).id
        self.agent_id = account.agent()
        self.key = account.environment_key(self.id)
        self.worker = anthropic.Anthropic(auth_token=self.key, base_url=server.url, max_retries=0)

    def enqueue(self, count: int) -> list[str]:
        """Queues items and returns their ids, oldest first."""
        for _ in range(count):
            self.operator.beta.sessions.create(agent=self.agent_id, environment_id=self.id)
        return [item.id for item in self.worker.beta.environments.work.list(self.id)]

    def states(self) -> set[str]:
        return {item.state for item in self.worker.beta.environments.work.list(self.id)}

    def drain(self) -> list[str]:
        """What one more worker finds in the queue."""
        work = self.worker.beta.environments.work
        return [item.id for item in iter_work(work, environment_id=self.id, block_ms=None, drain=True)]

    def close(self) -> None:
        self.operator.close()
        self.worker.close()


class WorkerProcess:
    """A child that runs `worker_process.py`, waiting for the word to start."""

    def __init__(self, farm: Farm, stage: str) -> None:
        script = Path(__file__).with_name("worker_process.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script), farm.server.url, farm.id, stage],
            env={**os.environ, "WORKER_ENVIRONMENT_KEY": farm.key},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout.readline() == "ready\n"

    def go(self) -> None:
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def next_report(self) -> dict[str, str]:
        return json.loads(self._process.stdout.readline())

    def all_reports(self) -> list[dict[str, str]]:
        output, _ = self._process.communicate(timeout=PATIENCE)
        assert self._process.returncode == 0
        return [json.loads(line) for line in output.splitlines()]

    def kill(self) -> None:
        """Ends the worker as a power cut would."""
        self._process.kill()
        self._process.communicate(timeout=PATIENCE)
        assert self._process.returncode == -signal.SIGKILL

    def close(self) -> None:
        if self._process.poll() is None:
            self.kill()


@pytest.fixture
def farm(server: Server, account: Account) -> Iterator[Farm]:
    farm = Farm(server, account)
    yield farm
    farm.close()


@pytest.fixture
def spawn(farm: Farm) -> Iterator:
    children: list[WorkerProcess] = []

    def start(stage: str) -> WorkerProcess:
        children.append(WorkerProcess(farm, stage))
        return children[-1]

    yield start
    for child in children:
        child.close()


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


def test_two_processes_share_a_queue_without_overlap(farm: Farm, spawn) -> None:
    queued = farm.enqueue(40)
    workers = [spawn("finish"), spawn("finish")]

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
    farm: Farm, spawn, stage: str, seconds: int, state: str, ended: str
) -> None:
    [work_id] = farm.enqueue(1)
    victim = spawn(stage)
    victim.go()
    report = victim.next_report()
    assert report["work_id"] == work_id

    victim.kill()

    assert farm.states() == {state}
    assert farm.drain() == []
    farm.server.advance(seconds - 1)
    assert farm.drain() == []
    farm.server.advance(2)
    heir = spawn("finish")
    heir.go()
    assert [report["work_id"] for report in heir.all_reports()] == [work_id]
    assert farm.account.outcomes(farm.id, work_id)[0] == ended
    assert len(farm.account.attempts(farm.id, work_id)) == 2
    assert farm.states() == {"stopping"}


def test_killed_holder_cannot_come_back(farm: Farm, spawn) -> None:
    [work_id] = farm.enqueue(1)
    victim = spawn("held")
    victim.go()
    stale = victim.next_report()["last_heartbeat"]
    victim.kill()
    farm.server.advance(301)
    heir = spawn("held")
    heir.go()
    held = heir.next_report()["last_heartbeat"]

    with pytest.raises(BetaHeartbeatPreconditionFailedError) as refused:
        farm.worker.beta.environments.work.heartbeat(work_id, environment_id=farm.id, expected_last_heartbeat=stale)

    assert refused.value.details.current_state.last_heartbeat == held
    item = farm.operator.beta.environments.work.retrieve(work_id, environment_id=farm.id)
    assert (item.state, item.latest_heartbeat_at) == ("active", held)


def test_blocked_poll_is_woken_by_a_new_item(farm: Farm) -> None:
    async def run() -> str:
        async with anthropic.AsyncAnthropic(auth_token=farm.key, base_url=farm.server.url) as client:
            async with asyncio.timeout(PATIENCE):
                polling = asyncio.create_task(next_item(client))
                [work_id] = await asyncio.to_thread(farm.enqueue, 1)
                return work_id == await polling

    async def next_item(client: anthropic.AsyncAnthropic) -> str:
        while True:
            if item := await client.beta.environments.work.poll(farm.id, block_ms=999):
                return item.id

    assert asyncio.run(run())


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
