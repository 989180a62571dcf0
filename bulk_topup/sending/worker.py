"""Worker threads: they do what the sending loop asks, and post the result. They decide nothing themselves."""

from __future__ import annotations

import contextlib
import functools
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

Word: TypeAlias = Callable[[], object]
"""The result of a request; the loop takes it by calling it in its own thread."""


def nothing(_: object) -> None:
    """Does nothing."""


class Workers:
    """`count` threads of this name that post to `inbox`; tasks are taken in the order asked."""

    def __init__(self, name: str, count: int, inbox: queue.SimpleQueue[Word]) -> None:
        self._asked: queue.SimpleQueue[tuple[Callable[[], Any], Callable[..., object], Any] | None]
        self._asked = queue.SimpleQueue()
        self._inbox = inbox
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{nth}", daemon=True) for nth in range(count)
        ]

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """On exit, waits until everything asked is done. Raises RuntimeError if the system can start no more
        threads."""
        try:
            for thread in self._threads:
                thread.start()
            yield
        finally:
            begun = [thread for thread in self._threads if thread.ident is not None]
            for _ in begun:
                self._asked.put(None)
            for thread in begun:
                thread.join()

    def ask(self, do: Callable[[], Any], then: Callable[[Any], object], failed: Any) -> None:
        """Posts `then` with what `do` returns, or `failed` with what it raises."""
        self._asked.put((do, then, failed))

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None:
            do, then, failed = asked
            try:
                word = functools.partial(then, do())
            except BaseException as error:  # noqa: BLE001  (the loop hears of it)
                word = functools.partial(failed, error)
            self._inbox.put(word)
