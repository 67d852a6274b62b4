"""Environments through `anthropic`: every method, and the typed errors."""

import re
from datetime import timedelta

import anthropic
import httpx
import pytest
from anthropic.types.beta import (
    BetaEnvironmentArchivedError,
    BetaInvalidConfigTypeChangeError,
    BetaInvalidMetadataError,
)

from server import Account, Server, ids, instant

SELF_HOSTED = {"type": "self_hosted"}
MISSING = "env_" + "0" * 32


def test_create_self_hosted(a: anthropic.Anthropic) -> None:
    made = a.beta.environments.create(name="farm", config=SELF_HOSTED, metadata={"team": "infra"})

    assert re.fullmatch(r"env_[0-9a-f]{32}", made.id)
    assert made.to_dict() == {
        "id": made.id,
        "type": "environment",
        "name": "farm",
        "description": None,
        "config": {"type": "self_hosted"},
        "metadata": {"team": "infra"},
        "archived_at": None,
        "created_at": made.created_at,
        "updated_at": made.created_at,
        "scope": "organization",
    }
    assert made._request_id.startswith("req_")


@pytest.mark.parametrize("arguments", [{}, {"config": None}, {"config": {"type": "cloud"}}])
def test_create_defaults_to_an_open_cloud(a: anthropic.Anthropic, arguments: dict) -> None:
    made = a.beta.environments.create(name="cloud", **arguments)

    assert made.config.type == "cloud"
    assert made.config.networking.to_dict() == {"type": "unrestricted"}
    packages = made.config.packages.to_dict()
    packages.pop("type", None)
    assert packages == {"apt": [], "cargo": [], "gem": [], "go": [], "npm": [], "pip": []}


def test_create_answers_200(a: anthropic.Anthropic) -> None:
    response = a.beta.environments.with_raw_response.create(name="farm", config=SELF_HOSTED)

    assert response.status_code == 200
    assert response.headers["request-id"].startswith("req_")


def test_limited_network_must_allow_package_managers(a: anthropic.Anthropic) -> None:
    config = {"type": "cloud", "packages": {"pip": ["numpy"]}, "networking": {"type": "limited"}}
    with pytest.raises(anthropic.BadRequestError):
        a.beta.environments.create(name="n", config=config)

    config["networking"]["allow_package_managers"] = True
    made = a.beta.environments.create(name="n", config=config)

    assert made.config.networking.to_dict() == {
        "type": "limited", "allowed_hosts": [], "allow_package_managers": True, "allow_mcp_servers": False,
    }  # fmt: skip
    assert made.config.packages.pip == ["numpy"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": ""},
        {"name": "x" * 257},
        {"name": "n", "config": {"type": "managed"}},
        {"name": "n", "config": {"type": "self_hosted", "setup_script": "true"}},
    ],
)
def test_create_refuses(a: anthropic.Anthropic, arguments: dict) -> None:
    with pytest.raises(anthropic.BadRequestError) as refused:
        a.beta.environments.create(**arguments)

    error = refused.value
    assert error.type == "invalid_request_error"
    assert error.request_id.startswith("req_")
    assert error.body["request_id"] == error.request_id
    assert error.body["type"] == "error"


@pytest.mark.parametrize("metadata", [{f"k{i}": "v" for i in range(17)}, {"k" * 65: "v"}, {"k": "v" * 513}])
def test_bad_metadata_has_a_class_of_its_own(a: anthropic.Anthropic, metadata: dict) -> None:
    with pytest.raises(BetaInvalidMetadataError):
        a.beta.environments.create(name="n", config=SELF_HOSTED, metadata=metadata)


def test_retrieve_returns_what_was_created(a: anthropic.Anthropic) -> None:
    made = a.beta.environments.create(name="n", config=SELF_HOSTED, description="d")

    assert a.beta.environments.retrieve(made.id).to_dict() == made.to_dict()
    with pytest.raises(anthropic.NotFoundError):
        a.beta.environments.retrieve(MISSING)


def test_update_merges_the_configuration(a: anthropic.Anthropic, server: Server) -> None:
    made = a.beta.environments.create(
        name="n",
        description="d",
        config={
            "type": "cloud",
            "packages": {"pip": ["numpy"]},
            "networking": {"type": "limited", "allowed_hosts": ["example.org"], "allow_package_managers": True},
        },
        metadata={"a": "1", "b": "2", "keep": "me"},
    )
    server.advance(1)

    changed = a.beta.environments.update(
        made.id,
        description=None,
        config={"type": "cloud", "packages": {"apt": ["jq"]}},
        metadata={"a": None, "b": "", "c": "3"},
    )

    assert changed.description is None
    assert (changed.config.packages.apt, changed.config.packages.pip) == (["jq"], ["numpy"])
    assert changed.config.networking.to_dict() == made.config.networking.to_dict()
    # Here an empty value deletes, as null does.
    assert changed.metadata == {"c": "3", "keep": "me"}
    assert instant(changed.updated_at) - instant(made.updated_at) >= timedelta(seconds=1)


def test_empty_update_changes_nothing(a: anthropic.Anthropic, server: Server) -> None:
    made = a.beta.environments.create(name="n", config=SELF_HOSTED)
    server.advance(1)

    assert a.beta.environments.update(made.id).to_dict() == made.to_dict()


def test_kind_cannot_change(a: anthropic.Anthropic) -> None:
    made = a.beta.environments.create(name="n", config=SELF_HOSTED)

    with pytest.raises(BetaInvalidConfigTypeChangeError) as refused:
        a.beta.environments.update(made.id, config={"type": "cloud"})

    assert refused.value.error_code == "invalid_config_type_change"


def test_list_pages_from_newest_to_oldest(a: anthropic.Anthropic) -> None:
    made = ids(a.beta.environments.create(name=f"n{i}", config=SELF_HOSTED) for i in range(5))
    newest_first = made[::-1]

    page = a.beta.environments.list(limit=2)

    assert ids(page.data) == newest_first[:2]
    assert page.has_next_page()
    second = page.get_next_page()
    assert ids(second.data) == newest_first[2:4]
    last = second.get_next_page()
    assert ids(last.data) == newest_first[4:]
    assert last.next_page is None
    assert ids(a.beta.environments.list(limit=2)) == newest_first
    assert ids(a.beta.environments.list(limit=1000)) == newest_first
    for limit in (0, 1001):
        with pytest.raises(anthropic.BadRequestError):
            a.beta.environments.list(limit=limit)


def test_archive_hides_and_locks(a: anthropic.Anthropic, server: Server, agent_id: str) -> None:
    made = a.beta.environments.create(name="n", config=SELF_HOSTED)
    server.advance(1)

    archived = a.beta.environments.archive(made.id)

    assert archived.archived_at == archived.updated_at != made.updated_at
    server.advance(1)
    assert a.beta.environments.archive(made.id).to_dict() == archived.to_dict()
    assert ids(a.beta.environments.list()) == []
    assert ids(a.beta.environments.list(include_archived=True)) == [made.id]
    with pytest.raises(BetaEnvironmentArchivedError) as refused:
        a.beta.environments.update(made.id, name="m")
    assert refused.value.details.error_code == "environment_archived"
    with pytest.raises(anthropic.BadRequestError):
        a.beta.sessions.create(agent=agent_id, environment_id=made.id)


def test_delete_is_final(a: anthropic.Anthropic) -> None:
    made = a.beta.environments.create(name="n", config=SELF_HOSTED)

    assert a.beta.environments.delete(made.id).to_dict() == {"id": made.id, "type": "environment_deleted"}

    for call in (a.beta.environments.retrieve, a.beta.environments.archive, a.beta.environments.delete):
        with pytest.raises(anthropic.NotFoundError) as refused:
            call(made.id)
        assert refused.value.type == "not_found_error"


def test_delete_is_refused_while_the_queue_holds_work(a: anthropic.Anthropic, agent_id: str) -> None:
    made = a.beta.environments.create(name="n", config=SELF_HOSTED)
    a.beta.sessions.create(agent=agent_id, environment_id=made.id)

    with pytest.raises(anthropic.ConflictError) as refused:
        a.beta.environments.delete(made.id)

    assert refused.value.type == "invalid_request_error"
    assert a.beta.environments.delete(made.id, extra_query={"force": "true"}).id == made.id
    with pytest.raises(anthropic.NotFoundError):
        a.beta.environments.retrieve(made.id)


def test_unknown_token(connect) -> None:
    with pytest.raises(anthropic.AuthenticationError) as refused:
        connect("pt-unknown").beta.environments.list()

    assert refused.value.type == "authentication_error"


def test_account_token_in_the_header_of_older_releases(server: Server, account: Account) -> None:
    response = httpx.get(f"{server.url}/v1/environments?beta=true", headers={"x-api-key": account.token})

    assert response.status_code == 200
    assert (response.json()["data"], response.json()["next_page"]) == ([], None)
