"""An asynchronous SDK client, driven from blocking tests.

Every test of a method runs twice, with the vendor's synchronous and with its
asynchronous client. `Blocking` gives the second the look of the first: a call
that returns an awaitable is awaited on an event loop of its own thread.
"""

import asyncio
import inspect
import threading
from collections.abc import Iterator
from typing import Any


END = object()


class EventLoop:
    """An event loop that runs in a thread until it is closed."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, awaitable: Any) -> Any:
        async def wait() -> Any:
            return await awaitable

        return asyncio.run_coroutine_threadsafe(wait(), self._loop).result()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Blocking:
    """A client, resource, page or raw response of an asynchronous SDK."""

    def __init__(self, target: Any, loop: EventLoop) -> None:
        self._target = target
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if callable(value):
            return lambda *args, **kwargs: self._finish(value(*args, **kwargs))
        return Blocking(value, self._loop) if _leads_to_methods(value) else value

    def __iter__(self) -> Iterator[Any]:
        items = aiter(self._target)
        while (item := self._loop.run(anext(items, END))) is not END:
            yield item

    def _finish(self, result: Any) -> Any:
        if inspect.isawaitable(result):
            result = self._loop.run(result)
        return Blocking(result, self._loop) if _has_methods_to_await(result) else result


def _leads_to_methods(value: Any) -> bool:
    """Whether an attribute is a resource of the SDK, such as `environments`."""
    return type(value).__module__.startswith(("qca.", "anthropic.resources"))


def _has_methods_to_await(value: Any) -> bool:
    """Whether an answer is a page, a stream or a raw response."""
    return hasattr(type(value), "__aiter__") or inspect.iscoroutinefunction(getattr(value, "parse", None))
