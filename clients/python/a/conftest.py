"""A self-hosted environment, work items in it, and a worker with its key."""

from collections.abc import Callable, Iterator
from pathlib import Path

import anthropic
import pytest
from anthropic.types.beta.environments import BetaSelfHostedWork

from conversation import Conversation
from farm import Farm
from server import Account, Server


@pytest.fixture
def environment_id(a: anthropic.Anthropic) -> str:
    return a.beta.environments.create(name="farm", config={"type": "self_hosted"}).id


@pytest.fixture
def worker(connect: Callable, account: Account, environment_id: str) -> anthropic.Anthropic:
    """A client that holds the environment's key, as a worker does."""
    return connect(account.environment_key(environment_id))


@pytest.fixture
def enqueue(
    a: anthropic.Anthropic, worker: anthropic.Anthropic, environment_id: str, agent_id: str
) -> Callable[..., BetaSelfHostedWork]:
    """Queues a work item by creating a session."""

    def make(**metadata: str) -> BetaSelfHostedWork:
        session = a.beta.sessions.create(agent=agent_id, environment_id=environment_id, metadata=metadata)
        [item] = [item for item in worker.beta.environments.work.list(environment_id) if item.data.id == session.id]
        return item

    return make


@pytest.fixture
def farm(server: Server, account: Account, tmp_path: Path) -> Iterator[Farm]:
    farm = Farm(server, account, tmp_path)
    yield farm
    farm.close()


@pytest.fixture
def converse(
    a: anthropic.Anthropic, environment_id: str, account: Account
) -> Iterator[Callable[..., Conversation]]:
    """Makes a session whose agent has this model and these tools, and watches it."""
    open_ones = []

    def start(model: str, *tools: dict, **options: object) -> Conversation:
        open_ones.append(Conversation.start(a.beta.sessions, account, environment_id, model, *tools, **options))
        return open_ones[-1]

    yield start
    for each in open_ones:
        each.close()
