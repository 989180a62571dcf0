"""Finds the header row of a sheet, and which of its columns mean something to us. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import zip_longest

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import SHOWN_CHARACTERS, Columns, Named, letter
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
    contactnumber contactno handphonenumber handphoneno cellphoneno cellno nohppribadi nomorhppribadi
    hppribadi
    nomorhandphonekaryawan nohandphonekaryawan nomorhppegawai nohppegawai nomorhppeserta nohppeserta
    nomorhpaktif nohpaktif nomorhandphoneaktif nohandphoneaktif nomorwaaktif nowaaktif nomorwhatsappaktif
    """
)
PRODUCT_HEADERS = _aliases(
    """
    product productcode productid code sku skucode voucher vouchercode topupcode operatorcode
    produk kode kodeproduk kodeprodukpulsa
    kodeoperator kodepulsa kodevoucher kodepaket kodenominal kodetopup kodesku
    kodeitem kdproduk kdpulsa prodcode productno itemcode
    """
)
NOMINAL_HEADERS = _aliases(
    """
    nominal nominalpulsa nominalrp nominalpulsarp denom denomination denominasi facevalue
    nominaltopup nominalvoucher nominalinsentif nominalbonus
    """
)
AMOUNT_HEADERS = _aliases(
    """
    insentif bonus jumlah nilai besaran pulsa amount jumlahpulsa nilaipulsa besaranpulsa jumlahbonus
    jumlahinsentif besarinsentif besarbonus besarpulsa besaraninsentif nilaiinsentif nilaibonus insentifpulsa
    bonuspulsa uangpulsa voucherrp pulsarp jumlahrp nilairp insentifrp bonusrp amountrp
    amountidr topup topupamount isipulsa jumlahnominal jumlahtopup reward incentive incentives allowance value
    jenispulsa tunjangan tunjanganpulsa
    """
)
"""What other money is called, too: an amount only where no column says the product or the nominal."""
NAME_HEADERS = _aliases(
    """
    nama namakaryawan namapegawai namalengkap namapenerima namapeserta namastaff namastaf namasales
    namaanggota namapelanggan karyawan pegawai penerima peserta name fullname employee employeename
    namaemployee recipient recipientname customername staffname
    """
)
GROUP_HEADERS = _aliases(
    """
    cabang departemen department dept divisi division unit unitkerja area wilayah region regional costcenter
    costcentre bagian kantor kantorcabang branch team tim group grup kelompok outlet toko store lokasi
    """
)
OPERATOR_HEADERS = _aliases(
    """
    operator provider penyedia jenisoperator namaoperator namaprovider kartu jaringan operatorseluler carrier
    network
    """
)
ITRX_HEADERS = _aliases("itrx pengisianke topupke ulangan ulanganke topupnumber")


class NoHeader(InputError):  # noqa: N818  (no error to whoever looks on elsewhere)
    """There is no usable header here; it may still be in another tab, or under another delimiter."""


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
    """The first row that has a number column and one of products or of amounts; titles may stand above it.

    Two rows are one header where the lower one completes the upper one: names of groups, and under them
    names of columns. Raises NoHeader where no row has both, and InputError where a row has, but more than one
    column fits.
    """
    candidates = list(_candidates(rows))
    if not candidates:
        raise NoHeader("sheet.empty")
    matchers = _matchers(named, candidates)
    found = [_fits(texts, matchers, named) for _, texts in candidates]
    for at, (row, texts) in enumerate(candidates):
        if found[at].is_full:
            return Header(row, tuple(texts), _columns(texts, found[at]), None, _people(candidates[:at]))
        if at + 1 < len(candidates) and not found[at + 1].is_full:
            joined = _joined(candidates[at], candidates[at + 1])
            if joined and (fitting := _fits(joined, matchers, named)).is_complete:
                columns, (lower, _) = _columns(joined, fitting), candidates[at + 1]
                return Header(lower, tuple(joined), columns, row, _people(candidates[:at]))
        if found[at].is_complete:
            return Header(row, tuple(texts), _columns(texts, found[at]), None, _people(candidates[:at]))
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


_NAMES: Mapping[str, frozenset[str]] = {
    "number": NUMBER_HEADERS,
    "product": PRODUCT_HEADERS,
    "nominal": NOMINAL_HEADERS,
    "amount": AMOUNT_HEADERS,
    "itrx": ITRX_HEADERS,
    "name": NAME_HEADERS,
    "group": GROUP_HEADERS,
    "operator": OPERATOR_HEADERS,
}


def _matchers(named: Named, candidates: list[HeaderRow]) -> Mapping[str, Matcher]:
    return {
        meaning: _matcher(meaning, getattr(named, meaning, None), aliases, candidates)
        for meaning, aliases in _NAMES.items()
    }


def _matcher(meaning: str, name: str | None, aliases: frozenset[str], candidates: list[HeaderRow]) -> Matcher:
    if name is None:
        return lambda texts: _by_alias(texts, aliases)
    if any(_by_text(texts, name) for _, texts in candidates):
        return lambda texts: _by_text(texts, name)
    if any(_by_letter(texts, name) for _, texts in candidates):
        return lambda texts: _by_letter(texts, name)
    _, texts = candidates[0]
    facts = {"option": f"--{meaning}-column", "name": shortened(name), "columns": _listed(texts)}
    raise NoHeader("sheet.no_such_column", **facts)


_HINT = re.compile(
    r"\((?:\s*(?:\+?62|0?8)[0-9x.*\u2026 -]*"
    r"|\s*(?:dalam |in )?(?:rp|idr|rupiah)\.?\s*"
    r"|[^()]*\b(?:wajib|aktif|contoh|cth|format|diawali|awali|diisi|tanpa|teks"
    r"|required|mandatory|active|example|text|without)\b[^()]*)\)",
    re.IGNORECASE,
)
"""How to fill the column in, as `(08xx)`, `(Rp)` or `(wajib diisi)`. Other words tell whose number it is."""


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


@dataclass(frozen=True, slots=True)
class _Fitting:
    """The positions, in one row, of the columns that fit each meaning."""

    number: list[int]
    product: list[int]
    nominal: list[int]
    others: Mapping[str, list[int]]

    @property
    def is_full(self) -> bool:
        return bool(self.number and self.product)

    @property
    def is_complete(self) -> bool:
        return bool(self.number and (self.product or self.nominal))


def _fits(texts: Sequence[str], matchers: Mapping[str, Matcher], named: Named) -> _Fitting:
    """A named column is not taken for another meaning, nor does another stand in for it."""
    found = {meaning: matcher(texts) for meaning, matcher in matchers.items()}
    taken = {meaning: found[meaning] for meaning in found if getattr(named, meaning, None)}
    for meaning, positions in found.items():
        others = {at for other, ats in taken.items() if other != meaning for at in ats}
        if meaning not in taken:
            found[meaning] = [at for at in positions if at not in others]
    amounts = found.pop("amount")
    number, product, nominal = (found.pop(meaning) for meaning in ("number", "product", "nominal"))
    if named.product is None and not product and not nominal:
        nominal = amounts
    if named.product is not None and not product:
        nominal = []
    return _Fitting(number, product, nominal, found)


def _columns(texts: Sequence[str], fitting: _Fitting) -> Columns:
    number = _only(texts, fitting.number, "--number-column")
    product = _only(texts, fitting.product, "--product-column") if fitting.product else None
    if number == product:
        raise InputError("sheet.same_column", column=_listed(texts, [number]))
    taken = {number, product}
    nominal = [at for at in fitting.nominal if at not in taken]
    blocks = _results_blocks(texts)
    if len(blocks) > 1:
        raise InputError("sheet.two_results", columns=_listed(texts, blocks))
    named = [at for at, text in enumerate(texts) if fold(text) in RESULTS]
    if not blocks and 2 * len({fold(texts[at]) for at in named}) > len(RESULTS):
        raise InputError("sheet.part_results", columns=_listed(texts, named))
    return Columns(
        number=number,
        product=product,
        nominal=_only(texts, nominal, "--nominal-column") if nominal else None,
        itrx=_optional(texts, fitting.others["itrx"], taken, "itrx"),
        name=_first(fitting.others["name"], taken),
        group=_first(fitting.others["group"], taken),
        operator=_first(fitting.others["operator"], taken),
        results=blocks[0] if blocks else None,
    )


def _only(texts: Sequence[str], positions: list[int], option: str) -> int:
    if len(positions) > 1:
        columns = _listed(texts, positions)
        raise InputError("sheet.ambiguous", columns=columns, option=option, letter=letter(positions[0]))
    return positions[0]


def _optional(texts: Sequence[str], positions: list[int], taken: Set[int | None], meaning: str) -> int | None:
    positions = [at for at in positions if at not in taken]
    if len(positions) > 1:
        raise InputError("sheet.ambiguous_optional", columns=_listed(texts, positions), meaning=meaning)
    return positions[0] if positions else None


def _first(positions: list[int], taken: Set[int | None]) -> int | None:
    """Of columns that decide nothing."""
    return next((at for at in positions if at not in taken), None)


def _results_blocks(texts: Sequence[str]) -> list[int]:
    folded = [fold(text) for text in texts]
    width = len(RESULTS)
    return [at for at in range(len(folded) - width + 1) if tuple(folded[at : at + width]) == RESULTS]


def _results_positions(texts: Sequence[str]) -> set[int]:
    return {at for start in _results_blocks(texts) for at in fed_back(start).values()}


# -- what is there instead ---------------------------------------------------------------------------------


def _not_found(candidates: list[HeaderRow], found: list[_Fitting]) -> NoHeader:
    """Names the columns of the row nearest to a header: where none fits in part, of the one above people."""
    fitting = [bool(each.number) + bool(each.product) for each in found]
    nearest = fitting.index(max(fitting))
    if not fitting[nearest] and (people := _people(candidates)):
        first = [row for row, _ in candidates].index(people[0])
        nearest, texts = first - 1, candidates[first][1]
        if not first or _filled(candidates[nearest][1]) < min(2, _filled(texts)):
            return NoHeader("sheet.no_header", number=shortened(next(filter(is_phone, texts))))
    row, texts = candidates[nearest]
    code = "sheet.no_product_column" if found[nearest].number else "sheet.no_number_column"
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
