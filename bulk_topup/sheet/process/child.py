"""`python -P -m bulk_topup.sheet.process.child`: parses one file, and reports its content on stdout in
frames.

A hostile file may make a parser misbehave. Here that only affects this process, which holds no secret but the
file's own password, and whose only output is frames. The request is one line of JSON on stdin; when stdin
ends, the parent is gone, and the child exits.

The frames: `file` (its hash, and the number of bytes to process), `table` (the header), `batch` (some rows),
`odd` (cells covered by merged ones), `end` (hidden rows, notices, comments); or `error`, which is the last.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import sys
import threading
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, Protocol

from bulk_topup.core.errors import InputError
from bulk_topup.core.languages import tab_names
from bulk_topup.core.model import Named, Notice, OddCell, Oddity, ResultsTab, letter
from bulk_topup.core.shell import argument
from bulk_topup.sheet.detect import Format, format_of, is_encrypted_package, read_bytes, size_of
from bulk_topup.sheet.header import HEADER_ROWS, LISTED_ROWS, Header
from bulk_topup.sheet.layout import block_of, first_of, shortened
from bulk_topup.sheet.names import is_phone, meaning_of
from bulk_topup.sheet.password import unlocked
from bulk_topup.sheet.process import frames
from bulk_topup.sheet.process.frames import Frame
from bulk_topup.sheet.process.parts import assert_one_part, tab_or_part
from bulk_topup.sheet.readers import csv_text
from bulk_topup.sheet.sayings import against, corrects, is_whom_to_call
from bulk_topup.sheet.sections import Sections
from bulk_topup.sheet.table import Batch, batches, covered
from bulk_topup.sheet.tabs import ChosenTab, LostTab, Remarks, Tab, TabChoice, choose_tab

MOST_MAPPED = 1_400_000_000
"""Bytes of address space, where the system can limit it: an allocation beyond it fails at once, before the
parent, which allows 1 GiB of memory in use, checks again.
"""

ODD_IN_FRAME = 20_000

MOST_AHEAD = 16 << 20
"""Bytes of parsed rows that the parent has not read yet; a single larger frame is allowed."""


class Reader(Protocol):
    """The reader module of a workbook format."""

    def tabs(self, data: bytes) -> Sequence[Tab]: ...


def main() -> NoReturn:
    out = _frames_only()
    _limit()
    # Every new row would count towards a full collection, each of which walks all the cells read so far:
    # more than half of the time, although there are no cycles to find.
    gc.disable()
    request = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_die_with_parent, daemon=True).start()
    told = _Told(out)
    for frame in _answers(request):
        told.add(frame)
    told.wait()
    # Exits at once: freeing a million strings would only take time.
    os._exit(0)


class _Told:
    """Writes frames in a thread of its own, so that a busy parent does not block the parser, up to
    MOST_AHEAD.
    """

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._waiting: deque[Frame] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        threading.Thread(target=self._write, daemon=True).start()

    def add(self, frame: Frame) -> None:
        size = sum(map(len, frame.parts))
        with self._changed:
            self._changed.wait_for(lambda: not self._bytes or self._bytes + size <= MOST_AHEAD)
            self._bytes += size
            self._waiting.append(frame)
            self._changed.notify_all()

    def wait(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting)

    def _write(self) -> None:
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._waiting)
                frames.write_frame(self._out, self._waiting[0])
                with self._changed:
                    self._bytes -= sum(map(len, self._waiting.popleft().parts))
                    self._changed.notify_all()
        except BaseException:  # noqa: BLE001  (the parent is gone, or takes no such frame)
            os._exit(1)


def _frames_only() -> BinaryIO:
    """The original stdout, with devnull in its place: anything that a parser prints, even from C, is
    discarded.
    """
    out = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return out


def _limit() -> None:
    try:
        import resource
    except ImportError:  # On Windows only the parent's watch limits it.
        return
    # A core dump would leave the sheet's numbers on disk.
    for which, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, MOST_MAPPED)):
        try:
            resource.setrlimit(which, (most, most))
        except (ValueError, OSError):  # macOS refuses the second.
            continue


def _die_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


# -- from the request to the frames ------------------------------------------------------------------------


def _answers(request: Mapping[str, Any]) -> Iterator[Frame]:
    """Everything to report about the file; any failure is the last frame, `error`."""
    try:
        yield from _parsed(request)
    except InputError as error:
        yield _error(error.code, **error.facts)
    except MemoryError:
        yield _error("sheet.too_much_memory")
    except ImportError as error:
        yield _error("sheet.no_reader", cause="why.module_missing", what=error.name or "?")
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException:  # noqa: BLE001  (parsers raise anything; the panics of some are no Exception)
        yield _error("sheet.unreadable", cause="why.damaged")


def _error(code: str, **facts: object) -> Frame:
    return Frame("error", {"code": code, "facts": {name: str(fact) for name, fact in facts.items()}})


def _parsed(request: Mapping[str, Any]) -> Iterator[Frame]:
    data = read_bytes(Path(os.fsdecode(bytes.fromhex(request["path"]))))
    sha256 = hashlib.sha256(data).hexdigest()
    if is_encrypted_package(data):
        data = unlocked(data, request["password"])
    form = format_of(data)
    yield Frame("file", {"sha256": sha256, "size": size_of(data)})
    wanted = TabChoice(request["tab"], Named(**request["columns"]))
    if form is Format.TEXT:
        found = tab_or_part(partial(csv_text.read_text, data), [None], wanted)
        yield from _table(found, wanted.named, [])
    else:
        tabs = _tabs(data, form, request["password"])
        visible = [tab.name for tab in tabs if tab.visible]
        found = tab_or_part(partial(choose_tab, tabs), visible, wanted)
        notices = [*_unread_tabs(tabs, found), *_passed_over(tabs, found), *_apart(found)]
        yield from _table(found, wanted.named, notices, is_only=len(visible) < 2)


def _tabs(data: bytes, form: Format, password: str | None) -> Sequence[Tab]:
    """A reader is imported, with all that it needs, only for its own format."""
    reader: Reader = import_module(f"bulk_topup.sheet.readers.{form}")
    try:
        return reader.tabs(data)
    except InputError as error:
        if error.code != "sheet.password":
            raise
    return reader.tabs(unlocked(data, password))


def _table(found: ChosenTab, named: Named, notices: list[Notice], *, is_only: bool = True) -> Iterator[Frame]:
    yield _header(found)
    rows = array("q")
    header = found.header
    sections = Sections(header.texts, header.columns, header.told, header.titles)
    beside = _Beside(header)
    for batch in batches(found):
        frame = _batch(batch)
        rows.frombytes(frame.parts[0])
        sections.walk(batch.rows, batch.columns)
        beside.look(batch)
        yield frame
    odd = covered(found, rows) if found.remarks.merged else {}
    odd |= {
        (row, header.columns.number): _RAGGED for row in found.remarks.longer if found.holds(row)
    } | sections.marked()
    listed = _listed(odd.items())
    for at in range(0, len(listed), ODD_IN_FRAME):
        yield Frame("odd", {"odd": listed[at : at + ODD_IN_FRAME]})
    _assert_seen(found, named)
    assert_one_part(found, sections.parts, is_only=is_only)
    notices += beside.notices(named)
    notices += [*_remarked(found), *_wide_names(found, beside.columns)]
    yield _end(found, rows, notices, header.filled_above + beside.filled)


_RAGGED = OddCell(Oddity.RAGGED, "")


class _Beside:
    """What is outside the table: the number of cells in columns without a name, and which cells beyond the
    nearest such column are other people's numbers.
    """

    def __init__(self, header: Header) -> None:
        self._is_named = [bool(text.strip()) for text in header.texts]
        self._number = header.columns.number
        self._table = block_of(header.texts, self._number) | header.columns.deciding
        ours = {at for at, text in enumerate(header.texts) if meaning_of(text) == "ours"}
        self._ours = ours.union(header.columns.fed_back.values())
        self.filled = 0
        self.columns: set[int] = set()
        self._people: dict[int, list[int]] = {}

    def look(self, batch: Batch) -> None:
        for at, texts in enumerate(batch.columns):
            if at in self._table or at in self._ours or not any(texts):
                continue
            if at >= len(self._is_named) or not self._is_named[at]:
                self.columns.add(at)
                self.filled += len([text for text in texts if text.strip()])
            for nth in [nth for nth, text in enumerate(texts) if text and is_phone(text)]:
                if not is_whom_to_call([column[nth] for column in batch.columns], at):
                    self._people.setdefault(at, []).append(batch.rows[nth])

    def notices(self, named: Named) -> list[Notice]:
        """Raises InputError unless an option says which numbers are meant."""
        if not self._people:
            return []
        facts = {
            "columns": ", ".join(map(letter, sorted(self._people))),
            "rows": first_of(sorted({row for rows in self._people.values() for row in rows}), LISTED_ROWS),
            "letter": letter(min(self._people)),
        }
        if named.number is None:
            raise InputError("sheet.beside", **facts)
        return [Notice("sheet.beside_left", facts)]


def _assert_seen(found: ChosenTab, named: Named) -> None:
    """Nobody has seen a hidden column, so it is not used unless a person names it."""
    ours, header = found.header.columns, found.header.texts
    taken = (
        ("--number-column", ours.number, named.number),
        ("--product-column", ours.product, named.product),
        ("--nominal-column", ours.nominal, named.nominal),
    )
    for option, position, name in taken:
        if position is not None and position in found.remarks.hidden_columns and name is None:
            column = f'{letter(position)} "{header[position].strip()}"'
            raise InputError("sheet.hidden_column", column=column, option=option, letter=letter(position))


def _header(found: ChosenTab) -> Frame:
    ours = found.header.columns
    facts = {
        "tab": found.tab,
        "width": len(found.header.texts),
        "columns": asdict(ours),
    }
    return Frame("table", facts, [frames.of_texts(found.header.texts)])


def _batch(batch: Batch) -> Frame:
    parts = [frames.of_numbers(batch.rows), *map(frames.of_texts, batch.columns)]
    return Frame("batch", {"odd": _listed(batch.odd.items())}, parts)


def _listed(odd: Iterable[tuple[tuple[int, int], OddCell]]) -> list[tuple[int, int, str, str, str]]:
    return [(row, position, cell.kind, cell.shown, cell.stored) for (row, position), cell in odd]


def _end(found: ChosenTab, rows: Sequence[int], notices: list[Notice], outside: int) -> Frame:
    hidden_rows = found.remarks.hidden_rows
    hidden = [row for row in rows if row in hidden_rows] if hidden_rows else []
    told = [(notice.code, dict(notice.facts)) for notice in notices]
    among = set(rows) if found.remarks.comments else set()
    comments = [(row, at, text) for (row, at), text in found.remarks.comments.items() if row in among]
    facts = {"notices": told, "outside": outside, "comments": comments}
    return Frame("end", facts, [frames.of_numbers(hidden)])


# -- notices -----------------------------------------------------------------------------------------------


def _unread_tabs(tabs: Sequence[Tab], found: ChosenTab) -> list[Notice]:
    hidden = [tab.name for tab in tabs if not tab.visible and tab.name != found.tab]
    lost = [tab.name for tab in tabs if isinstance(tab, LostTab)]
    return [
        Notice(code, {"tabs": ", ".join(f'"{name}"' for name in names)})
        for code, names in (("sheet.hidden_tabs", hidden), ("sheet.lost_tabs", lost))
        if names
    ]


def _passed_over(tabs: Sequence[Tab], found: ChosenTab) -> list[Notice]:
    """Otherwise corrections in the other tab of a results workbook would go unnoticed."""
    if found.tab not in tab_names(ResultsTab.RESULTS) or found.header.columns.results is None:
        return []
    others = [tab.name for tab in tabs if tab.visible and tab.name in tab_names(ResultsTab.TO_DO)]
    facts = ({"tab": found.tab, "other": other, "option": argument(other)} for other in others)
    return [Notice("sheet.whole_results", each) for each in facts]


def _apart(found: ChosenTab) -> list[Notice]:
    listed = ", ".join(f'"{name}"' for name in found.apart)
    return [Notice("sheet.tabs_apart", {"tabs": listed})] if found.apart else []


def _remarked(found: ChosenTab) -> Iterator[Notice]:
    remarks = found.remarks
    yield from remarks.notices
    yield from _header_notices(found.header)
    yield from _formulas(found, remarks)
    header = found.header.texts
    if hidden := [at for at in sorted(remarks.hidden_columns) if at < len(header) and header[at].strip()]:
        listed = ", ".join(f'{letter(at)} "{header[at].strip()}"' for at in hidden)
        yield Notice("sheet.hidden_columns", {"columns": listed})


def _header_notices(header: Header) -> Iterator[Notice]:
    if header.upper is not None:
        yield Notice("sheet.two_header_rows", {"upper": str(header.upper), "row": str(header.row)})
    if people := header.people_above:
        rows = first_of(people, LISTED_ROWS)
        yield Notice("sheet.people_left", {"rows": rows, "row": str(header.row)})
    elif header.row > HEADER_ROWS:
        yield Notice("sheet.deep_header", {"row": str(header.row)})
    for row, text in header.titles if header.told is None else ():
        if word := against(text) or corrects(text):
            yield Notice("sheet.note_against", {"row": str(row), "text": shortened(text), "word": word})


def _wide_names(found: ChosenTab, nameless: Set[int]) -> Iterator[Notice]:
    """If a header spans several columns, only the first one is read."""
    header = found.header
    rows = {header.row, header.row if header.upper is None else header.upper}
    over = {(a, z) for top, a, bottom, z in found.remarks.merged if any(top <= row <= bottom for row in rows)}
    for at in sorted(header.columns.deciding):
        others = [each for each in sorted(nameless) if any(a <= at <= z and a <= each <= z for a, z in over)]
        if others:
            column = f'{letter(at)} "{header.texts[at].strip()}"'
            yield Notice("sheet.wide_name", {"column": column, "others": ", ".join(map(letter, others))})


def _formulas(found: ChosenTab, remarks: Remarks) -> Iterator[Notice]:
    ours = found.header.columns
    for at in (ours.number, ours.product, ours.nominal, ours.itrx):
        if at is not None and remarks.formulas[at]:
            yield Notice("sheet.formulas", {"column": letter(at), "count": str(remarks.formulas[at])})


if __name__ == "__main__":
    main()
