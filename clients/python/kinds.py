"""Every kind of event that a session's log can hold, and what an SDK makes of each."""

from collections.abc import Callable, Iterator
from typing import Any

import pydantic

from conversation import ASKING_TOOLSET, LOOKUP, Conversation, message, of, outcome, text
from server import instant

# A picture of one pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
RICH = [
    *text("all of it"),
    PICTURE,
    {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}},
    {
        "type": "document",
        "title": "Lease",
        "context": "Found in a drawer.",
        "source": {"type": "text", "media_type": "text/plain", "data": "It ends in May."},
    },
    {"type": "document", "source": {"type": "url", "url": "https://example.org/a.pdf"}},
]
FOUND = {
    "type": "search_result",
    "source": "https://example.org/orders/4711",
    "title": "Order 4711",
    "content": text("sent"),
    "citations": {"enabled": True},
}

IN_LOGS = {
    "user.message",
    "user.interrupt",
    "user.tool_confirmation",
    "user.tool_result",
    "user.custom_tool_result",
    "system.message",
    "user.define_outcome",
    "agent.message",
    "agent.thinking",
    "agent.tool_use",
    "agent.tool_result",
    "agent.mcp_tool_use",
    "agent.mcp_tool_result",
    "agent.custom_tool_use",
    "session.status_running",
    "session.status_idle",
    "session.status_rescheduled",
    "session.status_terminated",
    "session.thread_status_running",
    "session.thread_status_idle",
    "session.thread_status_rescheduled",
    "session.updated",
    "session.error",
    "session.usage",
    "span.model_request_start",
    "span.model_request_end",
    "span.outcome_evaluation_start",
    "span.outcome_evaluation_ongoing",
    "span.outcome_evaluation_end",
}


def cause_all(converse: Callable[..., Conversation], worker: Any, notes_url: str) -> list[str]:
    """Lets each kind of event happen; returns the sessions. `worker` is the SDK's resource as workers use it."""
    notes = {"mcp_servers": [{"type": "url", "name": "notes", "url": notes_url}]}
    allowed = {"default_config": {"permission_policy": {"type": "always_allow"}}}
    toolset = {"type": "mcp_toolset", "mcp_server_name": "notes", **allowed}
    talk = converse("hands", ASKING_TOOLSET, LOOKUP, toolset, agent=notes)

    # Answers of both families, with all that a result can hold.
    talk.send({"type": "user.message", "content": RICH}, {"type": "system.message", "content": text("Be short.")})
    talk.rest()
    asked = talk.say("both")
    custom, call = of(asked, "agent.custom_tool_use"), of(asked, "agent.tool_use")
    content = [FOUND, PICTURE, *text("sent")]
    talk.send({"type": "user.custom_tool_result", "custom_tool_use_id": custom.id, "content": content})
    talk.send({"type": "user.tool_confirmation", "tool_use_id": call.id, "result": "allow"})
    result = {"type": "user.tool_result", "tool_use_id": call.id, "content": content, "is_error": False}
    worker.events.send(talk.id, events=[result])
    talk.rest()
    # A denial, calls to an MCP server and of a tool that there is not, an update, and an interrupt.
    call = of(talk.say("greet"), "agent.tool_use")
    denial = {"type": "user.tool_confirmation", "tool_use_id": call.id, "result": "deny", "deny_message": "No."}
    talk.send(denial)
    talk.rest()
    talk.say("search")
    talk.say("forbidden")
    talk.sessions.update(talk.id, title="Orders", metadata={"ticket": "4711"}, agent={"tools": [LOOKUP], "mcp_servers": []})
    talk.send({"type": "user.interrupt"})
    # Thoughts, failures that are tried again, a refusal, and one failure that is the end.
    novel = converse("novelist")
    novel.say("tell")
    busy = converse("fickle")
    busy.send(message("always busy"))
    busy.until("session.status_rescheduled")
    busy.send({"type": "user.interrupt"})
    unkind = converse("fickle")
    unkind.say("something bad")
    lost = converse("fickle")
    lost.send(message("too long"))
    lost.until("session.status_terminated")
    # An outcome whose grader says nothing that can be used, until somebody has had enough.
    strict = converse("strict")
    strict.send(outcome("speechless"))
    strict.until("session.status_rescheduled")
    strict.send({"type": "user.interrupt"})
    return [talk.id, novel.id, busy.id, unkind.id, lost.id, strict.id]


def loses_nothing(event: pydantic.BaseModel, raw: dict[str, Any]) -> None:
    """Asserts that an SDK's type gives an event back as it was written."""
    held, raw = event.to_dict(mode="json"), dict(raw)
    # The one member that is a type of its own: an instant, which has several spellings.
    moments = [event.pop("processed_at", None) for event in (held, raw)]
    assert held == raw
    assert len({moment and instant(moment) for moment in moments}) == 1


def unknown(value: Any, path: str = "") -> Iterator[str]:
    """The members that no type knows."""
    if isinstance(value, pydantic.BaseModel):
        yield from (f"{path}.{name}" for name in value.model_extra or {})
        for name in type(value).model_fields:
            yield from unknown(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from unknown(item, f"{path}[{number}]")
