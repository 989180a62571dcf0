"""Finds the header row of a sheet, and which of its columns mean something to us. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import SHOWN_CHARACTERS, Columns, letter
from bulk_topup.core.results_columns import RESULT_COLUMNS, fed_back

HeaderRow = tuple[int, Sequence[str]]
"""A row's number in the sheet, and its texts."""

Matcher = Callable[[Sequence[str]], list[int]]
"""The positions, in one row, of the columns that fit a meaning."""

HEADER_ROWS = 30
"""In so many filled rows, a header is looked for even below phone numbers."""
MOST_HEADER_CELLS = 10_000
"""Further down, until a phone number comes and in so many cells: no sheet of another kind may take long."""

LISTED_COLUMNS = 20


def _aliases(names: str) -> frozenset[str]:
    return frozenset(names.split())


NUMBER_HEADERS = _aliases(
    """
    number phone phonenumber phoneno mobile mobilenumber mobileno mobilephone mobilephonenumber mobilephoneno
    cellphone cellphonenumber cellnumber msisdn tel telephone telephonenumber telephoneno destinationnumber
    recipientnumber recipientphone whatsapp whatsappnumber whatsappno wanumber
    nomor nomer nomorhp nomerhp nohp hp hape nohape handphone nohandphone nomorhandphone nomerhandphone
    nomortujuan notujuan tujuan nomorponsel noponsel ponsel nomorseluler noseluler nomorpulsa nopulsa
    nomortelepon notelepon telepon nomortelpon notelpon telpon nomortelp notelp telp nomortlp notlp tlp
    nomorpelanggan nopelanggan nomorwa nowa nomorwhatsapp nowhatsapp
    nomorhpkaryawan nohpkaryawan nomorhppenerima nohppenerima
    nomorhandphonekaryawan nohandphonekaryawan nomorhppegawai nohppegawai nomorhppeserta nohppeserta
    nomorhpaktif nohpaktif nomorhandphoneaktif nohandphoneaktif nomorwaaktif nowaaktif nomorwhatsappaktif
    """
)
PRODUCT_HEADERS = _aliases(
    """
    product productcode productid code sku skucode voucher vouchercode topupcode operatorcode
    produk kode kodeproduk kodeprodukpulsa
    kodeoperator kodepulsa kodevoucher kodepaket kodenominal kodetopup kodesku
    """
)
NOMINAL_HEADERS = _aliases("nominal nominalpulsa nominalrp denom denomination denominasi facevalue")
ITRX_HEADERS = _aliases("itrx pengisianke topupke ulangan ulanganke topupnumber")


class NoHeader(InputError):  # noqa: N818  (no error to whoever looks on elsewhere)
    """There is no usable header here; it may still be in another tab, or under another delimiter."""


@dataclass(frozen=True, slots=True)
class Named:
    """Columns that the user named by option: a header's text, or an Excel letter."""

    number: str | None = None
    product: str | None = None


@dataclass(frozen=True, slots=True)
class Header:
    row: int
    """The header's row number as the spreadsheet program shows it."""
    texts: tuple[str, ...]
    columns: Columns
    upper: int | None = None
    """Where the header is in two rows, the upper one's number; `row` is the lower one."""
    people_above: tuple[int, ...] = ()
    """Rows above the header that hold a phone number: they are no titles."""


def find_header(rows: Iterable[HeaderRow], named: Named) -> Header:
    """The first row that has a number column and a product column; title rows may stand above it.

    Two rows are one header where neither has both: names of groups, and under them names of columns.
    Raises NoHeader where no row has both, and InputError where a row has, but more than one column fits.
    """
    candidates = list(_candidates(rows))
    if not candidates:
        raise NoHeader("sheet.empty")
    number = _matcher("--number-column", named.number, NUMBER_HEADERS, candidates)
    product = _matcher("--product-column", named.product, PRODUCT_HEADERS, candidates)
    found = [_fits(texts, number, product, named) for _, texts in candidates]
    for at, (row, texts) in enumerate(candidates):
        if all(found[at]):
            return Header(row, tuple(texts), _columns(texts, *found[at]), None, _people(candidates[:at]))
        if at + 1 < len(candidates) and not all(found[at + 1]):
            joined = _joined(candidates[at], candidates[at + 1])
            if joined and all(fitting := _fits(joined, number, product, named)):
                columns, (lower, _) = _columns(joined, *fitting), candidates[at + 1]
                return Header(lower, tuple(joined), columns, row, _people(candidates[:at]))
    raise _not_found(candidates, found)


def _candidates(rows: Iterable[HeaderRow]) -> Iterator[HeaderRow]:
    """The filled rows in which the header may be."""
    cells = 0
    for count, (row, texts) in enumerate(row for row in rows if any(map(str.strip, row[1]))):
        if count >= HEADER_ROWS and (cells > MOST_HEADER_CELLS or any(map(is_phone, texts))):
            return
        cells += len(texts)
        yield row, texts


def fold(text: str) -> str:
    """A header's text as aliases are compared: no case, only letters and digits."""
    return "".join(filter(str.isalnum, text.casefold()))


RESULTS = tuple(map(fold, RESULT_COLUMNS))
"""Only the complete block is ours."""


def _joined(upper: HeaderRow, lower: HeaderRow) -> list[str]:
    """The texts of a header in two rows: the lower one's, and where it is blank, the upper one's.

    No texts where the rows are apart, or the lower one has a digit, as a person's row has.
    """
    (above, names), (below, under) = upper, lower
    if below != above + 1 or any(map(str.isdigit, "".join(under))):
        return []
    return [low if low.strip() else high for high, low in zip_longest(names, under, fillvalue="")]


_PHONE = re.compile(r"[+(]?(?:(?:62|0)[ ).-]*)?8[0-9 ().-]{8,16}|[86][.,][0-9]+[eE][+]?1[0-3]")
"""Also what Excel makes of one, as `8.12346E+10`."""


def _people(rows: Iterable[HeaderRow]) -> tuple[int, ...]:
    """Those of the rows that have a cell with a phone number and nothing else."""
    return tuple(row for row, texts in rows if any(map(is_phone, texts)))


def is_phone(text: str) -> bool:
    return _PHONE.fullmatch(text.strip()) is not None


# -- which columns fit -------------------------------------------------------------------------------------


def _matcher(option: str, name: str | None, aliases: frozenset[str], candidates: list[HeaderRow]) -> Matcher:
    if name is None:
        return lambda texts: _by_alias(texts, aliases)
    if any(_by_text(texts, name) for _, texts in candidates):
        return lambda texts: _by_text(texts, name)
    if any(_by_letter(texts, name) for _, texts in candidates):
        return lambda texts: _by_letter(texts, name)
    _, texts = candidates[0]
    raise NoHeader("sheet.no_such_column", option=option, name=shortened(name), columns=_listed(texts))


_HINT = re.compile(
    r"\((?:\s*(?:\+?62|0?8)[0-9x.*\u2026 -]*"
    r"|[^()]*\b(?:wajib|aktif|contoh|cth|format|diawali|awali|diisi|tanpa|teks"
    r"|required|mandatory|active|example|text|without)\b[^()]*)\)",
    re.IGNORECASE,
)
"""How to fill the column in, as `(08xx)` or `(wajib diisi)`. Other words tell whose number it is."""


def _by_alias(texts: Sequence[str], aliases: frozenset[str]) -> list[int]:
    names = [(at, text) for at, text in enumerate(texts) if not _HAS_DIGIT.match(text)]
    if ours := names and _results_positions(texts):
        names = [(at, text) for at, text in names if at not in ours]
    exact = [at for at, text in names if fold(text) in aliases]
    return exact or [at for at, text in names if _is_alias(_HINT.sub("", text), aliases)]


_HAS_DIGIT = re.compile(r"[^(]*[0-9]")
"""Outside of a hint, as no alias has one: most texts of thousands of rows need no closer look."""


def _is_alias(text: str, aliases: frozenset[str]) -> bool:
    """As `No. HP / WA` is, too."""
    return set() < set(map(fold, text.split("/"))) - {"wa"} <= aliases


def _by_text(texts: Sequence[str], name: str) -> list[int]:
    exact = [at for at, text in enumerate(texts) if text.strip() == name.strip() != ""]
    folded = fold(name)
    return exact or [at for at, text in enumerate(texts) if folded and fold(text) == folded]


def _by_letter(texts: Sequence[str], name: str) -> list[int]:
    return [at for at, text in enumerate(texts) if text.strip() and letter(at) == name.strip().upper()]


def _fits(
    texts: Sequence[str], number: Matcher, product: Matcher, named: Named
) -> tuple[list[int], list[int]]:
    """Positions that fit the number and the product; a named column is not taken for the other meaning."""
    numbers, products = number(texts), product(texts)
    if named.number and not named.product:
        products = [at for at in products if at not in numbers]
    if named.product and not named.number:
        numbers = [at for at in numbers if at not in products]
    return numbers, products


def _columns(texts: Sequence[str], numbers: list[int], products: list[int]) -> Columns:
    number = _only(texts, numbers, "--number-column")
    product = _only(texts, products, "--product-column")
    if number == product:
        raise InputError("sheet.same_column", column=_listed(texts, [number]))
    taken = {number, product}
    blocks = _results_blocks(texts)
    if len(blocks) > 1:
        raise InputError("sheet.two_results", columns=_listed(texts, blocks))
    named = [at for at, text in enumerate(texts) if fold(text) in RESULTS]
    if not blocks and 2 * len({fold(texts[at]) for at in named}) > len(RESULTS):
        raise InputError("sheet.part_results", columns=_listed(texts, named))
    return Columns(
        number=number,
        product=product,
        nominal=_optional(texts, NOMINAL_HEADERS, taken, "nominal"),
        itrx=_optional(texts, ITRX_HEADERS, taken, "itrx"),
        results=blocks[0] if blocks else None,
    )


def _only(texts: Sequence[str], positions: list[int], option: str) -> int:
    if len(positions) > 1:
        columns = _listed(texts, positions)
        raise InputError("sheet.ambiguous", columns=columns, option=option, letter=letter(positions[0]))
    return positions[0]


def _optional(texts: Sequence[str], aliases: frozenset[str], taken: set[int], meaning: str) -> int | None:
    positions = [at for at in _by_alias(texts, aliases) if at not in taken]
    if len(positions) > 1:
        raise InputError("sheet.ambiguous_optional", columns=_listed(texts, positions), meaning=meaning)
    return positions[0] if positions else None


def _results_blocks(texts: Sequence[str]) -> list[int]:
    folded = [fold(text) for text in texts]
    width = len(RESULTS)
    return [at for at in range(len(folded) - width + 1) if tuple(folded[at : at + width]) == RESULTS]


def _results_positions(texts: Sequence[str]) -> set[int]:
    return {at for start in _results_blocks(texts) for at in fed_back(start).values()}


# -- what is there instead ---------------------------------------------------------------------------------


def _not_found(candidates: list[HeaderRow], found: list[tuple[list[int], list[int]]]) -> NoHeader:
    """Names the columns of the row nearest to a header: where none fits in part, of the one above people."""
    fitting = [bool(numbers) + bool(products) for numbers, products in found]
    nearest = fitting.index(max(fitting))
    if not fitting[nearest] and (people := _people(candidates)):
        first = [row for row, _ in candidates].index(people[0])
        nearest, texts = first - 1, candidates[first][1]
        if not first or _filled(candidates[nearest][1]) < min(2, _filled(texts)):
            return NoHeader("sheet.no_header", number=shortened(next(filter(is_phone, texts))))
    row, texts = candidates[nearest]
    code = "sheet.no_product_column" if found[nearest][0] else "sheet.no_number_column"
    return NoHeader(code, row=str(row), columns=_listed(texts), searched=str(len(candidates)))


def _filled(texts: Sequence[str]) -> int:
    return sum(map(bool, map(str.strip, texts)))


def _listed(texts: Sequence[str], positions: Iterable[int] | None = None) -> str:
    """`A "Name", C "No HP"`: columns as a person finds them in Excel."""
    chosen = [at for at, text in enumerate(texts) if text.strip()] if positions is None else list(positions)
    return first_of([f'{letter(at)} "{shortened(texts[at])}"' for at in chosen], LISTED_COLUMNS)


def first_of(items: Sequence[object], most: int) -> str:
    """The items one after the other, so many at the most."""
    listed = ", ".join(map(str, items[:most]))
    return f"{listed}, …" if len(items) > most else listed


def shortened(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"
