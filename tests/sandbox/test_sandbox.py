"""The sandbox against the provider's document (API v3.1), over real HTTP on loopback."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from bulk_topup.sandbox import (
    PRICES,
    REASONS,
    TEST_NUMBERS,
    Delivery,
    Sandbox,
    SandboxStateError,
    serve,
)
from bulk_topup.sandbox.delivery import plainly
from tests.faults import CAMPAIGN_KINDS, FRONT_STATUSES, KINDS, STATUSES, Fault, Faults
from tests.faults.damage import BIG_REASON_BYTES, DAMAGED_KINDS, ENDLESS_CAP_BYTES
from tests.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bulk_topup.sandbox import Endpoint, Wire

NUMBER = "081234567890"
NOON = datetime(2025, 3, 10, 5, 0, 0, tzinfo=UTC)  # 12:00 in WIB
CREDENTIALS = {"username": "sandbox", "password": "sandbox"}
TIMEOUT_S = 10.0


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(clock=clock) as running:
        yield running


def call(http: requests.Session, sandbox: Sandbox, endpoint: str, **parameters: str) -> Any:
    form = {**CREDENTIALS, **parameters}
    return http.post(f"{sandbox.url}/{endpoint}", data=form, timeout=TIMEOUT_S).json()


def top_up(
    http: requests.Session, sandbox: Sandbox, number: str = NUMBER, product: str = "TSEL5", **more: str
) -> Any:
    return call(http, sandbox, "isipulsa", nomortujuan=number, kodeoperator=product, **more)


def check(http: requests.Session, sandbox: Sandbox, receipt: dict[str, str]) -> Any:
    number = receipt["nomorpelanggan"]
    return call(http, sandbox, "cekstatus", invoice=receipt["invoice"], nomortujuan=number)


def raw_top_up(sandbox: Sandbox, number: str = NUMBER) -> tuple[bytes, bool]:
    """All bytes answered to one isipulsa on a bare socket, and whether the connection ended by a reset."""
    host, port = sandbox.url.removeprefix("http://").split("/")[0].split(":")
    body = f"username=sandbox&password=sandbox&kodeoperator=TSEL5&nomortujuan={number}".encode()
    head = (
        f"POST /json/pulsa/isipulsa HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    answered = bytearray()
    with socket.create_connection((host, int(port)), timeout=TIMEOUT_S) as connection:
        connection.sendall(head.encode() + body)
        try:
            while chunk := connection.recv(65_536):
                answered += chunk
        except ConnectionResetError:
            return bytes(answered), True
    return bytes(answered), False


# --- the document's shapes ---


def test_daftarharga_lists_products_in_the_documents_shape(http: requests.Session, sandbox: Sandbox) -> None:
    products = call(http, sandbox, "daftarharga")
    assert products == list(PRICES)
    assert len(products) >= 120
    names = ["tipe", "operator", "kodeoperator", "keterangan", "nominal", "harga", "status"]
    assert all(list(product) == names for product in products)
    assert all(isinstance(value, str) and value for product in products for value in product.values())
    assert {product["tipe"] for product in products} == {"PULSA", "PAKET DATA"}
    assert {product["status"] for product in products} == {"Ready", "Close"}
    operators = {"TELKOMSEL", "INDOSAT", "XL", "AXIS", "TRI", "SMARTFREN"}
    assert {product["operator"] for product in products} == operators
    assert len({product["kodeoperator"] for product in products}) == len(products)


def test_some_pulsa_and_data_products_of_an_operator_share_a_nominal() -> None:
    by_tipe = {
        tipe: {(p["operator"], p["nominal"]) for p in PRICES if p["tipe"] == tipe}
        for tipe in ("PULSA", "PAKET DATA")
    }
    assert len(by_tipe["PULSA"] & by_tipe["PAKET DATA"]) > 20


def test_isipulsa_answers_the_documents_receipt(http: requests.Session, sandbox: Sandbox) -> None:
    receipt = top_up(http, sandbox)
    serial = receipt.pop("serial")
    assert receipt == {
        "result": "ok",
        "tanggal": "2025-03-10 12:00:00",
        "invoice": "TRX100001",
        "transaksi": "PULSA",
        "operator": "TELKOMSEL",
        "kodeoperator": "TSEL5",
        "nominal": "5000",
        "nomorpelanggan": NUMBER,
        "debet": "5650",
        "saldo": "24994350",
        "kodeagen": "SBX-00001",
        "status": "sukses",
    }
    assert re.fullmatch(r"0\d{14,15}", serial)
    assert top_up(http, sandbox, product="TSELD10")["transaksi"] == "PAKET DATA"


def test_cekstatus_answers_the_documents_status(http: requests.Session, sandbox: Sandbox) -> None:
    receipt = top_up(http, sandbox)
    told = check(http, sandbox, receipt)
    same = ("tanggal", "invoice", "transaksi", "operator", "kodeoperator", "nominal", "serial", "kodeagen")
    assert {name: told[name] for name in same} == {name: receipt[name] for name in same}
    assert (told["result"], told["status"], told["nomortujuan"]) == ("ok", "sukses", NUMBER)
    assert set(told) == {*same, "result", "status", "nomortujuan", "description"}
    assert told["description"] == (
        f"Status transaksi PULSA TELKOMSEL(TSEL5) dgn Invoice TRX100001 ke nomor {NUMBER} adalah sukses "
        f"berhasil terkirim SN Operator: {told['serial']}, Silakan cek pulsa di *888#"
    )


@pytest.mark.parametrize(("invoice", "number"), [("TRX1", NUMBER), ("TRX100001", "081200001111"), ("", "")])
def test_a_failed_cekstatus_has_no_reason_code(
    http: requests.Session, sandbox: Sandbox, invoice: str, number: str
) -> None:
    top_up(http, sandbox)
    told = call(http, sandbox, "cekstatus", invoice=invoice, nomortujuan=number)
    assert told == {
        "result": "no",
        "reason": f"Tidak ada transaksi pulsa dengan Invoice {invoice} ke nomor tujuan {number}, "
        "silakan anda periksa kembali.",
    }


def test_invoices_and_serials_are_unique_and_increasing(http: requests.Session, sandbox: Sandbox) -> None:
    receipts = [top_up(http, sandbox, f"08131111{n:04d}") for n in range(30)]
    invoices = [int(receipt["invoice"].removeprefix("TRX")) for receipt in receipts]
    assert invoices == sorted(set(invoices))
    assert len({receipt["serial"] for receipt in receipts}) == len(receipts)


# --- refusals ---


@pytest.mark.parametrize("password", ["wrong", ""])
def test_wrong_credentials_are_refused_by_every_endpoint(
    http: requests.Session, sandbox: Sandbox, password: str
) -> None:
    wrong = {"result": "no", "reason": "Username atau password salah"}
    assert call(http, sandbox, "daftarharga", password=password) == wrong
    assert call(http, sandbox, "cekstatus", password=password, invoice="TRX1", nomortujuan=NUMBER) == wrong
    refused = top_up(http, sandbox, password=password)
    assert (refused["result"], refused["reason_code"]) == ("no", "31")
    assert sandbox.book() == []


def test_credentials_are_configurable(http: requests.Session) -> None:
    with Sandbox(username="dummy", password="dummy123") as sandbox:
        assert top_up(http, sandbox)["reason_code"] == "31"
        assert top_up(http, sandbox, username="dummy", password="dummy123")["result"] == "ok"


@pytest.mark.parametrize("code", sorted(REASONS))
def test_each_reason_code_has_its_test_number(http: requests.Session, sandbox: Sandbox, code: str) -> None:
    refused = top_up(http, sandbox, f"0812000000{code}")
    assert set(refused) == {"result", "reason_code", "reason"}
    assert (refused["result"], refused["reason_code"]) == ("no", code)
    assert refused["reason"]
    assert (sandbox.book(), sandbox.balance) == ([], 25_000_000)


@pytest.mark.parametrize(
    "number", ["", "8123456789", "628123456789", "0812345", "08123456789012", "08" + "\u0661" * 8]
)
def test_a_number_of_another_form_is_refused_with_11(
    http: requests.Session, sandbox: Sandbox, number: str
) -> None:
    assert top_up(http, sandbox, number)["reason_code"] == "11"


@pytest.mark.parametrize("number", ["0812345678", "0812345678901"])
def test_the_shortest_and_the_longest_number_are_accepted(
    http: requests.Session, sandbox: Sandbox, number: str
) -> None:
    assert top_up(http, sandbox, number)["status"] == "sukses"


@pytest.mark.parametrize("product", ["", "tsel5", "NONE1", "TSEL30"])
def test_an_unknown_or_closed_product_is_refused_with_12(
    http: requests.Session, sandbox: Sandbox, product: str
) -> None:
    assert top_up(http, sandbox, product=product)["reason_code"] == "12"


def test_too_small_a_balance_is_refused_with_62_in_the_documents_words(http: requests.Session) -> None:
    with Sandbox(balance=0) as sandbox:
        assert top_up(http, sandbox, product="TSEL100") == {
            "result": "no",
            "reason_code": "62",
            "reason": "Maaf, Saldo anda tidak cukup untuk isi ulang PULSA TELKOMSEL 100.000(TSEL100) "
            "senilai 96950, Saldo SBX-00001: 0",
        }
        sandbox.set_balance(96_950)
        assert top_up(http, sandbox, product="TSEL100")["saldo"] == "0"


# --- rule 51 ---


def test_rule_51_pays_a_number_and_nominal_once_a_day(http: requests.Session, sandbox: Sandbox) -> None:
    assert top_up(http, sandbox)["status"] == "sukses"
    assert top_up(http, sandbox)["reason_code"] == "51"
    assert top_up(http, sandbox, product="TSELD5")["reason_code"] == "51", "another product, the same nominal"
    assert top_up(http, sandbox, product="TSEL10")["status"] == "sukses"
    assert top_up(http, sandbox, "081234567891")["status"] == "sukses"
    assert [topup.debit for topup in sandbox.book()] == [5650, 10500, 5650]


def test_the_day_of_rule_51_turns_at_midnight_in_jakarta(
    http: requests.Session, sandbox: Sandbox, clock: Clock
) -> None:
    clock.now = datetime(2025, 3, 10, 16, 59, 59, tzinfo=UTC)
    assert top_up(http, sandbox)["tanggal"] == "2025-03-10 23:59:59"
    assert top_up(http, sandbox)["reason_code"] == "51"
    clock.advance(seconds=1)
    assert top_up(http, sandbox)["tanggal"] == "2025-03-11 00:00:00"
    assert [f"{topup.day}" for topup in sandbox.book()] == ["2025-03-10", "2025-03-11"]


def test_without_rule_51_it_pays_every_time(http: requests.Session) -> None:
    with Sandbox(rule_51=False) as sandbox:
        assert [top_up(http, sandbox)["status"] for _ in range(3)] == ["sukses"] * 3
        assert sandbox.balance == 25_000_000 - 3 * 5650


def test_free_itrx_gives_every_n_its_own_counter(http: requests.Session, sandbox: Sandbox) -> None:
    assert top_up(http, sandbox, itrx="7")["status"] == "sukses"
    assert top_up(http, sandbox, itrx="7")["reason_code"] == "51"
    assert top_up(http, sandbox, itrx="1")["status"] == "sukses"
    assert top_up(http, sandbox)["reason_code"] == "51", "a missing itrx is 1"
    assert [topup.itrx for topup in sandbox.book()] == [7, 1]


@pytest.mark.parametrize("itrx", ["0", "", "-1", "x", "1.0", "9" * 5_000])
def test_an_itrx_that_counts_nothing_is_the_first(
    http: requests.Session, sandbox: Sandbox, itrx: str
) -> None:
    assert top_up(http, sandbox)["status"] == "sukses"
    assert top_up(http, sandbox, itrx=itrx)["reason_code"] == "51"


def test_strict_itrx_wants_the_one_before_to_have_succeeded(http: requests.Session, clock: Clock) -> None:
    with Sandbox(itrx="strict", clock=clock) as sandbox:
        assert top_up(http, sandbox, itrx="2")["reason_code"] == "51"
        assert top_up(http, sandbox, itrx="1")["status"] == "sukses"
        assert top_up(http, sandbox, itrx="3")["reason_code"] == "51"
        assert top_up(http, sandbox, itrx="2")["status"] == "sukses"
        clock.advance(days=1)
        assert top_up(http, sandbox, itrx="3")["reason_code"] == "51", "yesterday's do not count"
        pending = "081200001000"
        assert top_up(http, sandbox, pending)["status"] == "pending"
        assert top_up(http, sandbox, pending, itrx="2")["reason_code"] == "51"
        clock.advance(seconds=3)
        assert top_up(http, sandbox, pending, itrx="2")["result"] == "ok"


def test_32_threads_on_one_number_pay_it_once(sandbox: Sandbox) -> None:
    barrier = threading.Barrier(32)

    def one(_: int) -> Any:
        with requests.Session() as http:
            http.trust_env = False
            barrier.wait(TIMEOUT_S)
            return top_up(http, sandbox)

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(one, range(32)))
    assert sorted(answer["result"] for answer in answers) == ["no"] * 31 + ["ok"]
    assert len(sandbox.book()) == 1
    assert len(sandbox.requests()) == 32


# --- test numbers ---


def test_a_pending_top_up_becomes_sukses(http: requests.Session, sandbox: Sandbox, clock: Clock) -> None:
    receipt = top_up(http, sandbox, "081200001042")
    assert (receipt["status"], receipt["serial"], receipt["debet"]) == ("pending", "", "5650")
    clock.advance(seconds=2.9)
    assert check(http, sandbox, receipt)["status"] == "pending"
    clock.advance(seconds=0.1)
    told = check(http, sandbox, receipt)
    assert told["status"] == "sukses"
    assert told["serial"]
    assert sandbox.balance == 25_000_000 - 5650


def test_a_pending_top_up_becomes_gagal_and_is_refunded(
    http: requests.Session, sandbox: Sandbox, clock: Clock
) -> None:
    number = "081200001101"
    receipt = top_up(http, sandbox, number)
    assert top_up(http, sandbox, number)["reason_code"] == "51", "pending counts for rule 51"
    clock.advance(seconds=3)
    told = check(http, sandbox, receipt)
    assert (told["result"], told["status"], told["serial"]) == ("ok", "gagal", "")
    assert sandbox.balance == 25_000_000
    assert check(http, sandbox, receipt)["status"] == "gagal"
    assert sandbox.balance == 25_000_000, "refunded once"
    assert top_up(http, sandbox, number)["status"] == "pending", "gagal does not count for rule 51"


def test_a_top_up_may_stay_pending_for_ever(http: requests.Session, sandbox: Sandbox, clock: Clock) -> None:
    receipt = top_up(http, sandbox, "081200001200")
    clock.advance(days=40)
    assert check(http, sandbox, receipt)["status"] == "pending"


@pytest.mark.parametrize(("number", "paid"), [("081200002000", 1), ("081200002100", 0)])
def test_an_answer_is_lost(http: requests.Session, sandbox: Sandbox, number: str, paid: int) -> None:
    assert raw_top_up(sandbox, number) == (b"", False)
    assert len(sandbox.book()) == paid
    if paid:
        assert top_up(http, sandbox, number)["reason_code"] == "51", "a refusal is not lost"


def test_a_top_up_is_paid_behind_an_html_page(http: requests.Session, sandbox: Sandbox) -> None:
    form = {**CREDENTIALS, "nomortujuan": "081200002200", "kodeoperator": "TSEL5"}
    answer = http.post(f"{sandbox.url}/isipulsa", data=form, timeout=TIMEOUT_S)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert len(sandbox.book()) == 1


def test_a_slow_number_waits_five_seconds(http: requests.Session) -> None:
    waits: list[float] = []
    with Sandbox(sleep=waits.append, latency_s=0.25) as sandbox:
        assert top_up(http, sandbox, "081200003000")["status"] == "sukses"
    assert waits == [0.25, 5.0]


def test_every_test_number_family_is_twelve_digits_and_says_what_happens() -> None:
    assert [entry.pattern for entry in TEST_NUMBERS] == [
        f"08120000{family}NN" for family in ("00", "10", "11", "12", "20", "21", "22", "30")
    ]
    assert all(entry.effect for entry in TEST_NUMBERS)


# --- the book ---


def test_the_book_keeps_every_request_but_no_password(http: requests.Session, tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with Sandbox(state, username="dummy", password="dummy-s3cret") as sandbox:
        secret = {"username": "dummy", "password": "dummy-s3cret"}
        receipt = top_up(http, sandbox, itrx="1", **secret)
        call(http, sandbox, "cekstatus", invoice="TRX9", nomortujuan="0", **secret)
        call(http, sandbox, "daftarharga", **secret)
        asked, checked = sandbox.requests()
    parameters = {"username": "dummy", "itrx": "1", "nomortujuan": NUMBER, "kodeoperator": "TSEL5"}
    assert (asked.endpoint, asked.parameters) == ("isipulsa", parameters)
    assert (asked.answer, asked.invoice, asked.delivery) == (receipt, "TRX100001", None)
    assert (checked.endpoint, checked.parameters["invoice"], checked.invoice) == ("cekstatus", "TRX9", None)
    assert b"s3cret" not in state.read_bytes()


def test_a_second_sandbox_meets_the_same_provider(
    http: requests.Session, tmp_path: Path, clock: Clock
) -> None:
    state = tmp_path / "state.db"
    with Sandbox(state, clock=clock) as first:
        receipt = top_up(http, first)
        pending = top_up(http, first, "081200001100")
        before = first.snapshot()
    assert first.snapshot() == before
    clock.advance(seconds=3)
    with Sandbox(state, clock=clock, balance=5) as second:
        assert second.snapshot() == before
        assert check(http, second, receipt)["status"] == "sukses"
        assert check(http, second, pending)["status"] == "gagal"
        assert top_up(http, second)["reason_code"] == "51"
        assert top_up(http, second, "081234567891")["invoice"] == "TRX100003"


@pytest.mark.skipif(os.name == "nt", reason="no modes on Windows")
def test_the_state_file_is_its_owners_only(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with Sandbox(state) as sandbox:
        sandbox.set_balance(1)
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("size", [50, 100_000])
def test_a_foreign_file_is_refused_and_left_alone(tmp_path: Path, size: int) -> None:
    state = tmp_path / "state.db"
    state.write_bytes(b"x" * size)
    with pytest.raises(SandboxStateError, match=re.escape(str(state))):
        Sandbox(state).start()
    assert state.read_bytes() == b"x" * size


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with contextlib.closing(sqlite3.connect(state)) as db:
        db.execute("CREATE TABLE account (balance)")
        db.commit()
    before = state.read_bytes()
    with pytest.raises(SandboxStateError, match="another program"):
        Sandbox(state).start()
    assert state.read_bytes() == before


def test_a_damaged_state_file_is_refused(http: requests.Session, tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with Sandbox(state) as sandbox:
        for n in range(40):
            top_up(http, sandbox, f"08131111{n:04d}")
    whole = state.read_bytes()
    state.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 8192) + whole[-4096:])
    with pytest.raises(SandboxStateError):
        Sandbox(state).start()


KILLED = """
import os, signal, sys
from pathlib import Path
from bulk_topup.sandbox import Sandbox
with Sandbox(Path(sys.argv[1]), sleep=lambda _: os.kill(os.getpid(), signal.SIGKILL)) as sandbox:
    print(sandbox.url, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_a_kill_right_after_the_money_moved_loses_nothing(http: requests.Session, tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    form = {**CREDENTIALS, "nomortujuan": "081200003000", "kodeoperator": "TSEL5"}
    command = [sys.executable, "-c", KILLED, str(state)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with pytest.raises(requests.ConnectionError):
            http.post(f"{url}/isipulsa", data=form, timeout=TIMEOUT_S)
        assert process.wait(TIMEOUT_S) == -signal.SIGKILL
    with Sandbox(state) as again:
        book = again.snapshot()
    assert [topup.number for topup in book.topups] == ["081200003000"]
    assert book.balance == 25_000_000 - 5650
    assert len(book.requests) == 1


def test_two_sandboxes_on_one_file_share_a_book(http: requests.Session, tmp_path: Path) -> None:
    with Sandbox(tmp_path / "state.db") as one, Sandbox(tmp_path / "state.db") as other:
        assert top_up(http, one)["status"] == "sukses"
        assert top_up(http, other)["reason_code"] == "51"
        assert one.book() == other.book()


# --- the hook ---


def test_an_interceptor_is_asked_before_the_rules_and_answers_once_they_have_spoken(
    http: requests.Session, tmp_path: Path
) -> None:
    told: list[Any] = []

    def curtly(wire: Wire, answer: Any) -> None:
        told.append(answer)
        wire.send(200, b'"ok"')

    def intercept(endpoint: Endpoint) -> Delivery | None:
        told.append((endpoint, len(served.book())))
        return Delivery("curt", curtly) if endpoint == "isipulsa" else None

    with Sandbox(tmp_path / "state.db", intercept=intercept) as served:
        assert top_up(http, served) == "ok"
        assert top_up(http, served) == "ok"
        assert call(http, served, "daftarharga") == list(PRICES)
        first, second = served.requests()
    asked, paid, asked_again, refused, listed = told
    assert [asked, asked_again, listed] == [("isipulsa", 0), ("isipulsa", 1), ("daftarharga", 1)]
    assert (first.answer, first.invoice, first.delivery) == (paid, "TRX100001", "curt")
    assert (second.answer, second.invoice, refused["reason_code"]) == (refused, None, "51")


@pytest.mark.parametrize(("refuses", "result"), [(True, "no"), (False, "ok")])
def test_an_interceptor_may_keep_the_money_from_moving(
    http: requests.Session, refuses: bool, result: str
) -> None:
    held = Delivery("held", plainly, pays=False, refuses=refuses)
    with Sandbox(intercept=lambda _endpoint: held) as sandbox:
        assert top_up(http, sandbox)["result"] == result
        assert (sandbox.book(), sandbox.balance) == ([], 25_000_000)
        assert [request.invoice for request in sandbox.requests()] == [None]


def test_an_interceptor_takes_the_place_of_what_a_test_number_does(http: requests.Session) -> None:
    with Sandbox(intercept=lambda _endpoint: Delivery("plain", plainly)) as sandbox:
        assert top_up(http, sandbox, "081200002100")["status"] == "sukses"
        assert len(sandbox.book()) == 1


# --- faults ---

UNREADABLE = (
    *("reset", "close", "stall:0.1", "truncate", "midbody", "midheaders", "empty", "html", "badgzip"),
    *("deepjson", "otherjson", "otherjson:42", "noinvoice", "badstatus", "badreason", "othernumber"),
    *("otherproduct", "status:100", *(f"status:{status}" for status in STATUSES)),
)


@pytest.mark.parametrize("point", ["before", "after"])
@pytest.mark.parametrize("kind", UNREADABLE)
def test_no_fault_answers_a_sound_receipt(kind: str, point: str) -> None:
    with Sandbox(intercept=Faults.always(f"{point} {kind}")) as sandbox:
        answered, _ = raw_top_up(sandbox)
        asked = sandbox.requests()
        paid = len(sandbox.book())
        balance = sandbox.balance
    assert paid == (1 if point == "after" else 0)
    assert balance == 25_000_000 - 5650 * paid
    assert [request.delivery for request in asked] == [f"{point} {kind}"]
    sound = all(
        part in answered
        for part in (b" 200 OK", b'"TRX100001"', b'"sukses"', f'"{NUMBER}"'.encode(), b'"TSEL5"', b"}")
    )
    assert not sound or kind == "badgzip"


def seen(fault: str) -> tuple[bytes, bytes, bool]:
    """Header, body and whether a reset ended it, as a bare socket sees one faulty top-up."""
    with Sandbox(intercept=Faults.always(fault)) as sandbox:
        answered, reset = raw_top_up(sandbox)
    head, _, body = answered.partition(b"\r\n\r\n")
    return head, body, reset


@pytest.mark.parametrize(("fault", "reset"), [("reset", True), ("close", False), ("stall:0.2", False)])
def test_a_fault_without_a_byte(fault: str, reset: bool) -> None:
    started = time.monotonic()
    assert seen(fault) == (b"", b"", reset)
    assert time.monotonic() - started >= (0.2 if "stall" in fault else 0)


@pytest.mark.parametrize(("fault", "reset"), [("truncate", False), ("midbody", True)])
def test_half_a_body(fault: str, reset: bool) -> None:
    head, body, ended_by_reset = seen(fault)
    length = re.search(rb"Content-Length: (\d+)", head)
    assert length is not None
    assert len(body) == int(length[1]) // 2
    assert ended_by_reset == reset


def test_half_a_header() -> None:
    head, body, reset = seen("midheaders")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert (body, reset) == (b"", True)


@pytest.mark.parametrize("status", STATUSES)
def test_any_status_with_an_html_page(http: requests.Session, status: int) -> None:
    with Sandbox(intercept=Faults.always(f"after status:{status}")) as sandbox:
        url = f"{sandbox.url}/isipulsa"
        form = {**CREDENTIALS, "nomortujuan": NUMBER, "kodeoperator": "TSEL5"}
        answer = http.post(url, data=form, timeout=TIMEOUT_S, allow_redirects=False)
        assert len(sandbox.book()) == 1
    assert answer.status_code == status
    assert answer.headers.get("Location") == ("/json/pulsa/isipulsa" if 300 <= status < 400 else None)
    assert answer.headers.get("Retry-After") == ("1" if status == 429 else None)
    assert ("<html>" in answer.text) == (status not in {204, 304})


@pytest.mark.parametrize("status", [307, 308])
def test_a_client_that_follows_a_redirect_pays_again(http: requests.Session, status: int) -> None:
    faults = Faults.listed({"isipulsa": {1: f"after status:{status}"}})
    with Sandbox(intercept=faults, rule_51=False) as sandbox:
        assert top_up(http, sandbox)["status"] == "sukses"
        assert len(sandbox.book()) == 2


def test_an_interim_status_and_nothing_after_it() -> None:
    head, body, _ = seen("before status:102")
    assert head.startswith(b"HTTP/1.1 102 Processing\r\n")
    assert body == b""


def test_retry_after_is_configurable() -> None:
    assert b"\r\nRetry-After: 7" in seen("status:429:7")[0]


@pytest.mark.parametrize(("point", "result"), [("before", "no"), ("after", "ok")])
@pytest.mark.parametrize("kind", ["slow:0.05", "answer:500", "evil", "bigreason"])
def test_a_readable_answer_is_true(http: requests.Session, kind: str, point: str, result: str) -> None:
    with Sandbox(intercept=Faults.always(f"{point} {kind}")) as sandbox:
        assert top_up(http, sandbox)["result"] == result
        assert len(sandbox.book()) == (1 if result == "ok" else 0)


def test_an_answer_may_come_under_any_status(http: requests.Session) -> None:
    head, body, _ = seen("after answer:503")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b'"status": "sukses"' in body


def test_the_words_of_damaged_answers(http: requests.Session) -> None:
    plan = dict(enumerate(("noinvoice", "badstatus", "badreason", "othernumber", "otherproduct"), start=1))
    faults = Faults.listed({"isipulsa": {n: f"after {kind}" for n, kind in plan.items()}})
    with Sandbox(intercept=faults, rule_51=False) as sandbox:
        noinvoice, badstatus, badreason, othernumber, otherproduct = (top_up(http, sandbox) for _ in plan)
    assert noinvoice["result"] == "ok"
    assert "invoice" not in noinvoice
    assert badstatus["status"] == "proses"
    assert (badreason["result"], badreason["reason_code"]) == ("no", "77")
    assert othernumber["nomorpelanggan"] != NUMBER
    assert otherproduct["kodeoperator"] != "TSEL5"


def test_a_refusal_stays_a_refusal_under_kinds_that_spoil_a_receipt(http: requests.Session) -> None:
    for kind in ("noinvoice", "badstatus", "othernumber", "otherproduct"):
        with Sandbox(intercept=Faults.always(f"after {kind}")) as sandbox:
            assert top_up(http, sandbox, "081200000011")["reason_code"] == "11"


def test_a_huge_amount_is_a_json_number_of_5000_digits() -> None:
    _, body, _ = seen("after hugeint")
    assert re.search(rb'"debet": 9{5000}, "saldo": 9{5000},', body)


def test_a_reason_of_ten_megabytes(http: requests.Session) -> None:
    with Sandbox(intercept=Faults.always("before bigreason")) as sandbox:
        refused = top_up(http, sandbox)
    assert refused["reason_code"] == "00"
    assert len(refused["reason"]) == BIG_REASON_BYTES


def test_evil_text_carries_escapes_and_a_formula(http: requests.Session) -> None:
    with Sandbox(intercept=Faults.always("after evil")) as sandbox:
        receipt = top_up(http, sandbox)
    assert receipt["serial"].startswith("=")
    assert "\x1b[2J" in receipt["reason"]


def test_json_too_deep_to_read() -> None:
    _, body, _ = seen("deepjson")
    assert body == b"[" * 200_000 + b"]" * 200_000


@pytest.mark.parametrize(("fault", "body"), [("otherjson", b'["ok"]'), ("otherjson:42", b"42")])
def test_json_of_another_shape(fault: str, body: bytes) -> None:
    assert seen(fault)[1] == body


def test_gzip_that_cannot_be_unpacked(http: requests.Session) -> None:
    with (
        Sandbox(intercept=Faults.always("after badgzip")) as sandbox,
        pytest.raises(requests.exceptions.ContentDecodingError),
    ):
        top_up(http, sandbox)


def test_an_endless_body_ends_when_the_client_leaves(capfd: pytest.CaptureFixture[str]) -> None:
    with Sandbox(intercept=Faults.listed({"isipulsa": {1: "after endless"}})) as sandbox:
        form = {**CREDENTIALS, "nomortujuan": NUMBER, "kodeoperator": "TSEL5"}
        with (
            requests.Session() as http,
            http.post(f"{sandbox.url}/isipulsa", data=form, timeout=TIMEOUT_S, stream=True) as answer,
        ):
            assert len(answer.raw.read(5_000_000)) == 5_000_000 < ENDLESS_CAP_BYTES
            assert "Content-Length" not in answer.headers
    assert capfd.readouterr().err == ""


def test_faults_reach_the_other_endpoints_too(http: requests.Session) -> None:
    faults = Faults.listed({"cekstatus": {1: "badstatus"}, "daftarharga": {2: "status:503"}})
    with Sandbox(intercept=faults) as sandbox:
        receipt = top_up(http, sandbox)
        assert [check(http, sandbox, receipt)["status"] for _ in range(2)] == ["proses", "sukses"]
        url = f"{sandbox.url}/daftarharga"
        statuses = [http.post(url, data=CREDENTIALS, timeout=TIMEOUT_S).status_code for _ in range(3)]
        assert statuses == [200, 503, 200]
        assert [request.delivery for request in sandbox.requests()] == [None, "before badstatus", None]


@pytest.mark.parametrize("endpoint", ["daftarharga", "cekstatus"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"endless", "status", "answer"}])
def test_every_kind_fits_every_endpoint(
    endpoint: str, kind: str, http: requests.Session, capfd: pytest.CaptureFixture[str]
) -> None:
    fault = Fault.parse(f"{kind}:0.01" if kind in {"stall", "slow"} else kind)
    with Sandbox(intercept=Faults(lambda asked, _n: fault if asked == endpoint else None)) as sandbox:
        form = {**CREDENTIALS, "invoice": top_up(http, sandbox)["invoice"], "nomortujuan": NUMBER}
        with contextlib.suppress(requests.RequestException):
            http.post(f"{sandbox.url}/{endpoint}", data=form, timeout=TIMEOUT_S)
    assert capfd.readouterr().err == ""


def test_the_book_says_of_a_test_number_what_it_says_of_a_fault() -> None:
    deliveries = [entry.delivery for entry in TEST_NUMBERS if entry.delivery]
    faults = [Fault.parse(delivery.name) for delivery in deliveries]
    assert [fault.kind for fault in faults] == ["close", "close", "html", "slow"]
    assert [fault.point == "after" for fault in faults] == [delivery.pays for delivery in deliveries]


def test_every_kind_is_carried_out() -> None:
    assert set(KINDS) == DAMAGED_KINDS


@pytest.mark.parametrize(
    "text", ["during close", "after nothing", "status", "status:99", "stall", "", "answer:x"]
)
def test_a_fault_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Fault.parse(text)


@pytest.mark.parametrize(
    "text", ["after close", "before status:429:2", "after stall:0.2", "before otherjson:[1]"]
)
def test_a_fault_reads_as_it_is_written(text: str) -> None:
    assert str(Fault.parse(text)) == text


def test_a_seed_always_draws_the_same_faults() -> None:
    def drawn(seed: int) -> list[str]:
        faults = Faults.seeded(seed, rate=0.5)
        return [str(faults.next("isipulsa")) for _ in range(2_000)]

    assert drawn(1) == drawn(1) != drawn(2)
    fates = [Fault.parse(text) for text in drawn(1) if text != "None"]
    assert 900 < len(fates) < 1_100
    assert {fault.kind for fault in fates} == set(CAMPAIGN_KINDS)
    assert all(
        fault.point == "before"
        for fault in fates
        if fault.kind == "status" and fault.status in FRONT_STATUSES
    )
    assert Faults.seeded(1, rate=1).next("cekstatus") is None


# --- HTTP ---


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_another_method_is_405_and_moves_nothing(
    http: requests.Session, sandbox: Sandbox, method: str
) -> None:
    query = f"username=sandbox&password=sandbox&kodeoperator=TSEL5&nomortujuan={NUMBER}"
    answer = http.request(method, f"{sandbox.url}/isipulsa?{query}", timeout=TIMEOUT_S)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert sandbox.requests() == []


@pytest.mark.parametrize("path", ["/", "/isipulsa/", "/ISIPULSA", "/saldo"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_path_is_404(http: requests.Session, sandbox: Sandbox, method: str, path: str) -> None:
    answer = http.request(method, sandbox.url + path, data=CREDENTIALS, timeout=TIMEOUT_S)
    assert answer.status_code == 404
    assert "<html>" in answer.text


def test_parameters_as_json_are_no_parameters(http: requests.Session, sandbox: Sandbox) -> None:
    form = {**CREDENTIALS, "nomortujuan": NUMBER, "kodeoperator": "TSEL5"}
    answer = http.post(f"{sandbox.url}/isipulsa", json=form, timeout=TIMEOUT_S)
    assert answer.json()["reason_code"] == "31"


def test_a_body_too_large_or_of_unknown_length_is_refused(http: requests.Session, sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/isipulsa"
    host, port = url.removeprefix("http://").split("/")[0].split(":")
    for length, status in (
        (b"Content-Length: 1048577", b"413"),
        (b"Content-Length: x", b"411"),
        (b"A: b", b"411"),
    ):
        with socket.create_connection((host, int(port)), timeout=TIMEOUT_S) as connection:
            connection.sendall(b"POST /json/pulsa/isipulsa HTTP/1.1\r\nHost: x\r\n" + length + b"\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 " + status)


def test_a_connection_is_kept_alive_and_every_response_has_a_date(
    http: requests.Session, clock: Clock
) -> None:
    with Sandbox(clock=clock, date_skew_s=-400) as sandbox:
        form = {**CREDENTIALS, "nomortujuan": NUMBER, "kodeoperator": "TSEL5"}
        answers = [http.post(f"{sandbox.url}/isipulsa", data=form, timeout=TIMEOUT_S) for _ in range(3)]
        page = http.get(sandbox.url, timeout=TIMEOUT_S)
    assert {answer.raw.version for answer in answers} == {11}
    assert {answer.headers.get("Connection") for answer in answers} == {None}
    dates = {parsedate_to_datetime(answer.headers["Date"]) for answer in (*answers, page)}
    assert dates == {NOON - timedelta(seconds=400)}


def test_prices_may_be_others_and_may_change(http: requests.Session) -> None:
    product = {**PRICES[0], "kodeoperator": "ONLY1", "nominal": "1000", "harga": "1500"}
    with Sandbox(prices=[product]) as sandbox:
        assert call(http, sandbox, "daftarharga") == [product]
        assert top_up(http, sandbox)["reason_code"] == "12"
        assert top_up(http, sandbox, product="ONLY1")["debet"] == "1500"
        sandbox.set_prices([{**product, "harga": "1600"}])
        assert top_up(http, sandbox, "081234567891", product="ONLY1")["debet"] == "1600"


# --- its life ---


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org", ""])  # noqa: S104
def test_it_serves_no_other_machine(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        Sandbox(host=host)


def test_localhost_is_loopback() -> None:
    with Sandbox(host="localhost") as sandbox:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/json/pulsa", sandbox.url)


def test_it_stops_at_once_with_stalled_and_idle_clients(capfd: pytest.CaptureFixture[str]) -> None:
    sandbox = Sandbox(intercept=Faults.always("after stall:600")).start()
    port = int(sandbox.url.split(":")[2].split("/")[0])
    with (
        ThreadPoolExecutor(4) as pool,
        socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as idle,
    ):
        stalled = [pool.submit(raw_top_up, sandbox, f"08123456780{n}") for n in range(4)]
        while len(sandbox.requests()) < 4:
            time.sleep(0.01)
        started = time.monotonic()
        sandbox.stop()
        assert time.monotonic() - started < 1.5
        assert [future.result(TIMEOUT_S)[0] for future in stalled] == [b""] * 4
        assert idle.recv(1) == b""
    assert len(sandbox.book()) == 4
    assert capfd.readouterr().err == ""
    sandbox.stop()


def test_it_starts_once_and_answers_nothing_before() -> None:
    sandbox = Sandbox()
    for ask in (lambda: sandbox.url, sandbox.book, lambda: sandbox.balance, lambda: sandbox.set_prices([])):
        with pytest.raises(RuntimeError):
            ask()
    with sandbox, pytest.raises(RuntimeError):
        sandbox.start()
    with pytest.raises(SandboxStateError):
        sandbox.set_balance(1)


def test_a_taken_port_is_an_error(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        port = int(sandbox.url.split(":")[2].split("/")[0])
        with pytest.raises(OSError, match=r".+"):
            Sandbox(tmp_path / "state.db", port=port).start()


def test_serve_hands_out_its_url_and_ends_on_ctrl_c(http: requests.Session) -> None:
    answers: list[Any] = []
    sandbox = Sandbox()

    def on_ready(url: str) -> None:
        answers.append(http.post(f"{url}/daftarharga", data=CREDENTIALS, timeout=TIMEOUT_S).json())
        raise KeyboardInterrupt

    serve(sandbox, on_ready)
    assert answers == [list(PRICES)]
    assert sandbox.book() == []
