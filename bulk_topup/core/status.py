"""What became of a row. Separate from `model`, so that commands that only print start faster."""

import re
from enum import StrEnum


class Paid(StrEnum):
    YES = "yes"
    NO = "no"
    ASK = "ask provider"


class Status(StrEnum):
    """The status of a row, as the results state it."""

    SUKSES = "sukses"
    PENDING = "pending"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    GAGAL = "gagal"
    DUPLICATE = "duplicate"
    INVALID = "invalid"
    UNSENT = "unsent"

    @property
    def is_open(self) -> bool:
        """Money may have moved, or may still move."""
        return self in {Status.PENDING, Status.ACCEPTED, Status.UNKNOWN}

    @property
    def paid(self) -> Paid:
        if self is Status.SUKSES:
            return Paid.YES
        return Paid.ASK if self.is_open else Paid.NO


FOR_NOBODY = frozenset({"total.row", "section.row", "header.row", "signature.row", "contact.row"})
"""The findings of rows that are not people; nothing has to be done about them."""


# -- who approved ------------------------------------------------------------------------------------------

_BY_KEY = re.compile(r" \[([0-9a-f]{4}(?:-[0-9a-f]{4}){4})\]")
"""After the name of an approver whose key signed, wherever that stands; no typed name may have it."""


def keys_in(approved_by: str) -> list[str]:
    """The keys by which the names of approvers are proven; none where a name was typed."""
    return _BY_KEY.findall(approved_by)


def names_in(approved_by: str) -> str:
    return _BY_KEY.sub("", approved_by)
