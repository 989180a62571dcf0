"""CSV to rows: strict about encoding and quotes, flexible about the delimiter."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from dataclasses import dataclass
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import SHEET_COLUMNS, Columns, Named, Notice
from bulk_topup.sheet.header import LISTED_ROWS, Header, NoHeader, find_header
from bulk_topup.sheet.layout import first_of, shortened
from bulk_topup.sheet.names import is_phone
from bulk_topup.sheet.process.frames import MOST_ROWS_READ
from bulk_topup.sheet.tabs import Block, ChosenTab, Piece, Remarks, TabChoice

if TYPE_CHECKING:
    from _csv import Reader as _Reader
    from collections.abc import Callable, Iterable, Iterator


Record = tuple[int, list[str]]
"""A record's row number as Excel counts, and its texts."""

DELIMITERS = (",", ";", "\t", "|")
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
LONGEST_FIELD = 1_000_000
"""Characters. Far above Excel's 32,767 per cell, far below what an unclosed quote would swallow."""
FIRST_LINES = 30

PIECE_CHARACTERS = 1 << 18
"""Characters of text that are processed together."""

_CHUNK_BYTES = 1 << 20
_DOS_END = b"\x1a"
_DECLARATION = re.compile(r'"?sep=([^\w\s"]|\t)"?[\r\n]*', re.IGNORECASE)


class _BadQuotes(NoHeader):
    """Quotes do not match under this delimiter; they may under another."""


@dataclass(frozen=True, slots=True)
class _Source:
    data: bytes
    encoding: str
    delimiter: str = ","

    def lines(self) -> io.TextIOWrapper:
        # A stream over the bytes: a decoded copy of a large file would take four times its size.
        return io.TextIOWrapper(io.BytesIO(self.data), self.encoding, newline="")


def read_text(data: bytes, wanted: TabChoice) -> ChosenTab:
    """The rows of a CSV file, under the only delimiter that fits its header.

    Raises InputError if a tab is requested; if the encoding, the quotes, the delimiter or the header leave
    any doubt about what a cell contains; and if there is a NUL, which no spreadsheet program writes.
    """
    if wanted.tab is not None:
        raise InputError("sheet.no_tabs", tab=wanted.tab)
    encoding, has_nul = _encoding(data)
    if not encoding.startswith("utf-16"):  # Where that byte is half a letter.
        data = data.rstrip(_DOS_END)
    csv.field_size_limit(LONGEST_FIELD)
    try:
        source, header = _choose(data, encoding, wanted.named)
    except NoHeader as error:
        raise InputError("sheet.not_text") if has_nul else error from error
    if has_nul:
        raise _nul(source)
    remarks = Remarks(notices=[Notice("sheet.windows_1252")] if encoding == "cp1252" else [])
    return ChosenTab("", header, _under(source, header, remarks), remarks)


# -- encoding ----------------------------------------------------------------------------------------------


def _encoding(data: bytes) -> tuple[str, bool]:
    """The encoding, and whether there is a NUL among the characters."""
    marked = next((name for bom, name in BOMS.items() if data.startswith(bom)), None) or _unmarked(data)
    for encoding in (marked,) if marked else ("utf-8", "cp1252"):
        has_nul = _decoded_with_nul(data, encoding)
        if has_nul is not None:
            return encoding, has_nul
    if marked:
        raise InputError("sheet.encoding_damaged")
    raise InputError("sheet.encoding" if b"\0" not in data else "sheet.not_text")


def _unmarked(data: bytes) -> str | None:
    """UTF-16 without a byte order mark: every other byte of its ASCII characters is 0, and hardly any
    other byte is.
    """
    if b"\0" not in data:
        return None
    head = data[:_CHUNK_BYTES]
    first, second = head[::2].count(0), head[1::2].count(0)
    least, most = sorted((first, second))
    if 10 * least < most and 4 * most > len(head):
        return "utf-16-le" if most == second else "utf-16-be"
    return None


def _decoded_with_nul(data: bytes, encoding: str) -> bool | None:
    """Whether there is a NUL among the characters, or None if this is not the encoding.

    Works piece by piece, because one wide character makes the whole text four bytes per character.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    has_nul = False
    try:
        for start in range(0, len(data), _CHUNK_BYTES):
            chunk = data[start : start + _CHUNK_BYTES]
            has_nul |= "\0" in decoder.decode(chunk, final=start + _CHUNK_BYTES >= len(data))
    except UnicodeDecodeError:
        return None
    return has_nul


def _nul(source: _Source) -> InputError:
    row = next((row for row, cells in _records(source) if "\0" in "".join(cells)), 1)
    return InputError("sheet.nul", row=str(row))


# -- delimiter and header ----------------------------------------------------------------------------------


def _choose(data: bytes, encoding: str, named: Named) -> tuple[_Source, Header]:
    """The only delimiter under which the header has the columns that we need.

    A column named by its letter can match rows that the wrong delimiter splits by chance, but fewer of them.
    """
    declared = _declared_delimiter(data, encoding)
    sources = [_Source(data, encoding, each) for each in ([declared] if declared else DELIMITERS)]
    found, missing = _searched([each for each in sources if each.delimiter.encode() in data], named)
    if not found:  # Those that split nothing may explain best why not.
        found, missing = _searched(sources, named)
    widest = max((len(header.texts) for _, header in found), default=0)
    found = [(source, header) for source, header in found if len(header.texts) == widest]
    if len(found) > 1:
        raise InputError("sheet.delimiter")
    if not found:
        instead = _no_table(*max(missing, key=lambda item: _width(item[0])), named)
        is_wrong = declared and instead.code == "sheet.quoted_lines"
        raise InputError("sheet.sep", sep=declared) if is_wrong else instead
    return found[0]


def _searched(
    sources: Iterable[_Source], named: Named
) -> tuple[list[tuple[_Source, Header]], list[tuple[_Source, NoHeader]]]:
    """The header under each delimiter, or why there is none."""
    found: list[tuple[_Source, Header]] = []
    missing: list[tuple[_Source, NoHeader]] = []
    for source in sources:
        try:
            found.append((source, find_header(_records(source), named)))
        except NoHeader as error:
            missing.append((source, error))
    return found, missing


def _declared_delimiter(data: bytes, encoding: str) -> str | None:
    """What Excel's own first line `sep=;` declares, if there is one."""
    line = _Source(data, encoding).lines().readline(16)
    declared = _DECLARATION.fullmatch(line)
    return declared[1] if declared else None


def _width(source: _Source) -> int:
    """How often the delimiter occurs in the first lines: the most frequent one is the likeliest."""
    return sum(line.count(source.delimiter) for line in islice(source.lines(), FIRST_LINES))


# -- what it is instead ------------------------------------------------------------------------------------


def _no_table(source: _Source, error: NoHeader, named: Named) -> InputError:
    if isinstance(error, _BadQuotes):
        return error
    for code, split in _SLIPS:
        try:
            header = find_header(((row, split(cells)) for row, cells in _records(source)), named)
        except (InputError, csv.Error):
            continue
        return InputError(code, row=str(header.row))
    return error


def _within_one_cell(delimiter: str) -> Callable[[list[str]], list[str]]:
    """A record whose only cell is itself a whole record, as in `"0812;TEL5"`."""

    def split(cells: list[str]) -> list[str]:
        filled = [cell for cell in cells if cell.strip()]
        return next(csv.reader(filled, delimiter=delimiter), []) if len(filled) == 1 else []

    return split


def _at_spaces(cells: list[str]) -> list[str]:
    """As in a printed list: columns separated by two spaces or more."""
    return re.split(r"\s{2,}", cells[0].strip()) if len(cells) == 1 else []


def _at_every_space(cells: list[str]) -> list[str]:
    return cells[0].split() if len(cells) == 1 else []


_SLIPS: list[tuple[str, Callable[[list[str]], list[str]]]] = [
    *(("sheet.quoted_lines", _within_one_cell(delimiter)) for delimiter in DELIMITERS),
    ("sheet.spaces", _at_spaces),
    ("sheet.spaces", _at_every_space),
]
"""The code of a message, and how to read a line so that it shows the mistake which the message names."""


# -- records -----------------------------------------------------------------------------------------------


def _records(source: _Source) -> Iterator[Record]:
    return _numbered(_reader(source, _table_lines(source)), source)


def _table_lines(source: _Source) -> io.TextIOWrapper:
    lines = source.lines()
    if _declared_delimiter(source.data, source.encoding):
        lines.readline()
    return lines


def _reader(source: _Source, lines: Iterable[str]) -> _Reader:
    return csv.reader(lines, delimiter=source.delimiter, strict=True)


def _numbered(reader: _Reader, source: _Source, row: int = 0, line: int = 0) -> Iterator[Record]:
    """Numbered as in Excel: a quoted line break does not end a row, an empty line is one, `sep=` is not.

    `row` and `line` are where an earlier reader stopped.
    """
    try:
        for row, cells in enumerate(reader, row + 1):  # noqa: B020
            _assert_bearable(row)
            if len(cells) > SHEET_COLUMNS:
                raise InputError("sheet.too_many_columns", row=str(row), most=SHEET_COLUMNS)
            yield row, cells
    except csv.Error as error:
        if len(_line(source, line + reader.line_num)) > LONGEST_FIELD:
            raise InputError("sheet.long_cell", row=str(row + 1), most=LONGEST_FIELD) from error
        raise _BadQuotes("sheet.quotes", row=str(row + 1)) from error


def _line(source: _Source, number: int) -> str:
    return next(islice(_table_lines(source), number - 1, None), "")


def _assert_bearable(row: int) -> None:
    if row > MOST_ROWS_READ:
        raise InputError("sheet.too_many_rows", most=MOST_ROWS_READ)


# -- the rows under the header -----------------------------------------------------------------------------


def _under(
    source: _Source, header: Header, remarks: Remarks, characters: int = PIECE_CHARACTERS
) -> Iterator[Piece]:
    """Column by column for plain pieces of the text, record by record for the others, so that a quote only
    slows the lines around it.
    """
    lines, width, row = _table_lines(source), len(header.texts), header.row
    reader = _reader(source, lines)
    deque(islice(_numbered(reader, source), row), maxlen=0)
    line = reader.line_num
    while piece := lines.read(characters):
        piece += lines.readline()
        if columns := _plain_columns(piece, source.delimiter, width):
            rows = range(row + 1, row + 1 + len(columns[0]))
            _assert_bearable(rows[-1])
            yield Block(rows, columns)
            row, line = rows[-1], line + len(rows)
        else:
            own = io.StringIO(piece, newline="").readlines()
            reader = _reader(source, chain(own, lines))
            records = list(_until(len(own), reader, _numbered(reader, source, row, line)))
            remarks.longer += [row for row, cells in records if any(map(str.strip, cells[width:]))]
            yield [(row, cells[:width]) for row, cells in records]
            row, line = records[-1][0], line + reader.line_num
    if line > row:
        _look_into_lines(source, header, remarks)


def _plain_columns(piece: str, delimiter: str, width: int) -> list[list[str]] | None:
    """The cells of whole lines by column, or None if they need a closer look: something may be quoted or
    too long, lines end as on an old Mac, or not all of them have `width` cells.
    """
    if '"' in piece or len(piece) > LONGEST_FIELD:
        return None
    ending = "\r\n" if "\r" in piece else "\n"
    written = piece.removesuffix(ending).replace(ending, f"{delimiter}\n")
    cells = written.split(delimiter)
    first = cells[::width]
    # Every line has as many cells if what ended a line now precedes the first cell of the next, and nothing
    # else does.
    is_plain = len(cells) == len(first) * width and written.count("\n") == len(first) - 1
    if "\r" in written or not is_plain or not all(map(str.startswith, first[1:], repeat("\n"))):
        return None
    return ["".join(first).split("\n"), *(cells[position::width] for position in range(1, width))]


def _until(line: int, reader: _Reader, records: Iterator[Record]) -> Iterator[Record]:
    """The records that begin in the first so many lines; a quoted cell may continue in later ones."""
    while reader.line_num < line:
        yield next(records)


# -- rows within a cell ------------------------------------------------------------------------------------


def _look_into_lines(source: _Source, header: Header, remarks: Remarks) -> None:
    """Two stray quotes turn everything between them into one cell, including other people's rows.

    Raises InputError if these are certainly people; adds a notice if each line is as wide as a row.
    """
    dividers, own = len(header.texts) - 1, max(header.columns.number, header.columns.asked)
    swallowing: dict[int, str] = {}
    doubtful: list[int] = []
    for row, lines in _over_several_lines(source):
        counts = [line.count(source.delimiter) for line in lines]
        most = 1 if row > header.row else 0
        if row < header.row or sum(count >= own for count in counts) <= most:
            continue
        people = [line for line in lines if _is_person(line, source.delimiter, header.columns)]
        if len(people) > most:
            swallowing[row] = people[-1]
        elif set(counts) == {dividers} and not any(_has_words(line, source, header) for line in lines):
            doubtful.append(row)
    if swallowing:
        facts = {"count": str(len(swallowing)), "text": shortened(min(swallowing.items())[1])}
        raise InputError("sheet.swallowed", rows=first_of(list(swallowing), LISTED_ROWS), **facts)
    if doubtful:
        remarks.tell(Notice("sheet.lines_in_cell", {"rows": first_of(doubtful, LISTED_ROWS)}))


def _over_several_lines(source: _Source) -> Iterator[tuple[int, list[str]]]:
    """The records that span several lines of the file, by their row."""
    taken: list[str] = []

    def noted() -> Iterator[str]:
        for line in _table_lines(source):
            taken.append(line)
            yield line

    for row, _ in _numbered(_reader(source, noted()), source):
        if len(taken) > 1:
            yield row, taken.copy()
        taken.clear()


def _is_person(line: str, delimiter: str, columns: Columns) -> bool:
    """Whether a single line has a phone number and a product, whether or not its quotes count."""
    line = line[:LONGEST_FIELD].rstrip("\r\n")
    readings = (line.split(delimiter), next(csv.reader([line], delimiter=delimiter), []))
    return any(
        max(columns.number, columns.asked) < len(cells)
        and is_phone(_unquoted(cells[columns.number]))
        and _unquoted(cells[columns.asked])
        for cells in readings
    )


def _unquoted(cell: str) -> str:
    return cell.replace('"', "").strip("'= ")


def _has_words(line: str, source: _Source, header: Header) -> bool:
    """Whether there are words in place of the phone number, as in a line of an address."""
    return re.search("[^\\W0-9_eE]", line.split(source.delimiter)[header.columns.number]) is not None
