"""Fixtures: the server under test, an account on it, and the vendors' clients.

`LEASEHOLD_BIN` names the server's binary. One server serves the whole run; each
test has an account of its own.
"""

import os
from collections.abc import Callable, Iterator

import anthropic
import pytest
import qca

from blocking import Blocking, EventLoop
from notes import Notes
from server import Account, Server

# The SDKs read the environment: nothing there may lead them elsewhere.
for name in list(os.environ):
    if name.startswith(("ANTHROPIC_", "QODER_")) or name.lower().endswith("_proxy"):
        del os.environ[name]


@pytest.fixture(scope="session")
def binary() -> str:
    path = os.environ.get("LEASEHOLD_BIN")
    assert path, "set LEASEHOLD_BIN to the path of the leasehold binary"
    return os.path.abspath(path)


@pytest.fixture(scope="session")
def server(binary: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(binary, tmp_path_factory.mktemp("server"))
    yield server
    assert server.stop() == 0, "the server did not end cleanly"


@pytest.fixture
def account(server: Server, request: pytest.FixtureRequest) -> Account:
    return server.account(request.node.name[:64])


@pytest.fixture
def agent_id(account: Account) -> str:
    """An agent that says what it hears."""
    return account.agent()


@pytest.fixture
def notes_url() -> Iterator[str]:
    """An MCP server."""
    notes = Notes()
    yield notes.url
    notes.close()


@pytest.fixture(scope="session")
def event_loop() -> Iterator[EventLoop]:
    loop = EventLoop()
    yield loop
    loop.close()


@pytest.fixture(params=["sync", "async"])
def q(request: pytest.FixtureRequest, server: Server, account: Account, event_loop: EventLoop) -> Iterator[qca.Managed]:
    """The Qoder SDK's client, synchronous and asynchronous, with strict answers."""
    options = {
        "access_token": account.token,
        "base_url": server.url + "/api/v1/cloud",
        "max_retries": 0,
        "_strict_response_validation": True,
    }
    is_sync = request.param == "sync"
    client = qca.Managed(**options) if is_sync else Blocking(qca.AsyncManaged(**options), event_loop)
    yield client
    client.close()


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest, server: Server, event_loop: EventLoop) -> Iterator[Callable]:
    """Makes an Anthropic client for a credential: account token, environment key or claim token.

    The SDK sends each of them as Bearer.
    """
    made = []

    def client(credential: str) -> anthropic.Anthropic:
        options = {
            "auth_token": credential,
            "base_url": server.url,
            "max_retries": 0,
            "_strict_response_validation": True,
        }
        is_sync = request.param == "sync"
        made.append(
            anthropic.Anthropic(**options) if is_sync else Blocking(anthropic.AsyncAnthropic(**options), event_loop)
        )
        return made[-1]

    yield client
    for each in made:
        each.close()


@pytest.fixture
def a(connect: Callable, account: Account) -> anthropic.Anthropic:
    """The Anthropic SDK's client of the account, synchronous and asynchronous."""
    return connect(account.token)
