"""Agents through `anthropic`: every method, versions, and the error classes."""

import anthropic
import pytest

from server import Server, ids

MISSING = "agent_" + "0" * 32
TOOLSET = {
    "type": "agent_toolset_20260401",
    "default_config": {"permission_policy": {"type": "always_ask"}},
    "configs": [{"name": "web_fetch", "max_content_tokens": 100, "url_sources": {"user_input": "none"}}],
}
CUSTOM = {
    "type": "custom",
    "name": "look_up",
    "description": "Looks it up.",
    "input_schema": {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]},
}


def test_create_returns_the_whole_object(a: anthropic.Anthropic) -> None:
    made = a.beta.agents.create(
        name="reviewer",
        model={"id": "scripted", "speed": "standard"},
        tools=[TOOLSET, CUSTOM, {"type": "mcp_toolset", "mcp_server_name": "files"}],
        mcp_servers=[{"type": "url", "name": "files", "url": "https://example.com/mcp"}],
        skills=[{"type": "anthropic", "skill_id": "pdf"}],
        metadata={"team": "infra"},
    )

    assert made.id.startswith("agent_")
    assert (made.type, made.version, made.name) == ("agent", 1, "reviewer")
    assert (made.model.id, made.model.speed) == ("scripted", "standard")
    assert (made.description, made.system, made.multiagent) == (None, None, None)
    assert made.execution_identity.type == "service_account"
    builtin, custom, mcp = made.tools
    [config] = builtin.configs
    assert (config.type, config.enabled, config.permission_policy.type) == ("web_fetch", True, "always_ask")
    assert (config.max_content_tokens, config.url_sources.user_input.type) == (100, "none")
    assert custom.input_schema.required == ["q"]
    assert mcp.default_config.permission_policy.type == "always_ask"
    assert [(skill.type, skill.version) for skill in made.skills] == [("anthropic", "latest")]
    assert a.beta.agents.retrieve(made.id) == made


def test_each_change_is_a_version(a: anthropic.Anthropic, server: Server) -> None:
    made = a.beta.agents.create(name="reviewer", model="scripted", metadata={"a": "1"})
    server.advance(1)

    assert a.beta.agents.update(made.id) == made
    changed = a.beta.agents.update(made.id, version=1, system="Be brief.", metadata={"a": None, "b": "2"})

    assert (changed.version, changed.system, changed.metadata) == (2, "Be brief.", {"b": "2"})
    assert changed.updated_at > made.updated_at
    with pytest.raises(anthropic.ConflictError) as stale:
        a.beta.agents.update(made.id, version=1, name="late")
    assert stale.value.type == "invalid_request_error"
    assert a.beta.agents.retrieve(made.id, version=1) == made
    assert a.beta.agents.retrieve(made.id) == changed
    with pytest.raises(anthropic.NotFoundError):
        a.beta.agents.retrieve(made.id, version=3)
    third = a.beta.agents.update(made.id, system=None)
    assert (third.version, third.system) == (3, None)
    assert [agent.version for agent in a.beta.agents.versions.list(made.id, limit=2)] == [3, 2, 1]


def test_list_pages_and_filters(a: anthropic.Anthropic, server: Server) -> None:
    made = []
    for name in "abc":
        made.insert(0, a.beta.agents.create(name=name, model="scripted"))
        server.advance(1)

    assert ids(a.beta.agents.list(limit=2)) == ids(made)
    assert ids(a.beta.agents.list(created_at_gte=made[1].created_at)) == ids(made[:2])
    assert ids(a.beta.agents.list(created_at_lte=made[1].created_at)) == ids(made[1:])


def test_archive_hides_and_locks(a: anthropic.Anthropic, server: Server, environment_id: str) -> None:
    made = a.beta.agents.create(name="reviewer", model="scripted")
    session = a.beta.sessions.create(agent=made.id, environment_id=environment_id)
    server.advance(1)

    archived = a.beta.agents.archive(made.id)

    assert archived.archived_at is not None
    assert a.beta.agents.archive(made.id) == archived
    assert ids(a.beta.agents.list()) == []
    assert ids(a.beta.agents.list(include_archived=True)) == [made.id]
    with pytest.raises(anthropic.BadRequestError):
        a.beta.agents.update(made.id, name="n")
    with pytest.raises(anthropic.BadRequestError):
        a.beta.sessions.create(agent=made.id, environment_id=environment_id)
    assert a.beta.sessions.retrieve(session.id).agent == session.agent


def test_a_session_may_differ_from_its_agent(a: anthropic.Anthropic, environment_id: str) -> None:
    made = a.beta.agents.create(name="reviewer", model="scripted", system="Be brief.", tools=[TOOLSET])

    session = a.beta.sessions.create(
        agent={"type": "agent_with_overrides", "id": made.id, "system": None, "tools": [CUSTOM]},
        environment_id=environment_id,
    )

    assert (session.agent.id, session.agent.version, session.agent.system) == (made.id, 1, None)
    assert [tool.name for tool in session.agent.tools] == ["look_up"]
    changed = a.beta.sessions.update(session.id, agent={"tools": [TOOLSET]})
    assert changed.agent.tools == made.tools
    assert a.beta.agents.retrieve(made.id) == made


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": ""},
        {"model": "no-such-model"},
        {"tools": [{"type": "agent_toolset_20260401", "configs": [{"name": "Foo"}]}]},
        {"tools": [{**CUSTOM, "name": "bash"}]},
        {"tools": [{**CUSTOM, "input_schema": {"type": "object", "anyOf": []}}]},
        {"mcp_servers": [{"type": "url", "name": "idle", "url": "https://example.com/mcp"}]},
        {"execution_identity": {"type": "aws_role", "role_arn": "arn:aws:iam::1:role/r"}},
        {"metadata": {"k": "v" * 513}},
    ],
)
def test_create_refuses(a: anthropic.Anthropic, arguments: dict) -> None:
    with pytest.raises(anthropic.BadRequestError) as refused:
        a.beta.agents.create(**{"name": "reviewer", "model": "scripted", **arguments})

    assert refused.value.type == "invalid_request_error"
    assert ids(a.beta.agents.list()) == []


def test_an_unknown_agent_is_not_found(a: anthropic.Anthropic, environment_id: str) -> None:
    for call in (
        lambda: a.beta.agents.retrieve(MISSING),
        lambda: a.beta.agents.update(MISSING, name="n"),
        lambda: a.beta.agents.archive(MISSING),
        lambda: list(a.beta.agents.versions.list(MISSING)),
        lambda: a.beta.sessions.create(agent=MISSING, environment_id=environment_id),
    ):
        with pytest.raises(anthropic.NotFoundError):
            call()
