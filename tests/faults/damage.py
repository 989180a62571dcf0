"""What each kind of fault does to an answer: to its words, or to its bytes on the way."""

from __future__ import annotations

import json
import socket
import struct
from typing import TYPE_CHECKING, Any

from bulk_topup.sandbox import Delivery
from tests.faults.kinds import TRUE_WORD_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulk_topup.sandbox import Wire
    from tests.faults.kinds import Fault

ENDLESS_CAP_BYTES = 64 * 2**20
BIG_REASON_BYTES = 10 * 2**20

_CHUNK_BYTES = 64 * 2**10
_HUGE_DIGITS = "9" * 5_000
_HUGE_MARK = "@hugeint@"  # json.dumps refuses to write an integer this long
_DEEP = b"[" * 200_000 + b"]" * 200_000
_EVIL = '=HYPERLINK("http://127.0.0.1/","lihat")\x1b[2J\x1b]0;sandbox\x07\u202e\r\n+1'


def delivery_of(fault: Fault) -> Delivery:
    """The fault as the sandbox's hook takes it."""
    return Delivery(
        str(fault),
        lambda wire, answer: deliver(wire, answer, fault),
        pays=fault.point == "after",
        refuses=fault.kind in TRUE_WORD_KINDS,
    )


def deliver(wire: Wire, answer: Any, fault: Fault) -> None:
    """Answer as the fault has it."""
    distort = _WORDS.get(fault.kind)
    body = render(distort(answer) if distort else answer)
    _BYTES.get(fault.kind, _sound)(wire, body, fault)


def render(answer: Any) -> bytes:
    """An answer as JSON bytes."""
    return json.dumps(answer).replace(f'"{_HUGE_MARK}"', _HUGE_DIGITS).encode()


# --- the words ---


def _if_ok(**changes: object) -> Callable[[Any], Any]:
    """Change an ok answer; leave any other as it is: a refusal stays true."""

    def distort(answer: Any) -> Any:
        if not isinstance(answer, dict) or answer.get("result") != "ok":
            return answer
        changed = {**answer, **{name: value for name, value in changes.items() if name in answer}}
        return {name: value for name, value in changed.items() if value is not None}

    return distort


def _evil(answer: Any) -> Any:
    if isinstance(answer, list):
        return [{**product, "keterangan": _EVIL} for product in answer]
    return {**answer, "reason": _EVIL, **({"serial": _EVIL} if answer["result"] == "ok" else {})}


def _hugeint(answer: Any) -> Any:
    if isinstance(answer, list):
        return [{**product, "harga": _HUGE_MARK} for product in answer]
    return {**answer, "debet": _HUGE_MARK, "saldo": _HUGE_MARK}


def _bigreason(answer: Any) -> Any:
    reason = {"reason": "A" * BIG_REASON_BYTES}
    return {**answer, **reason} if isinstance(answer, dict) else {"result": "no", **reason}


def _badreason(_answer: Any) -> Any:
    return {"result": "no", "reason_code": "77", "reason": "Transaksi tidak dapat dijelaskan"}


_WORDS: dict[str, Callable[[Any], Any]] = {
    "noinvoice": _if_ok(invoice=None),
    "badstatus": _if_ok(status="proses"),
    "othernumber": _if_ok(nomorpelanggan="081299999999", nomortujuan="081299999999"),
    "otherproduct": _if_ok(kodeoperator="LAIN1", nominal="1000"),
    "badreason": _badreason,
    "bigreason": _bigreason,
    "hugeint": _hugeint,
    "evil": _evil,
}

# --- the bytes ---


def _sound(wire: Wire, body: bytes, _fault: Fault) -> None:
    wire.send(200, body)


def _reset(wire: Wire, _body: bytes, _fault: Fault) -> None:
    """Close it now with RST: lingering for zero seconds drops what a plain close would still deliver."""
    wire.leave()
    connection = wire.handler.connection
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _close(wire: Wire, _body: bytes, _fault: Fault) -> None:
    wire.leave()


def _stall(wire: Wire, _body: bytes, fault: Fault) -> None:
    wire.wait(float(fault.argument))
    wire.leave()


def _slow(wire: Wire, body: bytes, fault: Fault) -> None:
    wire.wait(float(fault.argument))
    wire.send(200, body)


def _half(wire: Wire, body: bytes, _fault: Fault) -> None:
    head = wire.head(200, "application/json", f"Content-Length: {len(body)}")
    wire.write(head + body[: len(body) // 2])
    wire.leave()


def _midbody(wire: Wire, body: bytes, fault: Fault) -> None:
    _half(wire, body, fault)
    _reset(wire, body, fault)


def _midheaders(wire: Wire, body: bytes, fault: Fault) -> None:
    wire.write(wire.head(200, "application/json", f"Content-Length: {len(body)}")[:-20])
    _reset(wire, body, fault)


def _empty(wire: Wire, _body: bytes, _fault: Fault) -> None:
    wire.send(200, b"")


def _html(wire: Wire, _body: bytes, _fault: Fault) -> None:
    wire.html(200)


def _status(wire: Wire, _body: bytes, fault: Fault) -> None:
    if 300 <= fault.status < 400:
        wire.html(fault.status, f"Location: {wire.handler.path}")
    elif fault.status == 429:
        wire.html(429, f"Retry-After: {fault.argument.partition(':')[2] or 1}")
    else:
        wire.html(fault.status)
    _end_interim(wire, fault)


def _answer(wire: Wire, body: bytes, fault: Fault) -> None:
    wire.send(fault.status, body)
    _end_interim(wire, fault)


def _end_interim(wire: Wire, fault: Fault) -> None:
    """An interim status announces another response; none comes."""
    if fault.status < 200:
        wire.leave()


def _badgzip(wire: Wire, body: bytes, _fault: Fault) -> None:
    wire.send(200, b"\x1f\x8b\x08" + body, "application/json", "Content-Encoding: gzip")


def _endless(wire: Wire, body: bytes, _fault: Fault) -> None:
    wire.leave()
    wire.write(wire.head(200, "application/json", "Connection: close") + body[:-1])
    for _ in range(ENDLESS_CAP_BYTES // _CHUNK_BYTES):
        wire.write(b" " * _CHUNK_BYTES)
        wire.wait(0)


def _deepjson(wire: Wire, _body: bytes, _fault: Fault) -> None:
    wire.send(200, _DEEP)


def _otherjson(wire: Wire, _body: bytes, fault: Fault) -> None:
    wire.send(200, (fault.argument or '["ok"]').encode())


_BYTES: dict[str, Callable[[Wire, bytes, Fault], None]] = {
    "reset": _reset,
    "close": _close,
    "stall": _stall,
    "slow": _slow,
    "truncate": _half,
    "midbody": _midbody,
    "midheaders": _midheaders,
    "empty": _empty,
    "html": _html,
    "status": _status,
    "answer": _answer,
    "badgzip": _badgzip,
    "endless": _endless,
    "deepjson": _deepjson,
    "otherjson": _otherjson,
}

DAMAGED_KINDS = frozenset({*_WORDS, *_BYTES})
"""The kinds that are carried out here; a test holds them against `kinds.KINDS`."""
