"""The only list of results columns, in order.

To add a column, add a field to `ResultLine`, its name to `ADDED`, and set it in `report.result_lines`. The
workbook, the CSV file and the detection of results that are fed back all derive from it. Only a complete
block counts as ours, of this version or an earlier one (`BLOCKS`); part of a block is refused.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class ResultLine(NamedTuple):
    """One row of the results: the sheet's own cells, at most as many as its header has, then one value for
    each results column.

    "" is a missing text, None an unknown amount of rupiah.
    """

    cells: Sequence[str]
    paid: str
    """Yes, no, or ask the provider."""
    status: str
    """What became of the row."""
    reason_code: str
    """The provider's code, where it gave one."""
    reason: str
    """Why, in plain words, and what to do about it."""
    invoice: str
    """From the provider."""
    serial: str
    """From the operator."""
    price: int | None
    """From the price list."""
    debited: int | None
    """What the provider took from the balance."""
    product_sent: str
    """The product that was sent: from the sheet, or chosen by the program."""
    number_sent: str
    """The number that was sent."""
    sent_at: str
    """When it may have been sent (WIB)."""

    @property
    def values(self) -> tuple[str | int | None, ...]:
        """In the order of `RESULT_COLUMNS`."""
        return self[1:]


RESULT_COLUMNS = ResultLine._fields[1:]

ADDED = ("product_sent",)
"""The columns that earlier versions lacked, in the order in which they came."""

BLOCKS: Mapping[int, tuple[str, ...]] = {
    len(names): names
    for at in range(len(ADDED) + 1)
    for names in [tuple(name for name in RESULT_COLUMNS if name not in ADDED[at:])]
}
"""By width, the narrowest first: the block of each earlier version, and the current one."""


def fed_back(start: int | None, width: int) -> Mapping[str, int]:
    """The positions of the results columns in a sheet whose block of this width begins at `start`; empty
    for None.
    """
    return {} if start is None else {name: at for at, name in enumerate(BLOCKS[width], start)}
