"""A self-hosted environment and work items in it."""

from collections.abc import Callable, Iterator

import pytest
import qca
from qca.managed.types.self_hosted_work import SelfHostedWork

from conversation import Conversation
from server import Account

# Queues a work item by creating a session with this metadata.
Enqueue = Callable[..., SelfHostedWork]


@pytest.fixture
def environment_id(q: qca.Managed) -> str:
    return q.environments.create(name="farm", config={"type": "self_hosted"}).id


@pytest.fixture
def enqueue(q: qca.Managed, environment_id: str, agent_id: str) -> Enqueue:
    def make(**metadata: str) -> SelfHostedWork:
        session = q.sessions.create(agent=agent_id, environment_id=environment_id, metadata=metadata)
        [item] = [item for item in q.environments.work.list(environment_id) if item.data.id == session.id]
        return item

    return make


@pytest.fixture
def converse(q: qca.Managed, environment_id: str, account: Account) -> Iterator[Callable[..., Conversation]]:
    """Makes a session whose agent has this model and these tools, and watches it."""
    open_ones = []

    def start(model: str, *tools: dict, **options: object) -> Conversation:
        open_ones.append(Conversation.start(q.sessions, account, environment_id, model, *tools, **options))
        return open_ones[-1]

    yield start
    for each in open_ones:
        each.close()
