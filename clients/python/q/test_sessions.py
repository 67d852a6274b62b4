"""Sessions through `qca-sdk`, and what they do to the work queue."""

import re
from datetime import timedelta

import pytest
import qca

from conversation import message, said
from server import Account, Server, eventually, ids

MISSING = "sess_" + "0" * 32


def test_create_returns_the_whole_object(q: qca.Managed, environment_id: str, agent_id: str) -> None:
    made = q.sessions.create(
        agent=agent_id, environment_id=environment_id, title="Nightly", metadata={"ticket": "4711"}
    )

    assert re.fullmatch(r"sess_[0-9a-f]{32}", made.id)
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
        "environment_variables": {},
        "budget": None,
        "outcome_evaluations": [],
        "deployment_id": None,
        "archived_at": None,
        "created_at": answer["created_at"],
        "updated_at": answer["created_at"],
    }
    assert (made.agent.id, made.agent.type) == (agent_id, "agent")
    assert (made.agent.tools, made.agent.mcp_servers, made.agent.skills) == ([], [], [])
    assert (made.agent.name, made.agent.version, made.agent.model) == ("reviewer", 1, "echo")
    assert made.usage.total_credits == 0
    assert made.stats.active_seconds == 0
    assert made.created_at.utcoffset() == timedelta(0)


def test_agent_by_object_keeps_its_version(q: qca.Managed, environment_id: str, agent_id: str) -> None:
    q.agents.update(agent_id, name="renamed")

    made = q.sessions.create(agent={"type": "agent", "id": agent_id, "version": 1}, environment_id=environment_id)

    assert (made.agent.id, made.agent.version, made.agent.name) == (agent_id, 1, "reviewer")
    assert made.title is None
    assert made.metadata == {}


@pytest.mark.parametrize(
    "arguments",
    [
        {"agent": None},
        {"agent": ""},
        {"metadata": {"k": "v" * 513}},
        {"metadata": {"k" * 65: "v"}},
        {"resources": [{"type": "file", "file_id": "file_" + "0" * 32}]},
        {"environment_variables": {"A": "b"}},
        {"vault_ids": ["vault_" + "0" * 32]},
        {"budget": {"type": "limit", "max_credit_cost": "1"}},
    ],
)
def test_create_refuses(q: qca.Managed, environment_id: str, agent_id: str, arguments: dict) -> None:
    with pytest.raises(qca.BadRequestError) as refused:
        q.sessions.create(**{"agent": agent_id, "environment_id": environment_id, **arguments})

    assert refused.value.type == "invalid_request_error"
    assert ids(q.sessions.list()) == []
    assert q.environments.work.list(environment_id).data == []


def test_create_in_an_unknown_environment(q: qca.Managed, agent_id: str) -> None:
    with pytest.raises(qca.NotFoundError):
        q.sessions.create(agent=agent_id, environment_id="env_" + "0" * 32)


def test_creation_queues_one_work_item(q: qca.Managed, environment_id: str, agent_id: str) -> None:
    made = q.sessions.create(agent=agent_id, environment_id=environment_id, metadata={"ticket": "4711"})

    [item] = q.environments.work.list(environment_id)

    assert item.state == "queued"
    assert item.data.to_dict() == {"type": "session", "id": made.id}
    assert item.metadata == {"ticket": "4711"}
    q.sessions.update(made.id, metadata={"ticket": "4712"})
    assert q.environments.work.retrieve(item.id, environment_id=environment_id).metadata == {"ticket": "4711"}


def test_a_cloud_session_needs_no_worker(q: qca.Managed, agent_id: str) -> None:
    cloud = q.environments.create(name="cloud", config={"type": "cloud"})

    made = q.sessions.create(agent=agent_id, environment_id=cloud.id, initial_events=[message("hello")])

    assert made.environment_id == cloud.id
    eventually(lambda: q.sessions.retrieve(made.id).status == "idle")
    assert said(q.sessions.events.list(made.id)) == ["You said: hello"]


def test_retrieve_returns_what_was_created(q: qca.Managed, environment_id: str, agent_id: str) -> None:
    made = q.sessions.create(agent=agent_id, environment_id=environment_id, title="t")

    found = q.sessions.retrieve(made.id)

    assert found.to_dict() == {**made.to_dict(), "stats": found.to_dict()["stats"]}
    for unknown in (MISSING, "sess_x"):
        with pytest.raises(qca.NotFoundError):
            q.sessions.retrieve(unknown)


def test_update_patches(q: qca.Managed, server: Server, environment_id: str, agent_id: str) -> None:
    made = q.sessions.create(
        agent=agent_id, environment_id=environment_id, title="t", metadata={"a": "1", "keep": "me"}
    )
    server.advance(1)

    changed = q.sessions.update(made.id, title="u", metadata={"a": None, "b": "2"})

    assert changed.title == "u"
    assert changed.metadata == {"b": "2", "keep": "me"}
    assert changed.updated_at - made.updated_at >= timedelta(seconds=1)
    assert changed.created_at == made.created_at
    server.advance(1)
    assert q.sessions.update(made.id).updated_at == changed.updated_at
    assert q.sessions.update(made.id, title=None).title is None


def test_list_orders_pages_and_filters(
    q: qca.Managed, server: Server, account: Account, environment_id: str, agent_id: str
) -> None:
    other = account.agent("other")
    made = []
    for agent in (agent_id, other, agent_id):
        made.append(q.sessions.create(agent=agent, environment_id=environment_id))
        server.advance(1)
    oldest_first = ids(made)

    assert ids(q.sessions.list(limit=2)) == oldest_first[::-1]
    assert ids(q.sessions.list(limit=2, order="asc")) == oldest_first
    page = q.sessions.list(limit=2)
    assert (page.has_more, page.next_page) == (True, page.last_id)
    assert (page.first_id, page.last_id) == (oldest_first[2], oldest_first[1])
    assert ids(q.sessions.list(agent_id=other)) == [oldest_first[1]]
    assert ids(q.sessions.list(created_at_gt=made[0].created_at, created_at_lt=made[2].created_at)) == [oldest_first[1]]
    assert ids(q.sessions.list(created_at_gte=made[2].created_at)) == [oldest_first[2]]
    assert ids(q.sessions.list(created_at_lte=made[0].created_at)) == [oldest_first[0]]
    assert ids(q.sessions.list(statuses=["running"])) == []
    assert ids(q.sessions.list(statuses=["running", "idle"])) == oldest_first[::-1]


@pytest.mark.parametrize("arguments", [{"statuses": ["asleep"]}, {"order": "up"}, {"limit": 0}, {"limit": 101}])
def test_list_refuses_bad_parameters(q: qca.Managed, arguments: dict) -> None:
    with pytest.raises(qca.BadRequestError):
        q.sessions.list(**arguments)


def test_archive_ends_the_session_and_its_work(q: qca.Managed, environment_id: str, agent_id: str) -> None:
    made = q.sessions.create(agent=agent_id, environment_id=environment_id)
    [item] = q.environments.work.list(environment_id)

    archived = q.sessions.archive(made.id)

    assert archived.archived_at is not None
    assert archived.status == "terminated"
    assert q.environments.work.retrieve(item.id, environment_id=environment_id).state == "stopped"
    assert q.environments.work.poll(environment_id) is None
    assert ids(q.sessions.list()) == []
    assert ids(q.sessions.list(include_archived=True)) == [made.id]
    for call in (lambda: q.sessions.archive(made.id), lambda: q.sessions.update(made.id, title="t")):
        with pytest.raises(qca.ConflictError) as refused:
            call()
        assert refused.value.type == "conflict_error"


def test_delete_is_final_and_ends_its_work(q: qca.Managed, environment_id: str, agent_id: str) -> None:
    made = q.sessions.create(agent=agent_id, environment_id=environment_id)

    assert q.sessions.delete(made.id).to_dict() == {"id": made.id, "type": "session_deleted"}

    assert q.environments.work.poll(environment_id) is None
    assert [item.state for item in q.environments.work.list(environment_id)] == ["stopped"]
    for call in (q.sessions.retrieve, q.sessions.archive, q.sessions.delete):
        with pytest.raises(qca.NotFoundError):
            call(made.id)


def test_whose_session_it_is(q: qca.Managed, server: Server, environment_id: str, agent_id: str) -> None:
    made = q.sessions.create(agent=agent_id, environment_id=environment_id)
    stranger = {"Authorization": f"Bearer {server.account('stranger').token}"}

    with pytest.raises(qca.PermissionDeniedError):
        q.sessions.retrieve(made.id, extra_headers=stranger)
    with pytest.raises(qca.PermissionDeniedError):
        q.sessions.create(agent=agent_id, environment_id=environment_id, extra_headers=stranger)
    assert ids(q.sessions.list(extra_headers=stranger)) == []
