"""What became of a row. Separate from `model`, so that code that only prints need not import that."""

from enum import StrEnum


class Paid(StrEnum):
    YES = "yes"
    NO = "no"
    ASK = "ask provider"


class Status(StrEnum):
    """What became of a row, as the results state it."""

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
        """Money may have moved, and may still."""
        return self in {Status.PENDING, Status.ACCEPTED, Status.UNKNOWN}

    @property
    def paid(self) -> Paid:
        if self is Status.SUKSES:
            return Paid.YES
        return Paid.ASK if self.is_open else Paid.NO


FOR_NOBODY = frozenset({"total.row", "section.row", "header.row", "signature.row", "contact.row"})
"""The findings of rows that are no person's: nothing is to be done about them."""
