"""The comments of a worksheet: notes (`xl/comments1.xml`), and threads (`xl/threadedComments`), of which
Excel writes a note as well.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from bulk_topup.core.errors import InputError
from bulk_topup.sheet.comments import speaking_part
from bulk_topup.sheet.readers.ooxml_attributes import REFERENCE, position_of
from bulk_topup.sheet.readers.ooxml_markup import NAMESPACES, Markup

if TYPE_CHECKING:
    from bulk_topup.sheet.readers.ooxml_package import Package
    from bulk_topup.sheet.tabs import Remarks

_THREADS = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
_NOTE, _AUTHOR = "comments/commentList/comment", "comments/authors/author"
_IN_THREAD = "ThreadedComments/threadedComment"


def note_comments(package: Package, part: str, remarks: Remarks) -> None:
    """Adds those of the worksheet `part`. Damaged ones refuse no sheet whose cells are whole."""
    with suppress(InputError):
        related = package.relationships(part).values()
        for each in sorted(related, key=lambda one: one.kind, reverse=True):
            if each.kind in {"comments", "threadedComment"} and each.part in package:
                with suppress(InputError):
                    package.read_into(_Comments(each.part, remarks))


class _Comments(Markup):
    def __init__(self, part: str, remarks: Remarks) -> None:
        super().__init__(
            part,
            {_AUTHOR: self._begin, _NOTE: self._begin, _IN_THREAD: self._begin},
            {_AUTHOR: self._end_of_author, _NOTE: self._end_of_one, _IN_THREAD: self._end_of_one},
            {_AUTHOR, f"{_NOTE}/text/t", f"{_NOTE}/text/r/t", f"{_IN_THREAD}/text"},
            namespaces=(*NAMESPACES, _THREADS),
        )
        self._remarks = remarks
        self._authors: list[str] = []
        self._attributes: dict[str, str] = {}

    def _begin(self, attributes: dict[str, str]) -> None:
        self._attributes = attributes
        self.text.clear()

    def _end_of_author(self) -> None:
        self._authors.append("".join(self.text))

    def _end_of_one(self) -> None:
        nth = self._attributes.get("authorId", "")
        is_known = nth.isdecimal() and len(nth) < 8 and int(nth) < len(self._authors)
        part = speaking_part("".join(self.text), self._authors[int(nth)] if is_known else "")
        if place := REFERENCE.fullmatch(self._attributes.get("ref", "")):
            self._remarks.comment(int(place[2]), position_of(place[1]), part)
