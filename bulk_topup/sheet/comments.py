"""What of a cell's comment is kept: the part that speaks against paying, or that has another number. Pure.

A hostile file can have any number of comments of any length; what is kept of them is little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bulk_topup.sheet.sayings import against, has_another_number

MOST_COMMENTS = 10_000
MOST_CHARACTERS = 200
"""Of one comment."""
_MOST_READ = 32_767
"""The longest comment that Excel writes."""
_BOILERPLATE = re.compile(r"\A\s*\[.*?fwlink/\?linkid=870924\s*(?:[^\s:]+\s*:)?", re.DOTALL)
"""In every language Excel puts this before the text of a thread, for programs that know none."""


def speaking_part(text: str, author: str = "") -> str:
    """ "" where nothing in it matters. The name of its author comes first in many, and is no part of it; some
    programs forget whose it is, but not the name.
    """
    own = _BOILERPLATE.sub("", text[:_MOST_READ]).strip().removeprefix(f"{author}:")
    unsigned = own.partition(":\n")[2]
    return next(filter(_speaks, (*_parts(own), *_parts(unsigned))), "")


def _parts(text: str) -> Iterator[str]:
    """Each begins in the middle of the one before, so that no words are cut apart in both."""
    line, step = " ".join(text.split()), MOST_CHARACTERS // 2
    return (line[at : at + MOST_CHARACTERS] for at in range(0, max(len(line) - step, 1), step))


def _speaks(part: str) -> bool:
    return bool(against(part)) or has_another_number(part)
