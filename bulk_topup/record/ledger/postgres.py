"""Connects to a PostgreSQL server, and notices when it is gone or hangs."""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Generator
from typing import Any, Final

import psycopg
import sqlalchemy as sa

from bulk_topup.core.clock import SystemClock

_ON_THE_WIRE: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "bulk-topup",
}
"""libpq options that detect a server which vanished silently; an address may override them."""

_IN_A_SESSION = """
    SELECT set_config('default_transaction_isolation', 'read committed', false),
           set_config('statement_timeout', '30s', false), set_config('lock_timeout', '8s', false),
           set_config('idle_in_transaction_session_timeout', '5s', false),
           CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')
                THEN set_config('synchronous_commit', 'on', false) END
"""
"""A claim has to survive the server's crash, however the server is configured.

Locks of a sleeping computer are released before those who wait for them give up, and they give up before they
would consider the server dead.
"""

_IDLE_S: Final = 5.0
_LOCAL = re.compile(r"localhost|127(\.\d+){3}|::1|[/@].*")


class Silent(psycopg.OperationalError):
    """The server accepted a query and says nothing: it is suspended, or its disk is.

    Its kernel still answers, so no TCP option notices. The text is a code of `say.WORDS`.
    """


def engine_of(url: sa.URL, longest_silence_s: float) -> sa.Engine:
    """For an address with the driver `postgresql+psycopg`; each wait for the server ends in `Silent` after
    this many seconds.
    """
    engine = sa.create_engine(
        url,
        connect_args=_options(url),
        # Set explicitly, whatever the server's default is: a claim looks for others' claims only once it has
        # the lock, and must see what was committed while it waited.
        isolation_level="READ COMMITTED",
        pool_size=4,
        max_overflow=4,
        pool_timeout=10,
    )

    def connected(_dialect: object, _record: object, arguments: Any, options: Any) -> _Impatient:
        connection = _Impatient.connect(*arguments, **options)
        connection.longest_silence_s = longest_silence_s
        return connection

    sa.event.listen(engine, "do_connect", connected)
    sa.event.listen(engine, "connect", _careful)
    sa.event.listen(engine, "checkin", _left)
    sa.event.listen(engine, "checkout", _still_there)
    return engine


def _options(url: sa.URL) -> dict[str, Any]:
    """Defaults for what an address leaves open. Connections to other computers are encrypted, unless a
    person said otherwise.
    """
    options = {name: value for name, value in _ON_THE_WIRE.items() if name not in url.query}
    # A pooler may hand a session to another computer, with statements under the same names.
    options["prepare_threshold"] = None
    said = (
        "sslmode" in url.query,
        "service" in url.query,
        "PGSSLMODE" in os.environ,
        "PGSERVICE" in os.environ,
    )
    if not any(said) and not _LOCAL.fullmatch(_host(url)):
        options["sslmode"] = "require"
    return options


def _host(url: sa.URL) -> str:
    """Where libpq will connect to; a folder if nothing says so."""
    places = (url.host, url.query.get("hostaddr"), url.query.get("host"))
    stated = (*places, os.environ.get("PGHOSTADDR"), os.environ.get("PGHOST"))
    return next((str(place) for place in stated if place), "/")


class _Impatient(psycopg.Connection[Any]):
    """A connection that does not wait for its server forever."""

    longest_silence_s = math.inf

    def wait(self, gen: Generator[Any, Any, Any], *more: Any, **named: Any) -> Any:
        return super().wait(self._while_it_speaks(gen), *more, **named)

    def _while_it_speaks(self, steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """The same steps; they are sent False whenever nothing came for a moment."""
        try:
            wanted = next(steps)
            heard = time.monotonic()
            while True:
                came = yield wanted
                if came:
                    heard = time.monotonic()
                elif time.monotonic() - heard > self.longest_silence_s:
                    self.close()
                    raise Silent("why.silent")
                wanted = steps.send(came) or wanted
        except StopIteration as end:
            return end.value


def _left(_connection: object, record: Any) -> None:
    record.info["idle_since"] = SystemClock().alive()


def _still_there(connection: Any, record: Any, _proxy: object) -> None:
    """Checks an idle connection: a person may think about a plan for longer than a firewall keeps it.

    One that was just used is not checked, to save a round trip.
    """
    if SystemClock().alive() - record.info.get("idle_since", math.inf) < _IDLE_S:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.Error as error:
        raise sa.exc.DisconnectionError from error


def _careful(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_IN_A_SESSION)
    connection.commit()
