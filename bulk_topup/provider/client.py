"""The provider over HTTP; the only user of requests.

Each request has its own connection, used once and then closed. Nothing is retried, no redirect is followed,
and no cookie or login from the environment is added: requests' adapter is used without a session, so nothing
can do any of this.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Final
from urllib.parse import urlencode, urlsplit

import requests
from requests.utils import get_environ_proxies

from bulk_topup.core.errors import ProviderError
from bulk_topup.core.model import Answer, NoAnswer, NotSent, Order, PriceList, Reply
from bulk_topup.provider.address import is_loopback
from bulk_topup.provider.body import decoded_body, read_body, without_secret
from bulk_topup.provider.fields import (
    INVOICE,
    ITRX,
    LONGEST_REASON,
    NUMBER,
    OF_DIGITS,
    OF_WORDS,
    PASSWORD,
    PRODUCT,
    REASON,
    REASON_CODE,
    RESULT,
    USERNAME,
    word_in,
)
from bulk_topup.provider.price_list import has_products, read_price_list
from bulk_topup.provider.transport import Adapter, Departure, Watchdog, tls_context
from bulk_topup.provider.wire import SHORTEST_SECRET, http_date, read_json, short_text, spellings

LONGEST_ANSWER: Final = 2**20
LONGEST_PRICE_LIST: Final = 32 * 2**20


# A request must be sent within 5 s of its recorded attempt, and a host may have several addresses: a dead one
# (usually IPv6 without a route) must leave time for the next. Just longer than TCP's second retransmission.
LONGEST_CONNECT_S: Final = 3.1

STALE_S: Final = 3600.0
"""A `Date` header tells nothing about the provider's clock more than this long before or after it."""

_FUNCTIONS: Final = ("daftarharga", "isipulsa", "cekstatus")


class Provider:
    """The three calls of API v3.1 for one account. Thread-safe.

    `base_url` comes from `checked_base_url`. `timeout_s` limits the whole exchange, from the first byte sent
    to the last received; connecting has its own, shorter limit. `alive` is a monotonic clock in seconds.
    `leaving` is entered around the sending, and yields whether to send. Raises InputError
    `provider.certificates` if the environment names certificates that cannot be read.
    """

    def __init__(
        self,
        base_url: str,
        username: str,
        password: str,
        *,
        timeout_s: float = 60.0,
        alive: Callable[[], float] = time.monotonic,
        leaving: Callable[[], AbstractContextManager[bool]] = lambda: contextlib.nullcontext(True),
    ) -> None:
        self.base_url = base_url
        self._alive = alive
        self._leaving = leaving
        self._seen: tuple[datetime, float] | None = None
        self._credentials = {USERNAME: username, PASSWORD: password}
        self._secret = spellings(password)
        self._timeout_s = timeout_s
        self._watchdog = Watchdog(timeout_s)
        self._drafts = {function: self._draft(function) for function in _FUNCTIONS}
        self._proxies = (
            {} if is_loopback(urlsplit(base_url).hostname or "") else get_environ_proxies(base_url)
        )
        self._tls = tls_context() if base_url.startswith("https:") else None

    def __repr__(self) -> str:
        return f"Provider({self.base_url!r})"

    def price_list(self) -> PriceList:
        """All products (API v3.1, DAFTAR HARGA PULSA), including those that can't be ordered, each with
        its flaw.

        See `price_list.read_price_list`. Raises ProviderError unless the answer is a list with at least one
        product.
        """
        answer = self._post("daftarharga", {}, longest=LONGEST_PRICE_LIST)
        if not isinstance(answer, Reply):
            raise self.unavailable(answer)
        return read_price_list(self._entries(answer))

    def top_up(self, order: Order, *, may_leave: Callable[[], bool]) -> Answer:
        """Sends `order` once (API v3.1, ISI PULSA). Never raises.

        `may_leave` is called once, after connecting and right before the first byte; if it returns False, the
        answer is `NotSent("late")`. The answer is `NotSent` if and only if no byte was handed to the
        connection.
        """
        fields = {ITRX: str(order.itrx), PRODUCT: order.product, NUMBER: order.number}
        return self._post("isipulsa", fields, longest=LONGEST_ANSWER, may_leave=may_leave)

    def status(self, invoice: str, number: str) -> Answer:
        """Asks what became of `invoice` (API v3.1, CEK STATUS TRANSAKSI PULSA). Never raises."""
        return self._post("cekstatus", {INVOICE: invoice, NUMBER: number}, longest=LONGEST_ANSWER)

    def end_overdue(self) -> None:
        """Ends the requests whose time is up, even if the watchdog thread is gone."""
        self._watchdog.look()

    def skew_s(self, wall: datetime, alive: float) -> float | None:
        """The provider's clock minus ours, in seconds, at the moment given by our two clocks.

        Derived from the last `Date` header and `alive`, so that a change of our wall clock since then shows.
        None if there was no header within an hour of that moment.
        """
        if self._seen is None:
            return None
        date, seen = self._seen
        if abs(alive - seen) > STALE_S:
            return None
        return (date - wall).total_seconds() + alive - seen

    def _post(
        self,
        function: str,
        fields: Mapping[str, str],
        *,
        longest: int,
        may_leave: Callable[[], bool] = lambda: True,
    ) -> Answer:
        departure = Departure(self._leaving, may_leave, self._watchdog)
        adapter = Adapter(departure, self._tls)
        try:
            reply = self._without_secret(self._exchange(adapter, self._request(function, fields), longest))
        except Exception as error:  # noqa: BLE001  (whatever went wrong: all that counts is whether it left)
            return departure.answer_after(error)
        finally:
            departure.deadline.end()
            adapter.close()
        return NoAnswer("timeout") if departure.deadline.passed else reply

    def _draft(self, function: str) -> requests.PreparedRequest:
        return requests.Request(
            "POST",
            f"{self.base_url}/{function}",
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "Connection": "close",
                "Content-Type": "application/x-www-form-urlencoded",
            },
        ).prepare()

    def _request(self, function: str, fields: Mapping[str, str]) -> requests.PreparedRequest:
        request = self._drafts[function].copy()
        # Encoded here, because requests would expand values that look like lists or files.
        request.prepare_body(urlencode({**self._credentials, **fields}), None)
        return request

    def _exchange(self, adapter: Adapter, request: requests.PreparedRequest, longest: int) -> Reply:
        limits = (min(self._timeout_s, LONGEST_CONNECT_S), self._timeout_s)
        with adapter.send(
            request, stream=True, timeout=limits, verify=True, proxies=self._proxies
        ) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            self._note_skew(headers.get("date", ""))
            body = decoded_body(read_body(response, longest), headers.get("content-encoding", ""), longest)
            return Reply(response.status_code, headers, body)

    def _without_secret(self, reply: Reply) -> Reply:
        """Keeps a password that the provider echoes out of files and off screens.

        A numeric password may match part of a number or an amount by chance, so those fields are left alone.
        """
        password = self._credentials[PASSWORD]
        if len(password) < SHORTEST_SECRET:
            return reply
        try:
            value = read_json(reply.body)
        except ValueError:
            return reply
        kept = OF_WORDS | (OF_DIGITS if password.isdigit() else frozenset())
        redacted = without_secret(value, self._secret, kept)
        return reply if redacted == value else replace(reply, body=json.dumps(redacted).encode())

    def _note_skew(self, date: str) -> None:
        moment = http_date(date)
        if moment is not None:
            self._seen = (moment, self._alive())

    def _entries(self, reply: Reply) -> Sequence[Mapping[str, object]]:
        try:
            value = read_json(reply.body)
        except ValueError:
            code = "provider.not_json" if reply.status == http.HTTPStatus.OK else "provider.http_status"
            raise ProviderError(code, address=self.base_url, status=reply.status) from None
        if isinstance(value, dict) and word_in(value, RESULT) == "no":
            reason, code = short_text(value.get(REASON), LONGEST_REASON), short_text(value.get(REASON_CODE))
            raise ProviderError("provider.login", reason=reason or "-", reason_code=code or "-")
        if reply.status != http.HTTPStatus.OK:
            raise ProviderError("provider.http_status", address=self.base_url, status=reply.status)
        if value == []:
            raise ProviderError("provider.no_products", address=self.base_url)
        if not isinstance(value, list) or not has_products(value):
            raise ProviderError("provider.other_shape", address=self.base_url)
        return value

    def unavailable(self, answer: NotSent | NoAnswer) -> ProviderError:
        """Why there is no price list or, with `NotSent`, no answer to any other request."""
        default = "unreachable" if isinstance(answer, NotSent) else "no_answer"
        cause = answer.cause if answer.cause in _CAUSES_WITH_WORDS else default
        return ProviderError(f"provider.{cause}", address=self.base_url, seconds=f"{self._timeout_s:g}")


_CAUSES_WITH_WORDS: Final = frozenset(
    {"dns", "refused", "connect_timeout", "certificate", "tls", "proxy", "timeout", "too_long"}
)
