"""The whole job through the real command, against the sandbox over HTTP: what is sent, paid and said."""

from __future__ import annotations

import csv
import json
import re
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from bulk_topup.core.clock import WIB
from bulk_topup.core.model import Order
from bulk_topup.core.results_columns import RESULT_COLUMNS
from bulk_topup.core.status import Status
from bulk_topup.record.ledger.address import ledger_url
from bulk_topup.record.ledger.claims import Ledger
from bulk_topup.sandbox import PRICES as LISTED
from tests.builders import claim
from tests.desk_bench import on_isipulsa
from tests.faults import Fault, Faults

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.conftest import MakeOffice, Office

OK, NOT_ALL_PAID, NOTHING_SENT, STOPPED, OPEN = 0, 1, 2, 3, 4
PRICE = 5650
"""Of TSEL5, in rupiah."""

PENDING_THEN_SUKSES = "081200001001"
PENDING_THEN_GAGAL = "081200001101"
PENDING_FOR_EVER = "081200001201"
PAID_ANSWER_LOST = "081200002001"
NOT_PAID_ANSWER_LOST = "081200002101"
PAID_HTML_ANSWERED = "081200002201"


def refusal(reason_code: str) -> str:
    """A fault: the provider says no with this code, and nothing is paid."""
    words = {"result": "no", "reason_code": reason_code, "reason": f"alasan-{reason_code}"}
    return f"before otherjson:{json.dumps(words)}"


class MovedClock:
    """The provider's clock, some seconds ahead of the machine's."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


# -- the happy path ----------------------------------------------------------------------------------------


def test_every_row_of_a_workbook_is_paid_once_and_stands_in_the_results_as_it_was(office: Office) -> None:
    header = ("No", "Nama", "No HP", "Kode Produk", "Catatan", "status")
    rows = [
        ("1", "Ayu", "081234500001", "TSEL5", "=SUM(1;2)", "tetap"),
        ("2", "Budi", "0812-3450-0002", "tsel10", "", "kontrak"),
        ("3", "Citra", "+62 857 3450 0003", "ISAT5", "007", ""),
        ("4", "Dewi", "0878 3450 0004", "XLD5", "paket data", "tetap"),
    ]
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for at, row in enumerate((header, *rows), start=1):
        for column, value in enumerate(row, start=1):
            sheet.cell(at, column, value).data_type = "s"
    book.save(office.folder / "bonus.xlsx")
    before = (office.folder / "bonus.xlsx").read_bytes()

    done = office.send("bonus.xlsx")

    assert (done.exit, done.err) == (OK, "")
    assert (office.folder / "bonus.xlsx").read_bytes() == before
    written = openpyxl.load_workbook(office.folder / "bonus.results.xlsx").worksheets[0]
    lines: list[list[Any]] = [
        ["" if value is None else value for value in row] for row in written.iter_rows(values_only=True)
    ]
    assert lines[0] == [*header, *RESULT_COLUMNS]
    assert [tuple(line[:6]) for line in lines[1:]] == rows
    topups = {topup.number: topup for topup in office.sandbox.book()}
    assert len(topups) == len(rows)
    for line in lines[1:]:
        result = dict(zip(RESULT_COLUMNS, line[6:], strict=True))
        topup = topups.pop(result["number_sent"])
        assert (result["invoice"], result["serial"]) == (topup.invoice, topup.serial)
        assert result["price"] == result["debited"] == topup.debit
        assert (result["paid"], result["status"], result["reason"]) == ("yes", "sukses", "")
        sent_at = result["sent_at"].replace(tzinfo=WIB)
        assert abs(sent_at - topup.at) < timedelta(seconds=10)
    assert not topups


def test_a_csv_sheet_can_have_csv_results_with_their_leading_zeros(office: Office) -> None:
    office.csv(
        "bonus.csv", [("1", "Ayu", "081234500001", "TSEL5"), ("2", "Budi, B.A.", "81234500002", "TSEL5")]
    )

    done = office.send("bonus.csv", "--output", "hasil.csv")

    assert done.exit == OK
    with (office.folder / "hasil.csv").open(encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["No HP"], first["number_sent"], first["Nama"]) == ("081234500001", "081234500001", "Ayu")
    assert (second["No HP"], second["number_sent"], second["Nama"]) == (
        "81234500002",
        "081234500002",
        "Budi, B.A.",
    )
    assert [first["invoice"], second["invoice"]] == [topup.invoice for topup in office.sandbox.book()]
    assert not (office.folder / "bonus.results.xlsx").exists()


def test_the_plan_states_control_totals_before_anything_is_sent(office: Office) -> None:
    office.csv(
        "bonus.csv",
        [
            ("1", "A", "081234500001", "TSEL5"),
            ("2", "B", "085712345678", "ISAT10"),
            ("3", "C", "12", "TSEL5"),
        ],
    )

    done = office.send("bonus.csv")

    plan, tally = done.out.split("Results: 3 rows")
    assert re.search(r"to send now +2 +Rp16,250", plan)
    assert re.search(r"held back +1\b", plan)
    assert re.search(r"rows in the sheet +3\b", plan)
    assert re.search(r"INDOSAT +1 +Rp10,600", plan)
    assert re.search(r"TELKOMSEL +1 +Rp5,650", plan)
    assert re.search(r"  paid +2\b", tally)
    assert re.search(r"not paid +1\b", tally)
    assert re.search(r"ask provider +0\b", tally)
    assert 25_000_000 - office.sandbox.balance == 16_250


# -- check -------------------------------------------------------------------------------------------------


def test_check_names_every_faulty_row_and_sends_nothing(office: Office) -> None:
    office.csv(
        "bonus.csv",
        [
            ("1", "A", "081234500001", "TSEL5"),
            ("2", "B", "0812345OOO02", "TSEL5"),
            ("3", "C", "02155512345", "TSEL5"),
            ("4", "D", "081234500004", "TESL5"),
            ("5", "E", "", "TSEL5"),
            ("6", "F", "081234500006", "TSEL30"),
            ("7", "G", "8.12345E+11", ""),
        ],
    )

    faulty = office.run("check", "bonus.csv")

    assert faulty.exit == NOT_ALL_PAID
    found = [line for line in faulty.out.splitlines() if line.startswith("  row ")]
    assert [int(re.findall(r"row (\d+)", line)[0]) for line in found] == [3, 4, 5, 6, 7, 8]
    for line, value, fix in zip(
        found,
        ("0812345OOO02", "02155512345", "TESL5", "there is no phone number", "TSEL30", "8.12345E+11"),
        ("081234500002", "mobile number", "TSEL5", "fill it in", "choose another", "Text"),
        strict=True,
    ):
        assert value in line
        assert fix in line
    assert "there is no product code" in found[-1]
    assert office.sent() == []
    # Beside the sheet stands only the plan that it keeps for an approval: no progress file, no results.
    suffixes = {path.suffix for path in office.folder.iterdir()}
    assert suffixes - {".lock"} == {".csv", ".plan"}


def test_check_of_a_clean_sheet_finds_nothing(office: Office) -> None:
    office.payroll("bonus.csv", office.numbers(3))

    clean = office.run("check", "bonus.csv")

    assert (clean.exit, clean.err) == (OK, "")
    assert "row " not in clean.out.replace("rows in the sheet", "")
    assert office.sent() == []


# -- again -------------------------------------------------------------------------------------------------


def test_after_the_deposit_ran_out_a_second_run_sends_the_rest_only(make_office: MakeOffice) -> None:
    office = make_office(balance=2 * PRICE + 100)
    office.payroll("bonus.csv", office.numbers(5))

    short = office.send("bonus.csv")

    assert short.exit == STOPPED
    assert "Add to it" in short.err
    assert "Saldo anda tidak cukup" in short.err
    assert office.statuses("bonus.results.xlsx") == ["sukses", "sukses", "unsent", "unsent", "unsent"]
    assert len(office.sent()) == 3

    office.sandbox.set_balance(1_000_000)
    rest = office.send("bonus.csv")

    assert (rest.exit, rest.err) == (OK, "")
    assert office.sent_numbers() == office.numbers(3) + office.numbers(3, first=2)
    assert office.paid() == dict.fromkeys(office.numbers(5), 1)
    lines = office.results("bonus.results.xlsx")
    assert [line["invoice"] for line in lines] == [topup.invoice for topup in office.sandbox.book()]

    third = office.send("bonus.csv")

    assert third.exit == OK
    assert "nothing to send" in third.out
    assert len(office.sent()) == 6


@pytest.mark.parametrize(
    ("reason_code", "advice"),
    [
        ("21", "credit card"),
        ("31", "Ask the provider why"),
        ("61", "unlock"),
        ("62", "Add to it"),
        ("71", "verification"),
        ("81", "email"),
        ("82", "SMS"),
    ],
)
def test_a_refusal_of_the_account_stops_the_run_and_leaves_the_rest_unsent(
    office: Office, reason_code: str, advice: str
) -> None:
    office.payroll("bonus.csv", ["081234500001", f"0812000000{reason_code}", "081234500002", "081234500003"])

    done = office.send("bonus.csv")

    assert done.exit == STOPPED
    assert advice in done.err
    assert "run the same command again" in done.err
    assert office.statuses("bonus.results.xlsx") == ["sukses", "unsent", "unsent", "unsent"]
    refused = office.results("bonus.results.xlsx")[1]
    assert (refused["reason_code"], refused["paid"]) == (reason_code, "no")
    assert office.sent_numbers() == ["081234500001", f"0812000000{reason_code}"]


# -- pending -----------------------------------------------------------------------------------------------


def test_pending_rows_become_what_the_provider_says_in_the_end(make_office: MakeOffice) -> None:
    clock = MovedClock()
    office = make_office(clock=clock)
    office.payroll("bonus.csv", [PENDING_THEN_SUKSES, PENDING_THEN_GAGAL, PENDING_FOR_EVER, "081234500001"])

    first = office.send("bonus.csv")

    assert first.exit == OPEN
    lines = office.results("bonus.results.xlsx")
    assert [line["status"] for line in lines] == ["pending", "pending", "pending", "sukses"]
    assert [line["paid"] for line in lines] == ["ask provider"] * 3 + ["yes"]
    invoices = [line["invoice"] for line in lines]
    assert invoices == [topup.invoice for topup in office.sandbox.book()]

    clock.ahead = timedelta(seconds=10)
    later = office.run("settle", "bonus.csv", "--rate", "500", "--wait", "2.5")

    assert later.exit == OPEN
    lines = office.results("bonus.results.xlsx")
    assert [line["status"] for line in lines] == ["sukses", "gagal", "pending", "sukses"]
    assert [line["paid"] for line in lines] == ["yes", "no", "ask provider", "yes"]
    assert [line["invoice"] for line in lines] == invoices
    assert lines[0]["serial"] == office.sandbox.book()[0].serial
    assert lines[0]["debited"] == str(PRICE)
    assert lines[1]["debited"] == ""
    assert len(office.sent()) == 4


def test_the_run_itself_asks_after_pending_rows_until_they_are_final(make_office: MakeOffice) -> None:
    started = datetime.now(UTC)
    ten_times_faster = lambda: started + 10 * (datetime.now(UTC) - started)  # noqa: E731
    office = make_office(clock=ten_times_faster)
    office.payroll("bonus.csv", [PENDING_THEN_SUKSES, PENDING_THEN_GAGAL])

    done = office.run("run", "bonus.csv", "--yes", "--rate", "500", "--wait", "4")

    assert done.exit == NOT_ALL_PAID
    assert office.statuses("bonus.results.xlsx") == ["sukses", "gagal"]

    again = office.send("bonus.csv", "--retry-failed")

    assert again.exit == OPEN
    assert office.sent_numbers() == [PENDING_THEN_SUKSES, PENDING_THEN_GAGAL, PENDING_THEN_GAGAL]


# -- unknown -----------------------------------------------------------------------------------------------


def test_a_row_whose_answer_was_lost_is_never_sent_again_by_run(office: Office) -> None:
    lost = [PAID_ANSWER_LOST, NOT_PAID_ANSWER_LOST, PAID_HTML_ANSWERED]
    office.payroll("bonus.csv", [*lost, "081234500001"])

    first = office.send("bonus.csv")
    second = office.send("bonus.csv", "--retry-failed")

    assert (first.exit, second.exit) == (OPEN, OPEN)
    lines = office.results("bonus.results.xlsx")
    assert [line["status"] for line in lines] == ["unknown"] * 3 + ["sukses"]
    assert [line["paid"] for line in lines] == ["ask provider"] * 3 + ["yes"]
    assert all("transaction list" in line["reason"] for line in lines[:3])
    assert office.sent_numbers() == [*lost, "081234500001"]
    assert office.paid() == {PAID_ANSWER_LOST: 1, PAID_HTML_ANSWERED: 1, "081234500001": 1}


def test_every_answer_that_proves_nothing_leaves_its_row_unknown(make_office: MakeOffice) -> None:
    faults = [
        *("after reset", "after truncate", "after midbody", "after midheaders", "after empty", "after html"),
        # Not "after badstatus": that answer has an invoice, which is asked about and may prove something.
        *("after noinvoice", "after badreason", "after otherjson", "after deepjson"),
        *("after badgzip", "before status:302", "before status:400", "after status:500", "before stall:3"),
        *(refusal("91"), refusal("41")),
    ]
    with_sound_ones_between = [text for fault in faults for text in (fault, None)]
    office = make_office(faults=on_isipulsa(*with_sound_ones_between), rule_51=False)
    everyone = office.numbers(2 * len(faults))
    office.payroll("bonus.csv", everyone)

    first = office.send("bonus.csv", "--timeout", "1")
    second = office.send("bonus.csv")

    assert (first.exit, second.exit) == (OPEN, OPEN)
    assert office.statuses("bonus.results.xlsx") == ["unknown", "sukses"] * len(faults)
    assert office.sent_numbers() == everyone
    assert max(office.paid().values()) == 1


def test_an_answer_for_another_number_stops_the_run_and_keeps_its_invoice(make_office: MakeOffice) -> None:
    office = make_office(faults=on_isipulsa("after othernumber"))
    office.payroll("bonus.csv", office.numbers(3))

    done = office.send("bonus.csv")

    assert done.exit == STOPPED
    assert "a different number or product" in done.err
    lines = office.results("bonus.results.xlsx")
    assert [line["status"] for line in lines] == ["unknown", "unsent", "unsent"]
    assert lines[0]["invoice"] == office.sandbox.book()[0].invoice


# -- answers in a row --------------------------------------------------------------------------------------


def test_five_unknown_answers_in_a_row_stop_the_run(make_office: MakeOffice) -> None:
    office = make_office(faults=on_isipulsa(None, *["after close"] * 5))
    office.payroll("bonus.csv", office.numbers(8))

    first = office.send("bonus.csv")

    assert first.exit == STOPPED
    assert "five times in a row" in first.err
    assert office.statuses("bonus.results.xlsx") == ["sukses"] + ["unknown"] * 5 + ["unsent"] * 2

    second = office.send("bonus.csv")

    assert second.exit == OPEN
    assert office.statuses("bonus.results.xlsx") == ["sukses"] + ["unknown"] * 5 + ["sukses"] * 2
    assert office.sent_numbers() == office.numbers(8)


def test_three_disturbed_answers_in_a_row_hold_back_the_rest_of_that_product(make_office: MakeOffice) -> None:
    office = make_office(faults=on_isipulsa(refusal("12"), None, refusal("12"), refusal("12")))
    numbers = office.numbers(8)
    products = ["TSEL5", "TSEL10", "TSEL5", "TSEL5", "TSEL5", "TSEL10", "TSEL5", "TSEL10"]
    office.csv("bonus.csv", [(1, "A", number, code) for number, code in zip(numbers, products, strict=True)])

    first = office.send("bonus.csv")

    assert first.exit == NOT_ALL_PAID
    lines = office.results("bonus.results.xlsx")
    assert [line["status"] for line in lines] == [
        *("gagal", "sukses", "gagal", "gagal", "unsent", "sukses", "unsent", "sukses")
    ]
    assert "alasan-12" in lines[0]["reason"]
    assert "TSEL5 three times in a row" in lines[4]["reason"]

    second = office.send("bonus.csv")

    assert second.exit == NOT_ALL_PAID
    assert office.statuses("bonus.results.xlsx").count("gagal") == 3
    third = office.send("bonus.csv", "--retry-failed")
    assert third.exit == OK
    assert office.paid() == dict.fromkeys(numbers, 1)


def test_five_system_faults_in_a_row_stop_the_run(make_office: MakeOffice) -> None:
    office = make_office(faults=on_isipulsa(*[refusal("00")] * 4, None, *[refusal("00")] * 5))
    office.payroll("bonus.csv", office.numbers(12))

    done = office.send("bonus.csv")

    assert done.exit == STOPPED
    assert "--retry-failed" in done.err
    expected = ["gagal"] * 4 + ["sukses"] + ["gagal"] * 5 + ["unsent"] * 2
    assert office.statuses("bonus.results.xlsx") == expected


def test_after_a_41_one_request_at_a_time_is_in_flight(make_office: MakeOffice) -> None:
    slow_s = 0.15
    in_progress = Fault.parse(refusal("41"))
    slow = Fault("slow", "after", str(slow_s))
    faults = Faults(lambda endpoint, n: None if endpoint != "isipulsa" else in_progress if n == 4 else slow)
    office = make_office(faults=faults)
    office.payroll("bonus.csv", office.numbers(12))

    done = office.send("bonus.csv", "--workers", "4")

    assert done.exit == OPEN
    arrivals = [request.at.timestamp() for request in office.sent()]
    assert len(arrivals) == 12
    gaps = [later - earlier for earlier, later in pairwise(arrivals)]
    assert min(gaps[:3]) < slow_s / 2, "four were to be in flight at first"
    assert min(gaps[6:]) > slow_s * 0.9
    assert sorted(office.statuses("bonus.results.xlsx")) == ["sukses"] * 11 + ["unknown"]


# -- turned away at the door -------------------------------------------------------------------------------


def test_too_many_requests_is_waited_for_as_long_as_asked_and_sent_again(make_office: MakeOffice) -> None:
    office = make_office(faults=on_isipulsa(None, "before status:429:2"))
    office.payroll("bonus.csv", office.numbers(3))

    done = office.send("bonus.csv")

    assert done.exit == OK
    first, second, third = office.numbers(3)
    assert office.sent_numbers() == [first, second, second, third]
    arrivals = [request.at for request in office.sent()]
    assert arrivals[2] - arrivals[1] >= timedelta(seconds=2)


def test_too_many_requests_for_the_sixth_time_stops_the_run(make_office: MakeOffice) -> None:
    office = make_office(faults=Faults.always("before status:429:0"))
    office.payroll("bonus.csv", office.numbers(2))

    done = office.send("bonus.csv")

    assert done.exit == STOPPED
    assert "--rate" in done.err
    assert office.sent_numbers() == [office.numbers(1)[0]] * 6
    assert office.statuses("bonus.results.xlsx") == ["unsent", "unsent"]


def test_a_door_that_is_shut_stops_the_run_after_one_request_and_pays_nothing(
    make_office: MakeOffice,
) -> None:
    statuses = (301, 308, 401, 404, 407)
    office = make_office(faults=on_isipulsa(*(f"before status:{status}" for status in statuses)))
    office.payroll("bonus.csv", office.numbers(2))
    advice = {401: "password", 407: "proxy"}

    for sent, status in enumerate(statuses, start=1):
        stopped = office.send("bonus.csv")
        assert stopped.exit == STOPPED
        assert advice.get(status, "address") in stopped.err
        assert len(office.sent()) == sent, f"{status} was followed or tried again"
    assert office.statuses("bonus.results.xlsx") == ["unsent", "unsent"]

    assert office.send("bonus.csv").exit == OK
    assert office.paid() == dict.fromkeys(office.numbers(2), 1)


def test_redirects_that_may_have_been_carried_out_are_neither_followed_nor_tried_again(
    make_office: MakeOffice,
) -> None:
    office = make_office(faults=on_isipulsa("after status:302", "after status:303"))
    office.payroll("bonus.csv", office.numbers(2))

    assert office.send("bonus.csv").exit == OPEN
    assert office.send("bonus.csv").exit == OPEN

    assert office.statuses("bonus.results.xlsx") == ["unknown", "unknown"]
    assert office.sent_numbers() == office.numbers(2)


def test_a_provider_that_goes_away_for_a_while_is_waited_for(make_office: MakeOffice, tmp_path: Path) -> None:
    book = tmp_path / "provider.db"
    office = make_office(rule_51=False, state=book)
    everyone = office.numbers(30)
    office.payroll("bonus.csv", everyone)
    running = office.start("run", "bonus.csv", "--yes", "--rate", "50", "--wait", "0")
    office.wait_for_requests(10)
    port = int(office.sandbox.url.split(":")[2].split("/")[0])

    office.sandbox.stop()
    time.sleep(0.5)
    returned = make_office(rule_51=False, port=port, state=book)
    done = office.finish(running)

    assert "Traceback" not in done.err
    statuses = office.statuses("bonus.results.xlsx")
    assert statuses.count("unknown") <= 1, "only the request in flight was in doubt"
    assert set(statuses) <= {"sukses", "unknown"}
    assert done.exit == (OPEN if "unknown" in statuses else OK)
    assert returned.sent(), "the run was over before the provider went away"
    assert max(returned.paid().values()) == 1


# -- duplicates in the sheet -------------------------------------------------------------------------------

THREE_SPELLINGS = [
    ("1", "A", "081234500001", "TSEL5"),
    ("2", "B", "+62 812-3450-0001", "tsel5"),
    ("3", "C", "6281234500001", "TSELD5"),
    ("4", "D", "081234500001", "TSEL10"),
]
"""Thrice 5000 to one number, by another spelling and by another code of the same nominal; once 10000."""


def test_a_number_is_topped_up_with_a_nominal_once_however_it_is_spelled(make_office: MakeOffice) -> None:
    office = make_office(rule_51=False)
    office.csv("bonus.csv", THREE_SPELLINGS)

    done = office.send("bonus.csv")

    assert done.exit == NOT_ALL_PAID
    lines = office.results("bonus.results.xlsx")
    assert [line["status"] for line in lines] == ["sukses", "duplicate", "duplicate", "sukses"]
    for line in lines[1:3]:
        assert "row 2 already tops up 081234500001 with Rp5,000" in line["reason"]
    assert [topup.product for topup in office.sandbox.book()] == ["TSEL5", "TSEL10"]

    assert office.send("bonus.csv").exit == NOT_ALL_PAID
    assert len(office.sent()) == 2


def test_repeats_are_sent_one_after_the_other_each_with_its_own_counter(make_office: MakeOffice) -> None:
    office = make_office(itrx="strict")
    office.csv("bonus.csv", THREE_SPELLINGS)

    done = office.send("bonus.csv", "--duplicates", "repeat", "--workers", "4")

    assert done.exit == OK
    counters = sorted((topup.nominal, topup.itrx) for topup in office.sandbox.book())
    assert counters == [("10000", 1), ("5000", 1), ("5000", 2), ("5000", 3)]

    assert office.send("bonus.csv", "--duplicates", "repeat").exit == OK
    assert len(office.sent()) == 4


def test_a_repeat_waits_until_the_copy_before_it_is_paid(office: Office) -> None:
    office.payroll("bonus.csv", [PAID_ANSWER_LOST, PAID_ANSWER_LOST, "081234500001", "081234500001"])

    done = office.send("bonus.csv", "--duplicates", "repeat")

    assert done.exit == OPEN
    lines = office.results("bonus.results.xlsx")
    assert [line["status"] for line in lines] == ["unknown", "unsent", "sukses", "sukses"]
    assert "top-up 1 of this number and amount must be paid first" in lines[1]["reason"]
    assert office.paid() == {PAID_ANSWER_LOST: 1, "081234500001": 2}


def test_a_column_of_counts_asks_for_deliberate_repeats(make_office: MakeOffice) -> None:
    office = make_office(itrx="strict")
    office.xlsx(
        "bonus.xlsx",
        [
            ("A", "081234500001", "TSEL5", "2"),
            ("A", "081234500001", "TSEL5", "1"),
            ("A", "081234500001", "TSEL5", "2"),
            ("B", "081234500002", "TSEL5", None),
        ],
        header=("Nama", "No HP", "Kode Produk", "Pengisian ke"),
    )

    done = office.send("bonus.xlsx")

    assert done.exit == NOT_ALL_PAID
    assert office.statuses("bonus.results.xlsx") == ["sukses", "sukses", "duplicate", "sukses"]
    assert [request.parameters["itrx"] for request in office.sent()] == ["1", "1", "2"]


# -- other batches -----------------------------------------------------------------------------------------


def test_another_sheet_of_the_same_day_does_not_pay_a_number_twice(make_office: MakeOffice) -> None:
    office = make_office(rule_51=False)
    office.payroll("jakarta.csv", ["081234500001", "081234500002"])
    office.csv(
        "bandung.csv",
        [
            ("1", "A", "081234500003", "TSEL5"),
            ("2", "B", "0812 3450 0002", "TSELD5"),
            ("3", "C", "081234500001", "TSEL10"),
        ],
    )

    assert office.send("jakarta.csv").exit == OK
    second = office.send("bandung.csv")

    assert second.exit == NOT_ALL_PAID
    lines = office.results("bandung.results.xlsx")
    assert [line["status"] for line in lines] == ["sukses", "duplicate", "sukses"]
    assert "batch jakarta (row 3) already topped up" in lines[1]["reason"]
    assert office.paid() == {"081234500001": 2, "081234500002": 1, "081234500003": 1}


def test_a_row_that_is_open_in_another_batch_is_held(make_office: MakeOffice) -> None:
    office = make_office(rule_51=False)
    office.payroll("jakarta.csv", [PAID_ANSWER_LOST, PENDING_FOR_EVER])
    office.csv(
        "bandung.csv",
        [("A", PAID_ANSWER_LOST, "TSEL5", "2"), ("B", PENDING_FOR_EVER, "TSEL5", "1")],
        header=("Nama", "No HP", "Kode Produk", "itrx"),
    )

    assert office.send("jakarta.csv").exit == OPEN
    second = office.send("bandung.csv")

    assert second.exit == NOT_ALL_PAID
    lines = office.results("bandung.results.xlsx")
    assert [line["status"] for line in lines] == ["duplicate", "duplicate"]
    assert "it is still open" in lines[0]["reason"]
    assert all("batch jakarta" in line["reason"] for line in lines)
    assert office.paid() == {PAID_ANSWER_LOST: 1, PENDING_FOR_EVER: 1}


COUNTED = ("Nama", "No HP", "Kode Produk", "itrx")


@pytest.mark.parametrize(("first", "status"), [("081234500001", "sukses"), ("081200000051", "unsent")])
def test_a_copy_follows_the_one_of_another_batch_only_once_that_is_paid(
    office: Office, first: str, status: str
) -> None:
    office.payroll("jakarta.csv", [first])
    rows = [("A", first, "TSEL5", "1"), ("A", first, "TSEL5", "2"), ("B", "081234500009", "TSEL5", "1")]
    office.csv("bandung.csv", rows, COUNTED)

    office.send("jakarta.csv")
    office.send("bandung.csv")

    assert office.statuses("bandung.results.xlsx") == ["duplicate", status, "sukses"]


def test_a_copy_follows_what_another_batch_paid_after_this_one_began(office: Office) -> None:
    """The batch's own order of the first copy was never sent."""
    first = "081234500001"
    rows = [("B", "081200000062", "TSEL5", "1"), ("A", first, "TSEL5", "1"), ("A", first, "TSEL5", "2")]
    office.csv("bandung.csv", rows, COUNTED)
    office.payroll("jakarta.csv", [first])

    office.send("bandung.csv")
    assert office.statuses("bandung.results.xlsx") == ["unsent", "unsent", "unsent"]
    office.send("jakarta.csv")
    office.csv("bandung.csv", [("B", "081234500009", "TSEL5", "1"), *rows[1:]], COUNTED)
    office.send("bandung.csv")

    assert office.statuses("bandung.results.xlsx")[-2:] == ["duplicate", "sukses"]


def test_a_copy_waits_for_one_whose_product_is_mistyped(office: Office) -> None:
    first = "081234500001"
    rows = [("A", first, "TSEL5x", "1"), ("A", first, "TSEL5", "2"), ("B", "081234500009", "TSEL5", "1")]
    office.csv("bandung.csv", rows, COUNTED)

    office.send("bandung.csv")

    assert office.statuses("bandung.results.xlsx") == ["invalid", "unsent", "sukses"]


def test_a_copy_of_the_sheet_under_another_name_pays_nobody_again(make_office: MakeOffice) -> None:
    office = make_office(rule_51=False)
    office.payroll("bonus.csv", office.numbers(4))
    assert office.send("bonus.csv").exit == OK

    (office.folder / "bonus (1).csv").write_bytes((office.folder / "bonus.csv").read_bytes())
    copy = office.send("bonus (1).csv")

    assert copy.exit == NOT_ALL_PAID
    assert office.statuses("bonus (1).results.xlsx") == ["duplicate"] * 4
    assert len(office.sent()) == 4


class Claimant:
    """Another batch, whose claim on the second row is made while the first one's request is under way."""

    def __init__(self, number: str) -> None:
        self.faults = Faults(self._decide)
        self.order = Order(1, 7, number, "TSEL5", 1, 5_000, "TELKOMSEL", PRICE)
        self.ledger: Ledger | None = None

    def open(self, office: Office) -> Ledger:
        location = ledger_url(office.environment["BULK_TOPUP_LEDGER"])
        self.ledger = Ledger(location, account="sandbox", base_url=office.sandbox.url)
        return self.ledger

    def _decide(self, endpoint: str, n: int) -> None:
        if self.ledger is not None and (endpoint, n) == ("isipulsa", 1):
            now = datetime.now(WIB)
            claim(self.ledger, self.order, now.date(), "theirs", "b2", "jakarta", now, since=now.date())


def test_a_row_that_another_batch_has_open_by_the_time_it_is_sent_waits_for_that_ones_end(
    make_office: MakeOffice,
) -> None:
    first, second = "081234500001", "081234500002"
    jakarta = Claimant(second)
    office = make_office(faults=jakarta.faults)
    office.payroll("bandung.csv", [first, second])
    with closing(jakarta.open(office)) as ledger:
        assert office.send("bandung.csv").exit == NOT_ALL_PAID
        row = office.results("bandung.results.xlsx")[1]
        assert (row["status"], "jakarta (row 7)" in row["reason"], "still open" in row["reason"]) == (
            "unsent",
            True,
            True,
        )
        assert office.sent_numbers() == [first]
        assert office.send("bandung.csv").exit == NOT_ALL_PAID
        assert office.sent_numbers() == [first], "it is still open there"

        ledger.conclude("theirs", Status.GAGAL)

        assert office.send("bandung.csv").exit == OK
    assert office.paid() == {first: 1, second: 1}


@pytest.mark.parametrize("ended", [Status.SUKSES, Status.DUPLICATE])
def test_a_row_that_another_batch_had_open_and_paid_is_never_sent(
    make_office: MakeOffice, ended: Status
) -> None:
    first, second = "081234500001", "081234500002"
    jakarta = Claimant(second)
    office = make_office(faults=jakarta.faults)
    office.payroll("bandung.csv", [first, second])
    with closing(jakarta.open(office)) as ledger:
        office.send("bandung.csv")
        ledger.conclude("theirs", ended)

        assert office.send("bandung.csv").exit == NOT_ALL_PAID

    assert office.statuses("bandung.results.xlsx") == ["sukses", "duplicate"]
    assert office.sent_numbers() == [first]


@pytest.mark.parametrize(("days", "asks"), [("20", False), ("21", True), ("366", True)])
def test_how_many_days_back_a_likeness_to_another_batch_counts_is_a_setting(
    make_office: MakeOffice, days: str, asks: bool
) -> None:
    office = make_office()
    office.payroll("juli.csv", office.numbers(3))
    paid_at = datetime.now(WIB) - timedelta(days=21)
    location = ledger_url(office.environment["BULK_TOPUP_LEDGER"])
    with closing(Ledger(location, account="sandbox", base_url=office.sandbox.url)) as ledger:
        for n, number in enumerate(office.numbers(3)):
            order = Order(n, n, number, "TSEL5", 1, 5_000, "TELKOMSEL", PRICE)
            claim(ledger, order, paid_at.date(), f"t{n}", "b2", "juni", paid_at, since=paid_at.date())
            ledger.conclude(f"t{n}", Status.SUKSES)

    checked = office.run("check", "juli.csv", env={"BULK_TOPUP_OVERLAP_DAYS": days})
    done = office.send("juli.csv", "--overlap-days", days)

    assert (checked.exit, "batch juni" in checked.err) == ((NOT_ALL_PAID, True) if asks else (OK, False))
    assert (done.exit, "batch juni" in done.err) == ((NOTHING_SENT, True) if asks else (OK, False))


@pytest.mark.parametrize("days", ["0", "-1", "367", "twenty"])
def test_a_number_of_days_that_is_none_is_refused(office: Office, days: str) -> None:
    office.payroll("bonus.csv", office.numbers(1))
    for command in ("run", "check"):
        done = office.run(command, "bonus.csv", env={"BULK_TOPUP_OVERLAP_DAYS": days})
        assert (done.exit, "BULK_TOPUP_OVERLAP_DAYS" in done.err) == (NOTHING_SENT, True)


def test_two_sheets_sent_at_the_same_moment_pay_each_number_once(make_office: MakeOffice) -> None:
    office = make_office(rule_51=False, latency_s=0.01)
    everyone = office.numbers(40)
    office.payroll("jakarta.csv", everyone)
    office.payroll("bandung.csv", reversed(everyone))

    under_way = [office.start("run", name, "--yes", *office.fast) for name in ("jakarta.csv", "bandung.csv")]
    results = [office.finish(process) for process in under_way]

    assert [result.err for result in results] == ["", ""]
    assert office.paid() == dict.fromkeys(everyone, 1)
    for name in ("jakarta.csv", "bandung.csv"):
        office.send(name)  # a row that was under way elsewhere, and waited, is known to be paid by now
    assert office.paid() == dict.fromkeys(everyone, 1)
    statuses = office.statuses("jakarta.results.xlsx") + office.statuses("bandung.results.xlsx")
    assert (statuses.count("sukses"), statuses.count("duplicate")) == (40, 40)


# -- the sheet changes between two runs ---------------------------------------------------------------------


def test_a_corrected_sheet_sends_what_is_new_and_keeps_what_was_sent(office: Office) -> None:
    office.payroll("bonus.csv", ["081234500001", "12", "081234500003"])
    assert office.send("bonus.csv").exit == NOT_ALL_PAID

    office.payroll("bonus.csv", ["081234500003", "081234500002", "081234500004"])
    second = office.send("bonus.csv")

    assert second.exit == OK
    assert office.sent_numbers() == ["081234500001", "081234500003", "081234500002", "081234500004"]
    lines = office.results("bonus.results.xlsx")
    assert [line["number_sent"] for line in lines] == [
        *("081234500003", "081234500002", "081234500004", "081234500001")
    ]
    assert "removed from the sheet" in lines[-1]["reason"]
    assert {line["status"] for line in lines} == {"sukses"}


def test_a_corrected_product_for_a_number_already_paid_is_held_until_asked_for(office: Office) -> None:
    office.payroll("bonus.csv", ["081234500001"])
    assert office.send("bonus.csv").exit == OK

    office.payroll("bonus.csv", ["081234500001"], product="TSEL10")
    held = office.send("bonus.csv")

    assert held.exit == NOT_ALL_PAID
    assert "this row is not sent" in office.results("bonus.results.xlsx")[0]["reason"]
    assert len(office.sent()) == 1
    assert office.send("bonus.csv", "--include-changed").exit == OK
    assert [topup.product for topup in office.sandbox.book()] == ["TSEL5", "TSEL10"]


def test_results_fed_back_in_send_only_what_was_not_paid(office: Office) -> None:
    office.payroll("bonus.csv", ["081234500001", "12", "081234500003"])
    assert office.send("bonus.csv").exit == NOT_ALL_PAID
    book = openpyxl.load_workbook(office.folder / "bonus.results.xlsx")
    book.worksheets[0]["C3"] = "081234500002"
    book.save(office.folder / "again.xlsx")

    done = office.send("again.xlsx")

    lines = office.results("again.results.xlsx")
    assert [line["status"] for line in lines] == ["duplicate", "sukses", "duplicate"]
    assert office.sandbox.book()[0].invoice in lines[0]["reason"]
    assert list(lines[0]) == ["No", "Nama", "No HP", "Kode Produk", *RESULT_COLUMNS]
    assert done.exit == NOT_ALL_PAID
    assert office.paid() == dict.fromkeys(["081234500001", "081234500002", "081234500003"], 1)


# -- the plan and the person -------------------------------------------------------------------------------


def test_without_a_terminal_and_without_yes_nothing_is_sent(office: Office) -> None:
    office.payroll("bonus.csv", office.numbers(2))

    done = office.run("run", "bonus.csv", input="y\n")

    assert done.exit == NOTHING_SENT
    assert "--yes" in done.err
    assert re.search(r"to send now +2 +Rp11,300", done.out)
    assert office.sent() == []


@pytest.mark.parametrize(
    ("typed", "expected", "sent"), [("n", NOTHING_SENT, 0), ("", NOTHING_SENT, 0), ("y", OK, 2)]
)
def test_a_person_at_a_terminal_decides(office: Office, typed: str, expected: int, sent: int) -> None:
    office.payroll("bonus.csv", office.numbers(2))

    done = office.run("run", "bonus.csv", *office.fast, answers=[("[y/N] ", typed)])

    assert done.exit == expected
    assert "Send 2 top-ups for Rp11,300? [y/N]" in done.err
    assert len(office.sent()) == sent


def test_username_and_password_are_asked_for_on_a_terminal(make_office: MakeOffice) -> None:
    office = make_office(password="rahasia-sekali")
    office.payroll("bonus.csv", office.numbers(1))
    without = {"BULK_TOPUP_USERNAME": None, "BULK_TOPUP_PASSWORD": None}
    answers = [("Username: ", "sandbox"), ("Password: ", "rahasia-sekali"), ("[y/N] ", "y")]

    done = office.run("run", "bonus.csv", *office.fast, answers=answers, env=without)

    assert done.exit == OK
    assert "rahasia" not in done.out + done.err


def test_a_budget_below_the_plan_sends_nothing(office: Office) -> None:
    office.payroll("bonus.csv", office.numbers(3))

    too_small = office.send("bonus.csv", "--budget", str(3 * PRICE - 1))

    assert too_small.exit == NOTHING_SENT
    assert "Rp16,950" in too_small.err
    assert "Rp16,949" in too_small.err
    assert office.sent() == []
    assert office.send("bonus.csv", "--budget", str(3 * PRICE)).exit == OK


def test_check_says_that_the_plan_is_over_the_budget_as_run_would(make_office: MakeOffice) -> None:
    office = make_office(balance=2 * PRICE)
    office.payroll("bonus.csv", office.numbers(3))
    check = ("check", "bonus.csv", "--budget")

    over, within = (office.run(*check, str(3 * PRICE - less)) for less in (1, 0))

    assert (over.exit, within.exit) == (NOT_ALL_PAID, OK)
    assert "costs Rp16,950" in over.err
    assert "budget is Rp16,949" in over.err
    assert "budget" not in within.err
    assert office.run(*check, "1", "--json").json["over_budget"] == {
        "cost": 3 * PRICE,
        "before": 0,
        "budget": 1,
    }
    assert office.send("bonus.csv").exit == STOPPED  # two are paid, then the deposit is used up
    again = office.run(*check, str(3 * PRICE - 1))
    assert (again.exit, f"{2 * PRICE:,} was spent before" in again.err) == (NOT_ALL_PAID, True)
    assert office.run(*check, str(3 * PRICE)).exit == OK


def test_the_budget_is_the_batchs_over_all_its_runs(make_office: MakeOffice) -> None:
    office = make_office(balance=2 * PRICE)
    office.payroll("bonus.csv", office.numbers(3))
    assert office.send("bonus.csv", "--budget", str(3 * PRICE)).exit == STOPPED
    office.sandbox.set_balance(1_000_000)

    too_small = office.send("bonus.csv", "--budget", str(2 * PRICE))

    assert too_small.exit == NOTHING_SENT
    assert len(office.sent()) == 3
    assert office.send("bonus.csv", "--budget", str(3 * PRICE)).exit == OK


def test_a_provider_that_debits_more_than_it_lists_meets_the_budget(make_office: MakeOffice) -> None:
    office = make_office()
    dearer = [{**product, "harga": "6000"} for product in office.sandbox._prices]
    office.payroll("bonus.csv", office.numbers(3))
    running = office.start("run", "bonus.csv", "--yes", "--rate", "1", "--wait", "0")
    office.wait_for_requests(1)

    office.sandbox.set_prices(dearer)
    done = office.finish(running)

    assert done.exit == STOPPED
    assert "debits more than its listed prices" in done.err
    assert office.statuses("bonus.results.xlsx") == ["sukses", "sukses", "unsent"]


# -- what programs read ------------------------------------------------------------------------------------


def _commands(office: Office) -> Sequence[tuple[int, tuple[str, ...]]]:
    return [
        (NOT_ALL_PAID, ("check", "bonus.csv")),
        (NOTHING_SENT, ("run", "bonus.csv")),
        (OPEN, ("run", "bonus.csv", "--yes", *office.fast)),
        (OPEN, ("status", "bonus.csv")),
        (OPEN, ("settle", "bonus.csv", "--wait", "0")),
        (OPEN, ("results", "bonus.csv")),
        (OK, ("prices", "--operator", "telkomsel")),
        (NOTHING_SENT, ("status", "other.csv")),
    ]


def test_json_is_one_object_on_standard_output_and_words_are_on_standard_error(office: Office) -> None:
    office.payroll("bonus.csv", ["081234500001", PENDING_FOR_EVER, "12"])

    answers: dict[str, Any] = {}
    for expected, command in _commands(office):
        done = office.run(*command, "--json")
        assert done.exit == done.json["exit_code"] == expected, command
        assert done.err.strip(), command
        answers[" ".join(command[:2])] = done.json

    assert answers["check bonus.csv"]["plan"]["cost"] == 2 * PRICE
    assert [found["row"] for found in answers["check bonus.csv"]["plan"]["findings"]] == [4]
    for name in ("run bonus.csv", "status bonus.csv", "settle bonus.csv", "results bonus.csv"):
        rows = answers[name]["rows"]
        assert (rows["sukses"], rows["pending"], rows["invalid"]) == (1, 1, 1)
        assert answers[name]["rupiah"]["sukses"] == PRICE
    assert answers["prices --operator"]["products"][0]["operator"] == "TELKOMSEL"
    assert answers["status other.csv"]["error"]["code"] == "checkpoint.missing"


def test_quiet_says_nothing_when_all_went_well(office: Office) -> None:
    office.payroll("bonus.csv", office.numbers(2))

    done = office.send("bonus.csv", "--quiet")

    assert (done.exit, done.out, done.err) == (OK, "", "")


# -- the other commands ------------------------------------------------------------------------------------


def test_results_and_status_speak_from_the_progress_file_alone(office: Office) -> None:
    office.payroll("bonus.csv", ["081234500001", "081200000011", PAID_ANSWER_LOST])
    assert office.send("bonus.csv").exit == OPEN
    before = office.results("bonus.results.xlsx")
    (office.folder / "bonus.results.xlsx").unlink()
    (office.folder / "bonus.csv").unlink()
    office.sandbox.stop()
    offline = {"BULK_TOPUP_USERNAME": None, "BULK_TOPUP_PASSWORD": None}

    status = office.run("status", "bonus.csv", env=offline)
    results = office.run("results", "bonus.csv", env=offline)

    assert status.exit == results.exit == OPEN
    assert re.search(r"1 +Rp5,650 +unknown", status.out)
    assert office.results("bonus.results.xlsx") == before


def test_prices_lists_the_live_price_list(office: Office) -> None:
    everything = office.run("prices")
    one = office.run("prices", "--operator", "Telkomsel")

    assert (everything.exit, one.exit) == (OK, OK)
    header, *rows = everything.out.partition("\n\n")[0].splitlines()
    assert header.split() == ["code", "operator", "type", "nominal", "price", "status", "description"]
    assert sorted(row.split()[0] for row in rows) == sorted(p["kodeoperator"] for p in office.sandbox._prices)
    assert re.search(r"^TSEL5 +TELKOMSEL +PULSA +5,000 +Rp5,650 +ready", one.out, re.MULTILINE)
    assert re.search(r"^TSEL30 .* closed", one.out, re.MULTILINE)
    assert "INDOSAT" not in one.out


def test_a_rehearsal_touches_no_real_file_and_says_so(office: Office) -> None:
    office.payroll("bonus.csv", office.numbers(2))

    done = office.run("run", "bonus.csv", "--sandbox", "--yes", *office.fast)

    assert done.exit == OK
    assert done.out.count("SANDBOX") == 2
    made = {path.name for path in office.folder.iterdir() if not path.name.endswith(".lock")}
    assert made == {
        "bonus.csv",
        "bonus.sandbox.checkpoint.db",
        "bonus.sandbox.results.xlsx",
        "sandbox.ledger.db",
        "sandbox.provider.db",
    }
    assert not (office.folder.parent / "ledger.db").exists()
    assert office.sent() == []


def test_every_option_has_its_variable_but_those_that_release_money(office: Office) -> None:
    office.xlsx("bonus.xlsx", [("1", "A", "081234500001", "TSEL5")], tab="Jakarta")
    released = {"BULK_TOPUP_YES": "1", "BULK_TOPUP_SANDBOX": "1", "BULK_TOPUP_DUPLICATES": "repeat"}

    asked = office.run("run", "bonus.xlsx", env=released)
    done = office.run(
        *("run", "bonus.xlsx", "--yes"),
        env={"BULK_TOPUP_SHEET": "Jakarta", "BULK_TOPUP_RATE": "500", "BULK_TOPUP_BUDGET": "1"},
    )
    tab = office.run("check", "bonus.xlsx", env={"BULK_TOPUP_SHEET": "Bandung"})

    assert (asked.exit, office.sent()) == (NOTHING_SENT, [])
    assert (done.exit, "budget is Rp1" in done.err) == (NOTHING_SENT, True)
    assert (tab.exit, "Bandung" in tab.err) == (NOTHING_SENT, True)


# -- secrets -----------------------------------------------------------------------------------------------


def test_the_password_is_in_no_output_and_no_file_and_files_are_the_owners_alone(
    make_office: MakeOffice,
) -> None:
    secret = "rahasia-S3kali!"
    office = make_office(password=secret)
    office.payroll("bonus.csv", ["081234500001", PAID_ANSWER_LOST, PENDING_FOR_EVER])
    (office.folder / "password.txt").write_text("salah-" + secret + "\n")

    spoken = [
        office.send("bonus.csv", "--json"),
        office.run("settle", "bonus.csv", "--wait", "0"),
        office.run("status", "bonus.csv", "--json"),
        office.run("prices", "--json", "--password-file", "password.txt"),
    ]
    (office.folder / "password.txt").unlink()

    assert [result.exit for result in spoken] == [OPEN, OPEN, OPEN, STOPPED]
    assert not [result for result in spoken if secret in result.out + result.err]
    files = [path for path in office.folder.parent.rglob("*") if path.is_file() and path.name != "bonus.csv"]
    assert {path.name for path in files} >= {"bonus.checkpoint.db", "bonus.results.xlsx", "ledger.db"}
    for path in files:
        assert secret.encode() not in path.read_bytes(), path
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_clock_of_another_date_than_the_providers_sends_nothing(make_office: MakeOffice) -> None:
    office = make_office(date_skew_s=-13 * 3600)
    office.payroll("bonus.csv", office.numbers(1))

    came = office.send("bonus.csv", "--json")

    assert (came.exit, came.json["error"]["code"]) == (NOTHING_SENT, "provider.other_date")
    assert office.sent() == []


@pytest.mark.parametrize(("skew_s", "told"), [(280.0, []), (-310.0, ["provider.other_time"])])
def test_a_clock_that_is_not_the_providers_is_told_and_stops_nobody(
    make_office: MakeOffice, skew_s: float, told: list[str]
) -> None:
    office = make_office(date_skew_s=skew_s)
    office.payroll("bonus.csv", office.numbers(1))

    came = office.send("bonus.csv", "--json")

    assert (came.exit, sum(office.paid().values())) == (OK, 1)
    assert [notice["code"] for notice in came.json["notices"]] == told


def test_what_a_bare_50_counts_is_asked_once_and_kept(office: Office) -> None:
    """Asked again, the paid rows would not be found in the sheet: they would stand twice in the results."""
    office.csv("gaji.csv", [("Ani", "081255510001", "5"), ("Budi", "081255510002", "10")], WITHOUT_CODE)
    nobody = office.run("run", "gaji.csv", "--yes", *office.fast)
    assert "5 may be 5 rupiah or Rp5,000" in nobody.out
    assert not office.sent()
    asked = office.run("check", "gaji.csv", answers=[("does 5 mean Rp5,000?", "y")])
    assert "bulk-topup run gaji.csv --amounts thousands --approve" in asked.out
    answers = [("does 5 mean Rp5,000?", "y"), ("Send 2 top-ups", "y")]
    assert office.run("run", "gaji.csv", *office.fast, answers=answers).exit == 0
    again = office.run("run", "gaji.csv", "--yes", *office.fast)
    assert again.exit == 0
    assert office.statuses("gaji.results.xlsx") == ["sukses", "sukses"]
    assert len(office.sent()) == 2


def test_a_person_who_says_that_5_are_5_rupiah_pays_nobody(office: Office) -> None:
    office.csv("gaji.csv", [("Ani", "081255510001", "5")], WITHOUT_CODE)
    said = office.run("check", "gaji.csv", answers=[("does 5 mean Rp5,000?", "n")])
    assert "to send now                0" in said.out


def test_a_chosen_product_that_is_closed_or_dearer_the_next_day_refuses_the_code_and_is_named(
    office: Office,
) -> None:
    """A cheaper one is another product, too: only what was approved is sent."""
    office.csv("gaji.csv", [("Ani", "081255510001", "5.000")], WITHOUT_CODE)
    code = re.search("plan code ([0-9A-Z-]{19})", office.run("check", "gaji.csv").out)
    assert code is not None
    tsel5 = next(one for one in LISTED if one["kodeoperator"] == "TSEL5")
    others = [one for one in LISTED if one is not tsel5]
    for today, said in (
        ([{**tsel5, "status": "Close"}], "it was approved with TSEL5"),
        ([{**tsel5, "harga": "5700"}], "TSEL5 costs Rp5,700, approved at Rp5,650"),
        ([tsel5, {**tsel5, "kodeoperator": "T5", "harga": "5600"}], "was TSEL5, and is now T5"),
    ):
        office.sandbox.set_prices([*others, *today])
        refused = office.run("run", "gaji.csv", "--approve", code[1], "--approved-by", "Rina", *office.fast)
        assert refused.exit == 2
        assert said in refused.out + refused.err
    assert not office.sent()
    office.sandbox.set_prices(LISTED)
    sent = office.run("run", "gaji.csv", "--approve", code[1], "--approved-by", "Rina", *office.fast)
    assert sent.exit == 0


WITHOUT_CODE = ("Nama", "No HP", "Nominal")
