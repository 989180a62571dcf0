"""The results columns: the one list of them, in their order.

For another column, add a field to `ResultLine` and give it its value in `report.result_lines`. The workbook,
the CSV file and the recognition of both when they are fed back in follow from it. Only the complete block
counts as ours, today's or an earlier version's (`BLOCKS`): a part of one is refused.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class ResultLine(NamedTuple):
    """One row of the results: the sheet's own cells, at most as many as its header, then a value for each
    results column. "" is a missing text, None an unknown amount of rupiah."""

    cells: Sequence[str]
    paid: str
    """Yes, no, or ask the provider."""
    status: str
    """What became of the row."""
    reason_code: str
    """The provider's code, where it gave one."""
    reason: str
    """Why, in plain words, and what to do."""
    invoice: str
    """The provider's."""
    serial: str
    """The operator's."""
    price: int | None
    """As listed."""
    debited: int | None
    """What the provider took from the balance."""
    product_sent: str
    """As it was sent: the sheet's own, or the one that was chosen."""
    number_sent: str
    """As it was sent."""
    sent_at: str
    """When it may have left (WIB)."""

    @property
    def values(self) -> tuple[str | int | None, ...]:
        """In the order of `RESULT_COLUMNS`."""
        return self[1:]


RESULT_COLUMNS = ResultLine._fields[1:]

BLOCKS: Mapping[int, tuple[str, ...]] = {
    len(names): names
    for names in (RESULT_COLUMNS, tuple(name for name in RESULT_COLUMNS if name != "product_sent"))
}
"""By their width: today's, and the ten of an earlier version, which are results as well."""


def fed_back(start: int | None, width: int) -> Mapping[str, int]:
    """Where each results column stands in a sheet that has a block of so many from `start` on; with None, it
    has no block."""
    return {} if start is None else {name: at for at, name in enumerate(BLOCKS[width], start)}
