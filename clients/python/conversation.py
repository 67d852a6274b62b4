"""A session that somebody watches and talks to, through either vendor's SDK.

Both SDKs have the same methods here. The stream is open before anything is said,
so it shows all that a test causes. `SILENCE_SECONDS` ends a test that waits for
an event that never comes: it is shorter than the pause between heartbeats.
"""

from collections.abc import Iterator
from typing import Any

from server import Account

SILENCE_SECONDS = 10

TOOLSET = {"type": "agent_toolset_20260401"}
ASKING_TOOLSET = {**TOOLSET, "default_config": {"permission_policy": {"type": "always_ask"}}}
LOOKUP = {
    "type": "custom",
    "name": "lookup",
    "description": "Looks up an order.",
    "input_schema": {"type": "object", "properties": {"order": {"type": "string"}}},
}


def text(words: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": words}]


def message(words: str) -> dict[str, Any]:
    return {"type": "user.message", "content": text(words)}


def outcome(description: str, **members: Any) -> dict[str, Any]:
    rubric = {"type": "text", "content": "It has a title."}
    return {"type": "user.define_outcome", "description": description, "rubric": rubric, **members}


class Conversation:
    """A session and its stream; `sessions` is the SDK's resource."""

    @classmethod
    def start(
        cls,
        sessions: Any,
        account: Account,
        environment_id: str,
        model: str,
        *tools: dict[str, Any],
        agent: dict[str, Any] | None = None,
        **stream: Any,
    ) -> "Conversation":
        """A new session whose agent has this model, these tools and whatever else `agent` says."""
        agent_id = account.agent(model=model, tools=list(tools), **(agent or {}))
        session = sessions.create(agent=agent_id, environment_id=environment_id)
        return cls(sessions, session.id, **stream)

    def __init__(self, sessions: Any, session_id: str, **options: Any) -> None:
        self.sessions = sessions
        self.id = session_id
        self._stream = sessions.events.stream(session_id, timeout=SILENCE_SECONDS, **options)
        self._arriving = iter(self._stream)

    def send(self, *events: dict[str, Any]) -> list[Any]:
        """Sends events; returns them as they are stored."""
        return self.sessions.events.send(self.id, events=list(events)).data

    def say(self, words: str) -> list[Any]:
        """Sends a message; returns what the stream shows from there until the session rests."""
        self.send(message(words))
        return self.until("session.status_idle")

    def next(self) -> Any:
        return next(self._arriving)

    def until(self, kind: str) -> list[Any]:
        """What the stream shows, up to the next event of a type."""
        return until(self._arriving, kind)

    def rest(self) -> list[Any]:
        """What the stream shows until the turn has ended."""
        seen = self.until("session.status_idle")
        while seen[-1].stop_reason.type == "requires_action":
            seen += self.until("session.status_idle")
        return seen

    def take(self, count: int) -> list[Any]:
        """So many events."""
        return [self.next() for _ in range(count)]

    def remainder(self) -> list[Any]:
        """What the stream shows until the server ends it."""
        return list(self._arriving)

    def history(self, **query: Any) -> list[Any]:
        return list(self.sessions.events.list(self.id, **query))

    def status(self) -> str:
        return self.sessions.retrieve(self.id).status

    def close(self) -> None:
        self._stream.close()


def until(arriving: Iterator[Any], kind: str) -> list[Any]:
    """What arrives, up to the next event of a type."""
    seen = [next(arriving)]
    while seen[-1].type != kind:
        seen.append(next(arriving))
    return seen


def types(events: list[Any]) -> list[str]:
    return [event.type for event in events]


def of(events: list[Any], kind: str) -> Any:
    """The one event of a type."""
    [event] = [event for event in events if event.type == kind]
    return event


def words(event: Any) -> str:
    """The text of a message or a result."""
    return "\n".join(block.text for block in event.content)


def said(events: list[Any]) -> list[str]:
    """What the agent said."""
    return [words(event) for event in events if event.type == "agent.message"]
