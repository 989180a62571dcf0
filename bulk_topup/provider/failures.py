"""Why an exchange failed, told from the connection rather than from the text of an error."""

import http.client
import socket
import ssl
from collections.abc import Iterator
from typing import Final

import requests
import urllib3.exceptions


class TooLate(Exception):  # noqa: N818  (the caller's decision, not a fault)
    """The caller no longer wants the request to be sent."""


class TooLong(Exception):  # noqa: N818
    """More bytes than any genuine answer has."""


class BadEncoding(Exception):  # noqa: N818
    """The body does not match its Content-Encoding."""


Causes = tuple[tuple[str, type[BaseException] | tuple[type[BaseException], ...]], ...]

NOT_SENT_ERRORS: Final[Causes] = (
    ("late", TooLate),
    ("proxy", (urllib3.exceptions.ProxyError, requests.exceptions.InvalidProxyURL)),
    ("dns", socket.gaierror),
    ("certificate", ssl.SSLCertVerificationError),
    ("connect_timeout", TimeoutError),
    ("refused", ConnectionRefusedError),
    ("tls", ssl.SSLError),
    ("unreachable", (urllib3.exceptions.NewConnectionError, ConnectionError)),
)

NO_ANSWER_ERRORS: Final[Causes] = (
    ("too_long", TooLong),
    ("bad_encoding", BadEncoding),
    ("timeout", (TimeoutError, urllib3.exceptions.ReadTimeoutError)),
    ("closed", http.client.RemoteDisconnected),
    ("truncated", http.client.IncompleteRead),
    ("tls", ssl.SSLError),
    ("reset", ConnectionError),
    ("bad_http", (http.client.HTTPException, urllib3.exceptions.HTTPError)),
)


def named_cause(error: BaseException, causes: Causes) -> str:
    """The first of `causes` found anywhere in the chain of `error`, else `failed`."""
    chain = list(_chain(error, set()))
    return next(
        (cause for cause, kinds in causes if any(isinstance(link, kinds) for link in chain)), "failed"
    )


def _chain(error: object, seen: set[int]) -> Iterator[BaseException]:
    """The error and everything that caused it; requests and urllib3 keep the origin in several places."""
    if not isinstance(error, BaseException) or id(error) in seen:
        return
    seen.add(id(error))
    yield error
    for origin in (*error.args, getattr(error, "reason", None), error.__cause__, error.__context__):
        yield from _chain(origin, seen)
