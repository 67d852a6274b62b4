"""Agents through `qca-sdk`: every method, versions, and the error classes."""

import pytest
import qca

from server import Account, Server, ids

MISSING = "agent_" + "0" * 32
TOOLSET = {
    "type": "agent_toolset_20260401",
    "default_config": {"permission_policy": {"type": "always_ask"}},
    "configs": [{"name": "bash", "enabled": False}],
    "enabled_tools": ["Bash", "Read"],
}
CUSTOM = {
    "type": "custom",
    "name": "look_up",
    "description": "Looks it up.",
    "input_schema": {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]},
}


def test_create_returns_the_whole_object(q: qca.Managed) -> None:
    made = q.agents.create(
        name="reviewer",
        model="scripted",
        description="d",
        system="Be brief.",
        tools=[TOOLSET, CUSTOM, {"type": "mcp_toolset", "mcp_server_name": "files"}],
        mcp_servers=[{"type": "url", "name": "files", "url": "https://example.com/mcp"}],
        skills=[{"type": "qoder", "skill_id": "pdf"}],
        metadata={"team": "infra"},
    )

    assert made.id.startswith("agent_")
    assert (made.type, made.version, made.name, made.model) == ("agent", 1, "reviewer", "scripted")
    assert (made.description, made.system, made.metadata) == ("d", "Be brief.", {"team": "infra"})
    builtin, custom, mcp = made.tools
    assert (builtin.enabled_tools, builtin.disallowed_tools) == (["Bash", "Read"], [])
    assert builtin.default_config.enabled is True
    [config] = builtin.configs
    assert (config.name, config.enabled, config.permission_policy.type) == ("bash", False, "always_ask")
    assert (custom.name, custom.input_schema.type) == ("look_up", "object")
    assert mcp.default_config.permission_policy.type == "always_ask"
    assert [(skill.type, skill.version) for skill in made.skills] == [("qoder", "latest")]
    assert (made.archived_at, made.multiagent) == (None, None)
    assert made.created_at == made.updated_at
    assert q.agents.retrieve(made.id).to_dict() == made.to_dict()


def test_each_change_is_a_version(q: qca.Managed, server: Server) -> None:
    made = q.agents.create(name="reviewer", model="scripted", metadata={"a": "1"})
    server.advance(1)

    assert q.agents.update(made.id).to_dict() == made.to_dict()
    changed = q.agents.update(made.id, version=1, system="Be brief.", metadata={"a": None, "b": "2"})

    assert (changed.version, changed.system, changed.metadata) == (2, "Be brief.", {"b": "2"})
    assert changed.updated_at > made.updated_at
    with pytest.raises(qca.ConflictError):
        q.agents.update(made.id, version=1, name="late")
    assert q.agents.retrieve(made.id, version=1).to_dict() == made.to_dict()
    assert q.agents.retrieve(made.id).to_dict() == changed.to_dict()
    with pytest.raises(qca.NotFoundError):
        q.agents.retrieve(made.id, version=3)
    third = q.agents.update(made.id, system=None)
    assert (third.version, third.system) == (3, "")
    assert [agent.version for agent in q.agents.versions.list(made.id, limit=2)] == [3, 2, 1]


def test_list_pages_and_filters(q: qca.Managed, server: Server) -> None:
    made = []
    for name in "abc":
        made.insert(0, q.agents.create(name=name, model="scripted"))
        server.advance(1)

    assert ids(q.agents.list(limit=2)) == ids(made)
    page = q.agents.list(limit=2)
    assert (page.has_more, page.next_page) == (True, page.last_id)
    assert ids(q.agents.list(created_at_gte=made[1].created_at)) == ids(made[:2])
    assert ids(q.agents.list(created_at_lte=made[1].created_at)) == ids(made[1:])


def test_archive_hides_and_locks(q: qca.Managed, server: Server, environment_id: str) -> None:
    made = q.agents.create(name="reviewer", model="scripted")
    session = q.sessions.create(agent=made.id, environment_id=environment_id)
    server.advance(1)

    archived = q.agents.archive(made.id)

    assert archived.archived_at is not None
    assert q.agents.archive(made.id).to_dict() == archived.to_dict()
    assert ids(q.agents.list()) == []
    assert ids(q.agents.list(include_archived=True)) == [made.id]
    with pytest.raises(qca.BadRequestError):
        q.agents.update(made.id, name="n")
    with pytest.raises(qca.BadRequestError):
        q.sessions.create(agent=made.id, environment_id=environment_id)
    assert q.sessions.retrieve(session.id).agent.to_dict() == session.agent.to_dict()


def test_delete_is_final(q: qca.Managed, server: Server, account: Account) -> None:
    made = q.agents.create(name="reviewer", model="scripted")

    gone = server.json("DELETE", f"/api/v1/cloud/agents/{made.id}", token=account.token)

    assert gone == {"id": made.id, "type": "agent_deleted"}
    with pytest.raises(qca.NotFoundError):
        q.agents.retrieve(made.id)


def test_a_session_may_differ_from_its_agent(q: qca.Managed, environment_id: str) -> None:
    made = q.agents.create(name="reviewer", model="scripted", system="Be brief.", tools=[TOOLSET])

    session = q.sessions.create(
        agent={"type": "agent_with_overrides", "id": made.id, "system": None, "tools": [CUSTOM]},
        environment_id=environment_id,
    )

    assert (session.agent.id, session.agent.version, session.agent.system) == (made.id, 1, "")
    assert [tool.name for tool in session.agent.tools] == ["look_up"]
    changed = q.sessions.update(session.id, agent={"tools": [TOOLSET], "system": "Be long."})
    assert changed.agent.system == "Be long."
    assert changed.to_dict()["agent"]["tools"] == made.to_dict()["tools"]
    assert q.agents.retrieve(made.id).to_dict() == made.to_dict()


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": ""},
        {"model": "no-such-model"},
        {"model": {"id": "scripted", "effort": "low"}},
        {"tools": [{"type": "agent_toolset_20260401", "enabled_tools": ["Foo"]}]},
        {"tools": [{**TOOLSET, "disallowed_tools": ["Bash"]}]},
        {"tools": [{**CUSTOM, "name": "bash"}]},
        {"tools": [{"type": "mcp_toolset", "mcp_server_name": "nowhere"}]},
        {"metadata": {"k": "v" * 513}},
    ],
)
def test_create_refuses(q: qca.Managed, arguments: dict) -> None:
    with pytest.raises(qca.BadRequestError) as refused:
        q.agents.create(**{"name": "reviewer", "model": "scripted", **arguments})

    assert refused.value.type == "invalid_request_error"
    assert ids(q.agents.list()) == []


def test_an_unknown_agent_is_not_found(q: qca.Managed, environment_id: str) -> None:
    for call in (
        lambda: q.agents.retrieve(MISSING),
        lambda: q.agents.update(MISSING, name="n"),
        lambda: q.agents.archive(MISSING),
        lambda: list(q.agents.versions.list(MISSING)),
        lambda: q.sessions.create(agent=MISSING, environment_id=environment_id),
    ):
        with pytest.raises(qca.NotFoundError):
            call()
