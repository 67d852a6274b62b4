"""A Leasehold server as a child process, and an account on it.

The server runs with a manual clock, so a test of an expiry moves the clock
instead of waiting. What the vendors' SDKs have no method for (accounts, keys,
the clock, the attempt history) is asked for here over plain HTTP.
"""

import base64
import json
import os
import re
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import httpx

START_SECONDS = 30
STOP_SECONDS = 15
PATIENCE_SECONDS = 30
MODELS = Path(__file__).parent.parent / "models" / "models.toml"
LISTENING = re.compile(r"^listening on (http://\S+)$")


class Server:
    """One running `leasehold dev` on a free port, with its own data folder and models that play scripts.

    `settings` are further flags, as in `default_ttl_seconds=10`.
    """

    def __init__(self, binary: str, folder: Path, **settings: object) -> None:
        self.admin_token = "pt-" + secrets.token_urlsafe(32)
        self._folder = folder
        self._command = [binary, "dev", "--data", str(folder / "data"), "--models", str(MODELS), "--manual-clock"]
        for name, value in {"mcp_private_hosts": "127.0.0.1", **settings}.items():
            self._command += ["--" + name.replace("_", "-"), str(value)]
        self._start("127.0.0.1:0")

    def _start(self, listen: str) -> None:
        self._log_path = self._folder / "stderr.log"
        self._log = self._log_path.open("ab")
        self._process = subprocess.Popen(
            [*self._command, "--listen", listen],
            env={**os.environ, "LEASEHOLD_ADMIN_TOKEN": self.admin_token},
            cwd=self._folder,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._lines: Queue[str | None] = Queue()
        # Read for the whole life of the child: a full pipe would block it.
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.url = self._await_address()
        self._http = httpx.Client(base_url=self.url, trust_env=False, timeout=30)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def _await_address(self) -> str:
        seen: list[str] = []
        while True:
            try:
                line = self._lines.get(timeout=START_SECONDS)
            except Empty:
                line = None
            if line is None:
                self._process.kill()
                log = self._log_path.read_text(errors="replace")
                raise RuntimeError(f"the server printed no address; stdout: {seen}; stderr: {log}")
            seen.append(line)
            if match := LISTENING.match(line):
                return match.group(1)

    def stop(self) -> int:
        """Asks the server to end as an operator would, and returns its exit code."""
        self._http.close()
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            self._reader.join(timeout=STOP_SECONDS)
            self._log.close()

    def kill(self) -> None:
        """Ends the server as a power cut would."""
        self._http.close()
        self._process.kill()
        self._process.wait()
        self._reader.join(timeout=STOP_SECONDS)
        self._log.close()

    def restart(self) -> None:
        """Starts a server that was killed again, at the same address and with the same data."""
        self._start(self.url.removeprefix("http://"))

    def call(self, method: str, path: str, *, token: str | None = None, **options: Any) -> httpx.Response:
        """One request with the administrator's token, or another's, as Bearer."""
        headers = {"Authorization": f"Bearer {token or self.admin_token}", **options.pop("headers", {})}
        return self._http.request(method, path, headers=headers, **options)

    def json(self, method: str, path: str, **options: Any) -> Any:
        """Like `call`, for answers that must succeed."""
        response = self.call(method, path, **options)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return response.json()

    def now(self) -> datetime:
        """What the server's clock shows."""
        return instant(self.json("GET", "/leasehold/v1/clock")["now"])

    def advance(self, seconds: float) -> datetime:
        """Moves the server's clock forward."""
        before = self.now()
        after = instant(self.json("POST", "/leasehold/v1/clock/advance", json={"seconds": seconds})["now"])
        assert after - before >= timedelta(seconds=seconds)
        return after

    def account(self, name: str) -> "Account":
        """A new account with a token of every scope but `admin`."""
        account = self.json("POST", "/leasehold/v1/accounts", json={"name": name})
        token = self.json("POST", "/leasehold/v1/tokens", json={"name": name, "account_id": account["id"]})
        return Account(self, account["id"], token["token"])


class Account:
    """An account of one test: nothing of another test is visible to it."""

    def __init__(self, server: Server, account_id: str, token: str) -> None:
        self.server = server
        self.id = account_id
        self.token = token

    def agent(self, name: str = "reviewer", **fields: Any) -> str:
        """The id of a new agent, which says what it hears unless `fields` name another model."""
        body = {"name": name, "model": "echo", **fields}
        return self.server.json("POST", "/api/v1/cloud/agents", token=self.token, json=body)["id"]

    def environment_key(self, environment_id: str) -> str:
        """A new key, which opens this one environment to workers."""
        path = f"/leasehold/v1/environments/{environment_id}/keys"
        return self.server.json("POST", path, token=self.token, json={"name": "worker"})["key"]

    def attempts(self, environment_id: str, work_id: str) -> list[dict[str, Any]]:
        """The attempt history of a work item, oldest first."""
        path = f"/leasehold/v1/environments/{environment_id}/work/{work_id}/attempts"
        return self.server.json("GET", path, token=self.token)["data"]

    def outcomes(self, environment_id: str, work_id: str) -> list[str]:
        """How each attempt at a work item ended."""
        return [attempt["outcome"] for attempt in self.attempts(environment_id, work_id)]


def eventually(condition: Callable[[], Any]) -> Any:
    """Waits until a condition holds, and returns what it says then."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return found


def instant(text: str) -> datetime:
    """The instant an RFC 3339 timestamp of the API stands for."""
    assert text.endswith("Z"), f"{text!r} is not in UTC"
    return datetime.fromisoformat(text)


def sessions_token(secret: str) -> str:
    """The claim token in a secret, read as the stock worker reads it."""
    return json.loads(base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4)))["sessions_token"]


def ids(items: Iterable[Any]) -> list[str]:
    """The ids of listed objects, in list order."""
    return [item.id for item in items]
