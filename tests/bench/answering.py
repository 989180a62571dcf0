"""A provider that answers each top-up after a fixed time, as fast as one process can; run as a process.

The sandbox keeps a book, and would be what is measured. This one keeps none: it pays whatever it is asked.
It only notes when each top-up's first byte came, and tells all of that where it is asked for `ARRIVALS`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from urllib.parse import parse_qsl

ARRIVALS = "arrivals"

_INVOICES = itertools.count(1)
_HEAD_END = b"\r\n\r\n"
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: %b\r\n\r\n%b"
)


class Answering(asyncio.Protocol):
    """One connection; answers every request on it, and closes it where it was asked to."""

    def __init__(self, latency_s: float, arrivals: list[float]) -> None:
        self._latency_s = latency_s
        self._arrivals = arrivals
        self._came = 0.0
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._received:
            self._came = time.monotonic()
        self._received += data
        head, end, body = self._received.partition(_HEAD_END)
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]) if end else 0
        if not end or len(body) < length:
            return
        self._received = b""
        asked = dict(parse_qsl(body.decode()))
        if "kodeoperator" in asked:
            self._arrivals.append(self._came)
        asyncio.get_running_loop().call_later(self._latency_s, self._answer, head, asked)

    def _answer(self, head: bytes, asked: dict[str, str]) -> None:
        said = json.dumps(self._said(head, asked)).encode()
        closes = b"connection: close" in head.lower()
        connection = b"close" if closes else b"keep-alive"
        self._transport.write(_ANSWER % (len(said), connection, said))
        if closes:
            self._transport.close()

    def _said(self, head: bytes, asked: dict[str, str]) -> object:
        if head.split()[1] == f"/{ARRIVALS}".encode():
            return self._arrivals
        return _paid(asked) if "kodeoperator" in asked else []


def _paid(asked: dict[str, str]) -> dict[str, str]:
    return {
        "result": "ok",
        "status": "sukses",
        "nomorpelanggan": asked["nomortujuan"],
        "kodeoperator": asked["kodeoperator"],
        "invoice": f"TRX{next(_INVOICES)}",
        "serial": "0123456789",
        "debet": "5630",
        "saldo": "1000000",
    }


async def _serve(latency_s: float) -> None:
    loop = asyncio.get_running_loop()
    arrivals: list[float] = []
    server = await loop.create_server(lambda: Answering(latency_s, arrivals), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
