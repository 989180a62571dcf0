"""A provider that answers each top-up after a fixed time, as fast as one process can; run as a process.

The sandbox keeps a book, and would be what is measured. This one keeps none: it pays whatever it is asked.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from urllib.parse import parse_qsl

_INVOICES = itertools.count(1)
_HEAD_END = b"\r\n\r\n"
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: %b\r\n\r\n%b"
)


class Answering(asyncio.Protocol):
    """One connection; answers every request on it, and closes it where it was asked to."""

    def __init__(self, latency_s: float) -> None:
        self._latency_s = latency_s
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(_HEAD_END)
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]) if end else 0
        if not end or len(body) < length:
            return
        self._received = b""
        asyncio.get_running_loop().call_later(self._latency_s, self._answer, head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        asked = dict(parse_qsl(body.decode()))
        said = json.dumps(_paid(asked) if "kodeoperator" in asked else []).encode()
        closes = b"connection: close" in head.lower()
        connection = b"close" if closes else b"keep-alive"
        self._transport.write(_ANSWER % (len(said), connection, said))
        if closes:
            self._transport.close()


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
    server = await loop.create_server(lambda: Answering(latency_s), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
