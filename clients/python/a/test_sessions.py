"""Sessions through `anthropic`, with strictly validated answers."""

import re
from datetime import timedelta

import anthropic
import pytest

from server import Account, Server, ids, sessions_token

MISSING = "sesn_" + "0" * 32


def test_create_returns_the_whole_object(a: anthropic.Anthropic, environment_id: str, agent_id: str) -> None:
    made = a.beta.sessions.create(
        agent=agent_id, environment_id=environment_id, title="Nightly", metadata={"ticket": "4711"}
    )

    assert re.fullmatch(r"sesn_[0-9a-f]{32}", made.id)
    answer = made.to_dict(mode="json")
    assert {name: answer[name] for name in answer if name not in ("agent", "usage", "stats")} == {
        "id": made.id,
        "type": "session",
        "environment_id": environment_id,
        "status": "idle",
        "title": "Nightly",
        "metadata": {"ticket": "4711"},
        "resources": [],
        "vault_ids": [],
        "budget": None,
        "outcome_evaluations": [],
        "deployment_id": None,
        "archived_at": None,
        "created_at": answer["created_at"],
        "updated_at": answer["created_at"],
    }
    assert (made.agent.id, made.agent.type) == (agent_id, "agent")
    assert (made.agent.tools, made.agent.mcp_servers, made.agent.skills) == ([], [], [])
    assert (made.agent.description, made.agent.system, made.agent.multiagent) == (None, None, None)
    assert made.agent.execution_identity.type == "service_account"
    assert (made.agent.name, made.agent.version, made.agent.model.id) == ("reviewer", 1, "echo")
    assert made.stats.active_seconds == 0
    assert made.created_at.utcoffset() == timedelta(0)


def test_agent_by_object_keeps_its_version(a: anthropic.Anthropic, environment_id: str, agent_id: str) -> None:
    a.beta.agents.update(agent_id, name="renamed")

    made = a.beta.sessions.create(agent={"type": "agent", "id": agent_id, "version": 1}, environment_id=environment_id)

    assert (made.agent.id, made.agent.version, made.agent.name) == (agent_id, 1, "reviewer")
    assert (made.title, made.metadata) == (None, {})


@pytest.mark.parametrize(
    "arguments",
    [
        {"agent": ""},
        {"metadata": {"k": "v" * 513}},
        {"resources": [{"type": "file", "file_id": "file_" + "0" * 32}]},
        {"vault_ids": ["vlt_1"]},
        {"budget": {"type": "limit", "max_list_cost": {"amount": "100", "currency": "USD"}}},
    ],
)
def test_create_refuses(
    a: anthropic.Anthropic, worker: anthropic.Anthropic, environment_id: str, agent_id: str, arguments: dict
) -> None:
    with pytest.raises(anthropic.BadRequestError) as refused:
        a.beta.sessions.create(**{"agent": agent_id, "environment_id": environment_id, **arguments})

    assert refused.value.type == "invalid_request_error"
    assert ids(a.beta.sessions.list()) == []
    assert worker.beta.environments.work.list(environment_id).data == []


def test_creation_queues_one_work_item_without_metadata(
    a: anthropic.Anthropic, worker: anthropic.Anthropic, environment_id: str, agent_id: str
) -> None:
    made = a.beta.sessions.create(agent=agent_id, environment_id=environment_id, metadata={"ticket": "4711"})

    [item] = worker.beta.environments.work.list(environment_id)

    assert (item.state, item.data.id, item.data.type) == ("queued", made.id, "session")
    assert item.metadata == {}


def test_retrieve_by_account_key_and_claim(
    a: anthropic.Anthropic, worker: anthropic.Anthropic, connect, environment_id: str, agent_id: str
) -> None:
    made = a.beta.sessions.create(agent=agent_id, environment_id=environment_id)
    other = a.beta.sessions.create(agent=agent_id, environment_id=environment_id)
    secret = worker.beta.environments.work.poll(environment_id).secret
    claim = connect(sessions_token(secret))

    for client in (a, worker, claim):
        found = client.beta.sessions.retrieve(made.id)
        assert (found.id, found.status, found.agent.skills, found.resources) == (made.id, "idle", [], [])
    assert worker.beta.sessions.retrieve(other.id).id == other.id
    # A claim opens its own session alone.
    with pytest.raises(anthropic.PermissionDeniedError):
        claim.beta.sessions.retrieve(other.id)
    with pytest.raises(anthropic.NotFoundError):
        a.beta.sessions.retrieve(MISSING)


def test_a_worker_manages_no_sessions(
    a: anthropic.Anthropic, worker: anthropic.Anthropic, environment_id: str, agent_id: str
) -> None:
    made = a.beta.sessions.create(agent=agent_id, environment_id=environment_id)

    for call in (
        lambda: worker.beta.sessions.create(agent=agent_id, environment_id=environment_id),
        lambda: worker.beta.sessions.list(),
        lambda: worker.beta.sessions.update(made.id, title="t"),
        lambda: worker.beta.sessions.archive(made.id),
        lambda: worker.beta.sessions.delete(made.id),
    ):
        with pytest.raises(anthropic.APIStatusError) as refused:
            call()
        assert refused.value.status_code in (401, 403)


def test_update_patches(a: anthropic.Anthropic, server: Server, environment_id: str, agent_id: str) -> None:
    made = a.beta.sessions.create(
        agent=agent_id, environment_id=environment_id, title="t", metadata={"a": "1", "keep": "me"}
    )
    server.advance(1)

    changed = a.beta.sessions.update(made.id, title="u", metadata={"a": None, "b": "2"})

    assert (changed.title, changed.metadata) == ("u", {"b": "2", "keep": "me"})
    assert changed.updated_at - made.updated_at >= timedelta(seconds=1)
    server.advance(1)
    assert a.beta.sessions.update(made.id).updated_at == changed.updated_at
    assert a.beta.sessions.update(made.id, title=None).title is None
    with pytest.raises(anthropic.BadRequestError):
        a.beta.sessions.update(made.id, vault_ids=[])


def test_list_orders_pages_and_filters(
    a: anthropic.Anthropic, server: Server, account: Account, environment_id: str, agent_id: str
) -> None:
    other = account.agent("other")
    made = []
    for agent in (agent_id, other, agent_id):
        made.append(a.beta.sessions.create(agent=agent, environment_id=environment_id))
        server.advance(1)
    oldest_first = ids(made)

    page = a.beta.sessions.list(limit=2)
    assert ids(page.data) == oldest_first[:0:-1]
    assert ids(page.get_next_page().data) == oldest_first[:1]
    assert ids(a.beta.sessions.list(limit=2)) == oldest_first[::-1]
    assert ids(a.beta.sessions.list(limit=2, order="asc")) == oldest_first
    assert ids(a.beta.sessions.list(agent_id=other)) == [oldest_first[1]]
    between = {"created_at_gt": made[0].created_at, "created_at_lt": made[2].created_at}
    assert ids(a.beta.sessions.list(**between)) == [oldest_first[1]]
    assert ids(a.beta.sessions.list(created_at_gte=made[2].created_at)) == [oldest_first[2]]
    assert ids(a.beta.sessions.list(created_at_lte=made[0].created_at)) == [oldest_first[0]]
    assert ids(a.beta.sessions.list(statuses=["running", "rescheduling"])) == []
    assert ids(a.beta.sessions.list(statuses=["running", "idle"])) == oldest_first[::-1]


def test_archive_ends_the_session_and_its_work(
    a: anthropic.Anthropic, worker: anthropic.Anthropic, environment_id: str, agent_id: str
) -> None:
    made = a.beta.sessions.create(agent=agent_id, environment_id=environment_id)
    [item] = worker.beta.environments.work.list(environment_id)

    archived = a.beta.sessions.archive(made.id)

    assert archived.archived_at is not None
    assert archived.status == "terminated"
    assert a.beta.environments.work.retrieve(item.id, environment_id=environment_id).state == "stopped"
    assert worker.beta.environments.work.poll(environment_id) is None
    assert a.beta.sessions.archive(made.id).archived_at == archived.archived_at
    assert ids(a.beta.sessions.list()) == []
    assert ids(a.beta.sessions.list(include_archived=True)) == [made.id]
    with pytest.raises(anthropic.BadRequestError):
        a.beta.sessions.update(made.id, title="t")


def test_delete_is_final_and_ends_its_work(
    a: anthropic.Anthropic, worker: anthropic.Anthropic, environment_id: str, agent_id: str
) -> None:
    made = a.beta.sessions.create(agent=agent_id, environment_id=environment_id)

    assert a.beta.sessions.delete(made.id).to_dict() == {"id": made.id, "type": "session_deleted"}

    assert worker.beta.environments.work.poll(environment_id) is None
    for call in (a.beta.sessions.retrieve, a.beta.sessions.archive, a.beta.sessions.delete):
        with pytest.raises(anthropic.NotFoundError):
            call(made.id)
