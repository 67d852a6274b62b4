"""A self-hosted environment, work items in it, and a worker with its key."""

import base64
import json
from collections.abc import Callable

import anthropic
import pytest
from anthropic.types.beta.environments import BetaSelfHostedWork

from server import Account


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
def sessions_token() -> Callable[[str], str]:
    """Takes the claim token out of a secret, as the stock worker does."""

    def read(secret: str) -> str:
        return json.loads(base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4)))["sessions_token"]

    return read
