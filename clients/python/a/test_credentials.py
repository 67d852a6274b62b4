"""Which credential may call what, as the Anthropic SDK's documentation says."""

from collections.abc import Callable
from datetime import timedelta

import anthropic
import pytest

from server import Account, Server, sessions_token


def refused(call: Callable[[], object]) -> int:
    with pytest.raises(anthropic.APIStatusError) as error:
        call()
    return error.value.status_code


def test_account_key_is_no_worker(a: anthropic.Anthropic, environment_id: str, enqueue) -> None:
    enqueue()

    assert refused(lambda: a.beta.environments.work.list(environment_id)) == 403


def test_environment_key_is_no_operator(worker: anthropic.Anthropic, environment_id: str, enqueue) -> None:
    item = enqueue()
    environments = worker.beta.environments

    for call in (
        lambda: environments.work.retrieve(item.id, environment_id=environment_id),
        lambda: environments.work.update(item.id, environment_id=environment_id, metadata={}),
        lambda: environments.create(name="n"),
        lambda: environments.list(),
        lambda: environments.retrieve(environment_id),
        lambda: environments.update(environment_id, name="n"),
        lambda: environments.archive(environment_id),
        lambda: environments.delete(environment_id),
    ):
        assert refused(call) in (401, 403)


def test_environment_key_opens_one_environment(
    a: anthropic.Anthropic, worker: anthropic.Anthropic, environment_id: str
) -> None:
    sibling = a.beta.environments.create(name="sibling", config={"type": "self_hosted"}).id
    work = worker.beta.environments.work

    assert work.poll(environment_id) is None
    # A worker cannot learn which environments exist.
    for other in (sibling, "env_" + "0" * 32):
        assert refused(lambda: work.poll(other)) == 403
        assert refused(lambda: work.list(other)) == 403
        assert refused(lambda: work.stats(other)) == 403


def test_revoked_environment_key(connect: Callable, server: Server, account: Account, environment_id: str) -> None:
    path = f"/leasehold/v1/environments/{environment_id}/keys"
    key = server.json("POST", path, token=account.token, json={"name": "worker"})
    work = connect(key["key"]).beta.environments.work
    assert work.poll(environment_id) is None

    revoked = server.json("POST", f"{path}/{key['id']}/revoke", token=account.token)

    assert revoked["revoked_at"] is not None
    assert refused(lambda: work.poll(environment_id)) == 401


def test_expired_environment_key(connect: Callable, server: Server, account: Account, environment_id: str) -> None:
    path = f"/leasehold/v1/environments/{environment_id}/keys"
    expires_at = (server.now() + timedelta(seconds=60)).isoformat()
    key = server.json("POST", path, token=account.token, json={"name": "worker", "expires_at": expires_at})
    work = connect(key["key"]).beta.environments.work
    assert work.poll(environment_id) is None

    server.advance(61)

    assert refused(lambda: work.poll(environment_id)) == 401


def test_claim_token_opens_its_item_alone(
    connect: Callable, worker: anthropic.Anthropic, environment_id: str, enqueue
) -> None:
    first, second = enqueue(), enqueue()
    work = worker.beta.environments.work
    claim = connect(sessions_token(work.poll(environment_id).secret)).beta.environments.work
    work.poll(environment_id)
    for item in (first, second):
        work.ack(item.id, environment_id=environment_id)

    beat = claim.heartbeat(first.id, environment_id=environment_id, expected_last_heartbeat="NO_HEARTBEAT")
    assert beat.lease_extended is True
    assert refused(lambda: claim.heartbeat(second.id, environment_id=environment_id)) == 403
    assert refused(lambda: claim.stop(second.id, environment_id=environment_id, force=True)) == 403
    assert refused(lambda: claim.retrieve(first.id, environment_id=environment_id)) in (401, 403)
    assert claim.stop(first.id, environment_id=environment_id, force=True).state == "stopped"


def test_cloud_environment_has_no_queue(a: anthropic.Anthropic) -> None:
    cloud = a.beta.environments.create(name="cloud").id
    work = a.beta.environments.work

    assert work.stats(cloud).workers_polling is None
    assert refused(lambda: work.retrieve("work_" + "0" * 32, environment_id=cloud)) == 404
    assert refused(lambda: work.stop("work_" + "0" * 32, environment_id=cloud)) == 404
