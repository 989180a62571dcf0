"""A phone number stored as a number that its format sets apart: what is seen goes into the plan."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pytest

from bulk_topup.sheet import read_sheet
from tests.builders import held_codes, keys_of, plan_of
from tests.sheet import test_ods, test_spreadsheetml, test_xls, test_xlsb, test_xlsx

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bulk_topup.rules.plan import Plan

    Write = Callable[[str, str, str], bytes]
    """(stored number, format code, what a program shows of it) -> a sheet with it in B2, and S5 in C2."""

HEADER = ("Nama", "No HP", "Kode Produk")


def as_xlsx(stored: str, code: str, _shown: str) -> bytes:
    head = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in HEADER)
    row = f'<c r="B2" s="1"><v>{stored}</v></c><c t="inlineStr"><is><t>S5</t></is></c>'
    rows = f'<row r="1">{head}</row><row r="2">{row}</row>'
    return test_xlsx.Book(rows, formats=(html.escape(code),)).data()


def as_xls(stored: str, code: str, _shown: str) -> bytes:
    head = b"".join(test_xls.label(0, at, name) for at, name in enumerate(HEADER))
    body = head + test_xls.number(1, 1, float(stored), xf=1) + test_xls.label(1, 2, "S5")
    return test_xls.ole2(test_xls.workbook(test_xls.Page(body), has=test_xls.Shared({164: code}, (0, 164))))


def as_xlsb(stored: str, code: str, _shown: str) -> bytes:
    head = [test_xlsb.string(at, name) for at, name in enumerate(HEADER)]
    row = (test_xlsb.row(2), test_xlsb.real(1, float(stored), 1), test_xlsb.string(2, "S5"))
    tab = "Juni", 0, test_xlsb.sheet(test_xlsb.row(1), *head, *row)
    style = test_xlsb.styles(0, 164, formats={164: code})
    return test_xlsb.package(test_xlsb.parts_of(tab, style=style))


def as_ods(stored: str, _code: str, shown: str) -> bytes:
    head = test_ods.row("".join(map(test_ods.text, HEADER)))
    row = test_ods.row(test_ods.BLANK + test_ods.number(stored, shown) + test_ods.text("S5"))
    return test_ods.sheet(head + row)


def as_xml(stored: str, code: str, _shown: str) -> bytes:
    xml = test_spreadsheetml
    style = f'<Styles><Style ss:ID="hp"><NumberFormat ss:Format="{html.escape(code)}"/></Style>'
    row = xml.row(xml.cell(""), xml.cell(stored, "Number", StyleID="hp"), xml.cell("S5"))
    return xml.book(xml.worksheet(xml.HEADER, row)).replace(b"<Styles>", style.encode(), 1)


WRITERS = [as_xlsx, as_xls, as_xlsb, as_ods, as_xml]


def planned(tmp_path: Path, data: bytes) -> Plan:
    path = tmp_path / "bonus.xlsx"
    path.write_bytes(data)
    return plan_of(read_sheet(path))


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
@pytest.mark.parametrize(
    ("stored", "code", "shown"),
    [
        ("81213451678", "0000-0000-0000", "0812-1345-1678"),
        ("8121345678", r"\0###\-####\-###", "0812-1345-678"),
        ("81213451678", r"[<=9999999]###\-####;\(###\)\ ###\-####", "(8121) 345-1678"),
        ("6281213451678", "#-###-####-####", "62-812-1345-1678"),
    ],
)
def test_a_number_that_is_set_apart_is_sent_as_it_is_seen(
    tmp_path: Path, write: Write, stored: str, code: str, shown: str
) -> None:
    plan = planned(tmp_path, write(stored, code, shown))
    assert plan.rows.sheet.cells.at[2, 1] == shown
    national = "0" + stored.removeprefix("62")
    assert keys_of(plan.orders) == [(national, "S5", 1)]


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
@pytest.mark.parametrize(
    ("stored", "code", "shown"),
    [
        ("1213451678", '"08"00-0000-0000', "0812-1345-1678"),
        ("13451678", r"\0\8\1\20000\-0000", "08121345-1678"),
    ],
)
def test_a_number_that_is_seen_as_another_is_held_with_both(
    tmp_path: Path, write: Write, stored: str, code: str, shown: str
) -> None:
    plan = planned(tmp_path, write(stored, code, shown))
    assert held_codes(plan) == {2: ["cell.two_readings"]}
    [finding] = plan.findings
    assert (finding.value, finding.facts["stored"]) == (shown, stored)
