"""The bytes of an answer: read with a limit, decompressed, with the password removed."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from bulk_topup.provider.failures import BadEncoding, TooLong
from bulk_topup.provider.wire import REPLACED

if TYPE_CHECKING:
    import re

    import requests

_BLOCK: Final = 65_536


def read_body(response: requests.Response, longest: int) -> bytes:
    """The body as sent. Urllib3 raises if it is shorter than its Content-Length."""
    body = bytearray()
    while block := response.raw.read(_BLOCK, decode_content=False):
        body += block
        if len(body) > longest:
            raise TooLong
    return bytes(body)


def decoded_body(body: bytes, encoding: str, longest: int) -> bytes:
    """Undoes a compression that we did not ask for, up to `longest` bytes."""
    named = encoding.strip().lower()
    if not body or named in {"", "identity"}:
        return body
    if named in {"gzip", "x-gzip"}:
        return _unzipped(body, longest)
    raise BadEncoding


def _unzipped(body: bytes, longest: int) -> bytes:
    decoder = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        plain = decoder.decompress(body, longest + 1)
    except zlib.error:
        raise BadEncoding from None
    if len(plain) > longest:
        raise TooLong
    if not decoder.eof or decoder.unused_data:
        raise BadEncoding
    return plain


def without_secret(value: object, secret: re.Pattern[str], kept: frozenset[str]) -> object:
    match value:
        case str():
            return secret.sub(REPLACED, value)
        case list():
            return [without_secret(item, secret, kept) for item in value]
        case dict():
            return {
                secret.sub(REPLACED, name): item if name in kept else without_secret(item, secret, kept)
                for name, item in value.items()
            }
    return value
