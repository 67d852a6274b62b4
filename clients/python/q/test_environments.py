"""Environments through `qca-sdk`: every method, its bounds and its refusals."""

import re
import uuid
from datetime import timedelta

import pytest
import qca

from server import Account, Server, ids, instant

SELF_HOSTED = {"type": "self_hosted"}
MISSING = "env_" + "0" * 32


def test_create_returns_the_whole_object(q: qca.Managed) -> None:
    made = q.environments.create(name="build-farm", config=SELF_HOSTED, metadata={"team": "infra"})

    assert re.fullmatch(r"env_[0-9a-f]{32}", made.id)
    assert made.to_dict() == {
        "id": made.id,
        "type": "environment",
        "name": "build-farm",
        "description": "",
        "config": {"type": "self_hosted"},
        "metadata": {"team": "infra"},
        "archived_at": None,
        "created_at": made.created_at,
        "updated_at": made.created_at,
    }
    # Microseconds without trailing zeros.
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,5}[1-9])?Z", made.created_at)


def test_create_answers_201_with_a_request_id(q: qca.Managed) -> None:
    response = q.environments.with_raw_response.create(
        name="n", config=SELF_HOSTED, extra_headers={"x-request-id": "trace-1"}
    )

    assert response.status_code == 201
    assert response.headers["content-type"].startswith("application/json")
    assert response.parse()._request_id == "trace-1"


def test_cloud_configuration_is_filled_up(q: qca.Managed) -> None:
    made = q.environments.create(
        name="cloud",
        config={
            "type": "cloud",
            "packages": {"apt": ["jq"], "npm": ["pnpm@9"]},
            "networking": {"type": "limited", "allowed_hosts": ["*.example.org"]},
            "setup_script": "jq --version\n",
        },
    )

    assert made.to_dict()["config"] == {
        "type": "cloud",
        "packages": {
            "type": "packages", "apt": ["jq"], "cargo": [], "gem": [], "go": [], "npm": ["pnpm@9"], "pip": [],
        },
        "networking": {
            "type": "limited",
            "allowed_hosts": ["*.example.org"],
            "allow_package_managers": False,
            "allow_mcp_servers": False,
        },
        "setup_script": "jq --version\n",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "param"),
    [
        ({"config": SELF_HOSTED, "name": ""}, "name"),
        ({"config": SELF_HOSTED, "name": "x" * 257}, "name"),
        ({"name": "n"}, "config"),
        ({"name": "n", "config": None}, "config"),
        ({"name": "n", "config": {"type": "managed"}}, "config.type"),
        ({"name": "n", "config": {"type": "self_hosted", "packages": {}}}, "config.packages"),
        ({"name": "n", "config": SELF_HOSTED, "metadata": {f"k{i}": "" for i in range(17)}}, "metadata"),
    ],
)
def test_create_names_the_bad_parameter(q: qca.Managed, arguments: dict, param: str) -> None:
    with pytest.raises(qca.BadRequestError) as refused:
        q.environments.create(**arguments)

    error = refused.value
    assert error.type == "invalid_request_error"
    assert error.body["type"] == "error"
    # The parameter at fault, or, for one key among many, something below it.
    named = error.body["error"]["param"]
    assert named == param or named.startswith(param + ".")
    assert error.body["request_id"] == error.request_id == error.response.headers["x-request-id"]


def test_retrieve_returns_what_was_created(q: qca.Managed) -> None:
    made = q.environments.create(name="n", config=SELF_HOSTED, description="d", metadata={"a": "1"})

    assert q.environments.retrieve(made.id).to_dict() == made.to_dict()


def test_update_replaces_and_patches(q: qca.Managed, server: Server) -> None:
    made = q.environments.create(
        name="n",
        description="d",
        config={"type": "self_hosted", "setup_script": "true"},
        metadata={"a": "1", "keep": "me"},
    )
    server.advance(1)

    changed = q.environments.update(
        made.id, name="m", description=None, config=SELF_HOSTED, metadata={"a": None, "b": "2", "absent": None}
    )

    assert changed.name == "m"
    assert changed.description == ""
    assert changed.to_dict()["config"] == SELF_HOSTED
    assert changed.metadata == {"b": "2", "keep": "me"}
    assert changed.created_at == made.created_at
    assert instant(changed.updated_at) - instant(made.updated_at) >= timedelta(seconds=1)
    assert q.environments.retrieve(made.id).to_dict() == changed.to_dict()


def test_empty_update_changes_nothing(q: qca.Managed, server: Server) -> None:
    made = q.environments.create(name="n", config=SELF_HOSTED)
    server.advance(1)

    assert q.environments.update(made.id).to_dict() == made.to_dict()


def test_kind_cannot_change(q: qca.Managed) -> None:
    made = q.environments.create(name="n", config=SELF_HOSTED)

    with pytest.raises(qca.BadRequestError) as refused:
        q.environments.update(made.id, config={"type": "cloud"})

    assert refused.value.body["error"]["param"] == "config.type"
    assert q.environments.retrieve(made.id).config.type == "self_hosted"


def test_list_pages_from_newest_to_oldest(q: qca.Managed) -> None:
    made = ids(q.environments.create(name=f"n{i}", config=SELF_HOSTED) for i in range(5))
    newest_first = made[::-1]

    page = q.environments.list(limit=2)

    assert ids(page.data) == newest_first[:2]
    assert (page.first_id, page.last_id) == (newest_first[0], newest_first[1])
    assert page.has_more is True
    assert page.next_page == page.last_id
    second = page.get_next_page()
    assert ids(second.data) == newest_first[2:4]
    last = second.get_next_page()
    assert ids(last.data) == newest_first[4:]
    assert (last.has_more, last.next_page) == (False, None)
    assert ids(q.environments.list(limit=2)) == newest_first


def test_list_of_nothing(q: qca.Managed) -> None:
    page = q.environments.list()

    assert page.data == []
    assert (page.first_id, page.last_id, page.next_page, page.has_more) == (None, None, None, False)


def test_list_takes_the_compatibility_cursors(q: qca.Managed) -> None:
    made = ids(q.environments.create(name=f"n{i}", config=SELF_HOSTED) for i in range(4))
    newest_first = made[::-1]

    after = q.environments.list(limit=2, extra_query={"after_id": newest_first[0]})
    before = q.environments.list(limit=2, extra_query={"before_id": newest_first[3]})

    assert ids(after.data) == newest_first[1:3]
    assert ids(before.data) == newest_first[1:3]
    assert before.next_page is None


def test_list_by_creation_time(q: qca.Managed, server: Server) -> None:
    old = q.environments.create(name="old", config=SELF_HOSTED)
    server.advance(10)
    new = q.environments.create(name="new", config=SELF_HOSTED)

    assert ids(q.environments.list(created_at_gte=instant(new.created_at))) == [new.id]
    assert ids(q.environments.list(created_at_lte=instant(old.created_at))) == [old.id]
    between = instant(old.created_at) + timedelta(microseconds=1)
    assert ids(q.environments.list(created_at_gte=between)) == [new.id]


@pytest.mark.parametrize(
    "query",
    [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"page": MISSING, "after_id": MISSING}, {"include_archived": "yes"}],
)
def test_list_refuses_bad_parameters(q: qca.Managed, query: dict) -> None:
    with pytest.raises(qca.BadRequestError):
        q.environments.list(extra_query=query)


def test_archive_hides_and_locks(q: qca.Managed, server: Server, agent_id: str) -> None:
    made = q.environments.create(name="n", config=SELF_HOSTED)
    server.advance(1)

    archived = q.environments.archive(made.id)

    assert archived.archived_at == archived.updated_at
    assert instant(archived.archived_at) > instant(made.created_at)
    server.advance(1)
    assert q.environments.archive(made.id).to_dict() == archived.to_dict()
    assert ids(q.environments.list()) == []
    assert ids(q.environments.list(include_archived=True)) == [made.id]
    assert q.environments.retrieve(made.id).to_dict() == archived.to_dict()
    with pytest.raises(qca.BadRequestError):
        q.environments.update(made.id, name="m")
    with pytest.raises(qca.BadRequestError):
        q.sessions.create(agent=agent_id, environment_id=made.id)


def test_delete_is_final(q: qca.Managed) -> None:
    made = q.environments.create(name="n", config=SELF_HOSTED)

    assert q.environments.delete(made.id).to_dict() == {"id": made.id, "type": "environment_deleted"}

    for call in (q.environments.retrieve, q.environments.archive, q.environments.delete):
        with pytest.raises(qca.NotFoundError) as refused:
            call(made.id)
        assert refused.value.type == "not_found_error"


def test_delete_is_refused_while_a_session_refers_to_it(q: qca.Managed, agent_id: str) -> None:
    made = q.environments.create(name="n", config=SELF_HOSTED)
    session = q.sessions.create(agent=agent_id, environment_id=made.id)

    with pytest.raises(qca.ConflictError) as refused:
        q.environments.delete(made.id)
    assert refused.value.type == "invalid_request_error"

    q.sessions.delete(session.id)
    assert q.environments.delete(made.id).id == made.id


def test_whose_environment_it_is(q: qca.Managed, server: Server) -> None:
    stranger = server.account("stranger")
    foreign = server.json(
        "POST", "/api/v1/cloud/environments", token=stranger.token, json={"name": "n", "config": SELF_HOSTED}
    )

    with pytest.raises(qca.PermissionDeniedError) as refused:
        q.environments.retrieve(foreign["id"])
    assert refused.value.type == "permission_error"
    for unknown in (MISSING, "env_x"):
        with pytest.raises(qca.NotFoundError):
            q.environments.retrieve(unknown)
    assert ids(q.environments.list()) == []


def test_unknown_token(q: qca.Managed) -> None:
    with pytest.raises(qca.AuthenticationError) as refused:
        q.environments.list(extra_headers={"Authorization": "Bearer pt-unknown"})

    assert refused.value.type == "authentication_error"
    assert refused.value.response.headers["www-authenticate"].startswith("Bearer")


def test_idempotency_key_creates_once(q: qca.Managed, account: Account) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = q.environments.create(name="n", config=SELF_HOSTED, extra_headers=key)

    again = q.environments.with_raw_response.create(name="n", config=SELF_HOSTED, extra_headers=key)

    assert again.headers["idempotent-replayed"] == "true"
    assert again.parse().to_dict() == first.to_dict()
    with pytest.raises(qca.ConflictError) as refused:
        q.environments.create(name="other", config=SELF_HOSTED, extra_headers=key)
    assert refused.value.type == "conflict_error"
    assert ids(q.environments.list()) == [first.id]
