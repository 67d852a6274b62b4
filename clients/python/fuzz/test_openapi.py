"""Generated requests against each OpenAPI document the server publishes.

schemathesis reads a document from the running server and asks for every
operation in it: the document's examples, the edges of each parameter, and
random input from a fixed seed. Every answer must be one the document allows.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from server import Server

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
EXAMPLES_PER_OPERATION = 25
SEED = 20261124
SECONDS = 180
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


@pytest.fixture(scope="module")
def fuzzed(binary: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own: random input also reaches the clock."""
    server = Server(binary, tmp_path_factory.mktemp("fuzzed"))
    yield server
    # Whatever came in, it still lives, and ends as it should.
    assert server.call("GET", "/healthz").status_code == 200
    assert server.stop() == 0


@pytest.mark.parametrize("document", ["q", "a", "leasehold"])
def test_every_operation_keeps_to_the_document(fuzzed: Server, tmp_path: Path, document: str) -> None:
    account = fuzzed.account(document)
    environment = fuzzed.json(
        "POST",
        "/api/v1/cloud/environments",
        token=account.token,
        json={"name": "farm", "config": {"type": "self_hosted"}},
    )
    session = {"agent": account.agent(), "environment_id": environment["id"]}
    fuzzed.json("POST", "/api/v1/cloud/sessions", token=account.token, json=session)
    token = fuzzed.admin_token if document == "leasehold" else account.token
    # A configuration of its own, so that none is picked up from elsewhere. The
    # ids of real objects stand in for random ones, or no request would get far.
    config = tmp_path / "schemathesis.toml"
    config.write_text(f'[parameters]\nenvironment_id = "{environment["id"]}"\n')

    run = subprocess.run(
        [
            str(Path(sys.executable).with_name("st")),
            *("--config-file", str(config)),
            *("run", f"{fuzzed.url}/openapi/{document}.json"),
            *("--origin", fuzzed.url),
            *("--header", f"Authorization: Bearer {token}"),
            *("--phases", "examples,coverage,fuzzing"),
            *("--checks", CHECKS),
            *("--max-examples", str(EXAMPLES_PER_OPERATION)),
            *("--seed", str(SEED)),
            "--continue-on-failure",
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
    )

    assert run.returncode == 0, run.stdout
    paths = httpx.get(f"{fuzzed.url}/openapi/{document}.json").raise_for_status().json()["paths"]
    operations = [method for path in paths.values() for method in path if method in METHODS]
    assert operations
    assert f"Tested: {len(operations)}\n" in run.stdout, run.stdout
