"""A self-hosted environment in dialect A, its operator, and its workers.

The workers are the Anthropic SDK's own: in this process on an event loop of their
own, or, if they are to be killed, in a process of their own.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import anthropic
from anthropic.lib.environments import iter_work
from anthropic.types.beta.environments import BetaSelfHostedWork

from conversation import Conversation
from server import Account, Server, sessions_token

PATIENCE = 60
# How long a worker stays with a session whose turn has ended.
MAX_IDLE = 1


class Farm:
    """An environment with its key, and the operator's view of its items."""

    def __init__(self, server: Server, account: Account, workdir: Path) -> None:
        self.server = server
        self.account = account
        self.workdir = workdir
        self.operator = self.connect(account.token)
        self.id = self.operator.beta.environments.create(name="farm", config={"type": "self_hosted"}).id
        self.key = account.environment_key(self.id)
        self.worker = self.connect(self.key)
        self.work = self.worker.beta.environments.work
        self._open: list[Any] = [self.operator, self.worker]

    def connect(self, credential: str) -> anthropic.Anthropic:
        return anthropic.Anthropic(
            auth_token=credential, base_url=self.server.url, max_retries=0, _strict_response_validation=True
        )

    def enqueue(self, count: int) -> list[str]:
        """Queues items and returns their ids, oldest first."""
        agent_id = self.account.agent()
        for _ in range(count):
            self.operator.beta.sessions.create(agent=agent_id, environment_id=self.id)
        return [item.id for item in self.work.list(self.id)]

    def states(self) -> set[str]:
        return {item.state for item in self.work.list(self.id)}

    def drain(self) -> list[str]:
        """What one more worker finds in the queue."""
        return [item.id for item in iter_work(self.work, environment_id=self.id, block_ms=None, drain=True)]

    def converse(self, model: str, *tools: dict) -> Conversation:
        """A new session whose agent has this model and these tools, and which is watched."""
        talk = Conversation.start(self.operator.beta.sessions, self.account, self.id, model, *tools)
        self._open.append(talk)
        return talk

    def items(self, talk: Conversation) -> list[BetaSelfHostedWork]:
        """The items of a session, oldest first."""
        return [item for item in self.work.list(self.id) if item.data.id == talk.id]

    def claim(self, talk: Conversation) -> "Claim":
        """Takes the item of a session by hand, as far as its acknowledgement."""
        polled = self.work.poll(self.id)
        assert polled.data.id == talk.id
        self.work.ack(polled.id, environment_id=self.id)
        claim = Claim(self, polled)
        self._open.append(claim)
        return claim

    def serve(self, **options: Any) -> "Worker":
        """Starts a worker."""
        worker = Worker(self, **options)
        self._open.append(worker)
        return worker

    def spawn(self, stage: str) -> "WorkerProcess":
        """Starts a worker in a process of its own, which waits for the word to begin."""
        worker = WorkerProcess(self, stage)
        self._open.append(worker)
        return worker

    def begun(self, times: int = 1) -> bool:
        """Whether workers have begun so often with the step that waits."""
        mark = self.workdir / "begun"
        return mark.exists() and len(mark.read_text().splitlines()) >= times

    def go(self) -> None:
        """Lets the step that waits go on."""
        (self.workdir / "go").touch()

    def close(self) -> None:
        self.go()
        for each in reversed(self._open):
            each.close()


class Claim:
    """An item that was polled and acknowledged, and a client that holds its token."""

    def __init__(self, farm: Farm, polled: BetaSelfHostedWork) -> None:
        self.id = polled.id
        self.secret = polled.secret
        self.client = farm.connect(sessions_token(polled.secret))
        self._environment_id = farm.id

    def beat(self, expected: str) -> Any:
        return self.client.beta.environments.work.heartbeat(
            self.id, environment_id=self._environment_id, expected_last_heartbeat=expected
        )

    def close(self) -> None:
        self.client.close()


class Worker:
    """The SDK's environment worker in this process, from its start until it is closed."""

    def __init__(self, farm: Farm, **options: Any) -> None:
        self._farm = farm
        self._options = {"workdir": farm.workdir, "max_idle": MAX_IDLE, **options}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._running = asyncio.run_coroutine_threadsafe(self._run(), self._loop)

    async def _run(self) -> None:
        async with anthropic.AsyncAnthropic(auth_token=self._farm.key, base_url=self._farm.server.url) as client:
            worker = client.beta.environments.work.worker(
                environment_id=self._farm.id, environment_key=self._farm.key, **self._options
            )
            await worker.run()

    def close(self) -> None:
        self._running.cancel()
        try:
            self._running.result(timeout=PATIENCE)
        except CancelledError:
            pass
        pending = asyncio.run_coroutine_threadsafe(others_end(), self._loop)
        pending.result(timeout=PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def others_end() -> None:
    """Waits until every other task of this loop has ended."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)


class WorkerProcess:
    """A child that runs `worker_process.py`, waiting for the word to start."""

    def __init__(self, farm: Farm, stage: str) -> None:
        script = Path(__file__).parent / "a" / "worker_process.py"
        self._process = subprocess.Popen(
            [sys.executable, str(script), farm.server.url, farm.id, stage],
            env={**os.environ, "WORKER_ENVIRONMENT_KEY": farm.key},
            cwd=farm.workdir,
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
