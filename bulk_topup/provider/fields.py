"""The field names of API v3.1, and how each field is read. Pure."""

from collections.abc import Mapping
from typing import Final

from bulk_topup.provider.wire import REPLACED, read_json, short_text

# -- names -------------------------------------------------------------------------------------------------

USERNAME: Final = "username"
PASSWORD: Final = "password"  # noqa: S105  (a name)
ITRX: Final = "itrx"
NUMBER: Final = "nomortujuan"
PRODUCT: Final = "kodeoperator"
INVOICE: Final = "invoice"

RESULT: Final = "result"
STATUS: Final = "status"
REASON_CODE: Final = "reason_code"
REASON: Final = "reason"
DESCRIPTION: Final = "description"
SERIAL: Final = "serial"
BALANCE: Final = "saldo"
ANSWERED_AT: Final = "tanggal"
NUMBERS: Final = ("nomorpelanggan", NUMBER)
"""An answer may use either name, or both."""
DEBITS: Final = ("debet", "debit")
"""The documentation uses both names."""

OPERATOR: Final = "operator"
KIND: Final = "tipe"
NOMINAL: Final = "nominal"
PRICE: Final = "harga"
DETAILS: Final = "keterangan"

OF_MONEY: Final = frozenset({*DEBITS, BALANCE, SERIAL})
"""Only in answers about a top-up that was made."""
OF_WORDS: Final = frozenset({RESULT, STATUS})
OF_DIGITS: Final = frozenset({*NUMBERS, *DEBITS, INVOICE, SERIAL, NOMINAL, PRICE, BALANCE})

LONGEST_REASON: Final = 500

# -- how they are read -------------------------------------------------------------------------------------


def fields_in(body: bytes) -> Mapping[str, object]:
    """The fields of the JSON object in `body`; empty if it is anything else."""
    try:
        value = read_json(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def word_in(fields: Mapping[str, object], name: str) -> str:
    return short_text(fields.get(name)).lower()


def reason_code_in(fields: Mapping[str, object]) -> str:
    """Always two digits: as a JSON number, 00 arrives as 0."""
    code = short_text(fields.get(REASON_CODE))
    return code.zfill(2) if code else ""


def reason_in(fields: Mapping[str, object]) -> str:
    return short_text(fields.get(REASON), LONGEST_REASON) or short_text(
        fields.get(DESCRIPTION), LONGEST_REASON
    )


def invoice_in(fields: Mapping[str, object]) -> str:
    """The invoice, or "" for one that could not be looked up later: truncated, damaged, or only a dash."""
    value = fields.get(INVOICE)
    stated = short_text(value)
    is_whole = isinstance(value, str) and stated == value.strip() and REPLACED not in stated
    return stated if is_whole and any(letter.isdigit() for letter in stated) else ""


def names_a_number(fields: Mapping[str, object]) -> bool:
    return any(short_text(fields.get(name)) for name in NUMBERS)


def are_for(fields: Mapping[str, object], number: str, product: str | None) -> bool:
    """Whether nothing in the answer names another number or product; an absent field names nothing."""
    numbers = (fields.get(name) for name in NUMBERS)
    if not all(is_left_out(stated) or _national(short_text(stated)) == number for stated in numbers):
        return False
    stated = fields.get(PRODUCT)
    return product is None or is_left_out(stated) or short_text(stated).casefold() == product.casefold()


def is_left_out(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _national(number: str) -> str:
    """`08…` from `+62 8…`, `628…`, or the `8…` that remains of a JSON number."""
    digits = number.removeprefix("+").replace(" ", "").replace("-", "")
    national = digits.removeprefix("62")
    return "0" + national if national.startswith("8") else digits
