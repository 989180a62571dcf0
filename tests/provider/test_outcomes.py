"""The outcome table, line by line, and what no hostile body may do."""

from __future__ import annotations

import json
import string
from codecs import BOM_UTF8
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_topup.core.model import Kind, NoAnswer, NotSent, Order, Outcome, Reply, Then
from bulk_topup.core.status import Status
from bulk_topup.provider import outcomes
from bulk_topup.provider.fields import LONGEST_REASON
from bulk_topup.provider.outcomes import (
    StreakAction,
    Streaks,
    classify,
    classify_status,
    is_belied,
    order_status,
)
from bulk_topup.provider.wire import rupiah
from bulk_topup.report.words.say import WORDS

ORDER = Order(
    id=1, row=2, number="08123456789", product="TEL5", itrx=1, nominal=5000, operator="TELKOMSEL", price=5630
)
SUKSES = {
    "result": "ok",
    "tanggal": "2018-01-01 01:00:00",
    "invoice": "TRX11111",
    "transaksi": "PULSA",
    "operator": "TELKOMSEL",
    "kodeoperator": "TEL5",
    "nominal": "5000",
    "nomorpelanggan": "08123456789",
    "serial": "004012310101010",
    "debet": "5630",
    "saldo": "100",
    "kodeagen": "JKT-11111",
    "status": "sukses",
}
"""The document's own example (API v3.1, ISI PULSA)."""


def reply(body: object, status: int = 200, **headers: str) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


def come_to(body: object, status: int = 200) -> Outcome:
    return classify(reply(body, status), ORDER)


def line(outcome: Outcome) -> tuple[Kind, Then]:
    return outcome.kind, outcome.then


def ok(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**SUKSES, **changes}.items() if value is not ...}


def no(reason_code: object, reason: str = "Maaf") -> dict[str, Any]:
    return {"result": "no", "reason_code": reason_code, "reason": reason}


# -- the table ---------------------------------------------------------------------------------------------


def test_the_documents_example_of_success_keeps_everything_it_says() -> None:
    assert come_to(SUKSES) == Outcome(
        Kind.SUKSES,
        Then.GO_ON,
        "outcome.sukses",
        invoice="TRX11111",
        serial="004012310101010",
        debited=5630,
        balance=100,
        answered_at="2018-01-01 01:00:00",
    )


def test_the_documents_example_of_failure_keeps_the_providers_words() -> None:
    reason = (
        "Maaf, Saldo anda tidak cukup untuk isi ulang PULSA TELKOMSEL 100.000(SI100) senilai 96950, "
        "Saldo JKT-11111: 0"
    )
    outcome = come_to(no("62", reason))
    assert outcome == Outcome(Kind.REFUSED, Then.STOP, "outcome.reason.62", reason_code="62", reason=reason)


def test_pending_keeps_the_invoice() -> None:
    outcome = come_to(ok(status="pending"))
    assert (*line(outcome), outcome.invoice) == (Kind.PENDING, Then.GO_ON, "TRX11111")


@pytest.mark.parametrize(
    ("codes", "kind", "then"),
    [
        (["21", "31", "61", "62", "71", "81", "82"], Kind.REFUSED, Then.STOP),
        (["11", "12", "00"], Kind.GAGAL, Then.GO_ON),
        (["51"], Kind.EXISTS, Then.GO_ON),
        (["41"], Kind.UNKNOWN, Then.ONE_AT_A_TIME),
        (["91"], Kind.UNKNOWN, Then.GO_ON),
        (["", "1", "01", "13", "99", "620", "6 2", "0x15", "²1"], Kind.UNKNOWN, Then.GO_ON),
    ],
)
def test_each_reason_code_and_every_undocumented_one(codes: list[str], kind: Kind, then: Then) -> None:
    assert [line(come_to(no(code))) for code in codes] == [(kind, then)] * len(codes)


@pytest.mark.parametrize("body", [no("11"), SUKSES])
@pytest.mark.parametrize("status", [200, 202, 301, 302, 307, 400, 401, 404, 429, 500, 503])
def test_a_documented_body_beats_the_http_status(body: object, status: int) -> None:
    assert come_to(body, status) == come_to(body, 200)


@pytest.mark.parametrize("body", [b"", b"<html>moved</html>", b"{}", b"[]", b'{"error": "no such page"}'])
@pytest.mark.parametrize("status", [301, 307, 308, 401, 404, 405, 407, 413])
def test_turned_away_at_the_door_is_not_sent_and_stops_the_run(status: int, body: bytes) -> None:
    assert line(come_to(body, status)) == (Kind.NOT_SENT, Then.STOP)


@pytest.mark.parametrize("body", [b"<html></html>", b""])
def test_every_other_http_status_without_a_documented_body_is_unknown(body: bytes) -> None:
    others = {*range(100, 600), 999} - {301, 307, 308, 401, 404, 405, 407, 413, 429}
    came = {status: line(come_to(body, status)) for status in others}
    assert came == dict.fromkeys(others, (Kind.UNKNOWN, Then.GO_ON))


@pytest.mark.parametrize("status", [301, 404, 413, 429])
def test_a_damaged_body_that_speaks_of_an_invoice_is_never_not_sent(status: int) -> None:
    assert line(come_to(b'{"result": "ok", "Invoice": "TRX1', status)) == (Kind.UNKNOWN, Then.GO_ON)


@pytest.mark.parametrize("status", [301, 404, 413, 429])
@pytest.mark.parametrize("mark", [b"", BOM_UTF8])
def test_what_may_be_the_beginning_of_a_receipt_is_never_not_sent(mark: bytes, status: int) -> None:
    """Without a length, nothing else tells that the rest is missing."""
    assert line(come_to(mark + b'{"result": "ok", "tangg', status)) == (Kind.UNKNOWN, Then.GO_ON)


@pytest.mark.parametrize("status", [404, 429])
@pytest.mark.parametrize(
    "body",
    [
        {"status": "sukses", "code": 429},
        {"status": "Pending"},
        {"saldo": "100"},
        {"debet": 5630},
        {"serial": "1"},
    ],
)
def test_a_body_that_speaks_of_a_top_up_is_never_not_sent(body: dict[str, object], status: int) -> None:
    """As of a server before the provider that wraps what it was answered."""
    assert line(come_to(body, status)) == (Kind.UNKNOWN, Then.GO_ON)


@pytest.mark.parametrize("cause", sorted([*outcomes.NOT_SENT_CAUSES, "failed", "never heard of"]))
def test_not_sent_is_tried_again_whatever_the_cause(cause: str) -> None:
    outcome = classify(NotSent(cause), ORDER)
    assert line(outcome) == (Kind.NOT_SENT, Then.AGAIN)
    assert outcome.code in WORDS


@pytest.mark.parametrize("cause", sorted([*outcomes.NO_ANSWER_CAUSES, "failed", "never heard of"]))
def test_no_answer_is_unknown_whatever_the_cause(cause: str) -> None:
    outcome = classify(NoAnswer(cause), ORDER)
    assert line(outcome) == (Kind.UNKNOWN, Then.GO_ON)
    assert outcome.code in WORDS


def test_every_line_of_the_table_has_its_words() -> None:
    tables = (outcomes.BY_REASON_CODE, outcomes.BY_STATUS, outcomes.BY_HTTP_STATUS)
    single = (
        outcomes.OTHER_ORDER,
        outcomes.WITHOUT_INVOICE,
        outcomes.OTHER_STATUS,
        outcomes.OTHER_REASON_CODE,
        outcomes.CONTRADICTION,
        outcomes.NOT_AS_DOCUMENTED,
        outcomes.EMPTY,
    )
    codes = {code for table in tables for _, _, code in table.values()} | {code for _, _, code in single}
    assert codes | {outcomes.FIVE_UNKNOWN, outcomes.FIVE_SYSTEM_FAULTS, "outcome.gagal_later"} <= set(WORDS)


def test_the_words_for_outcomes_take_no_facts() -> None:
    texts = [words for code, words in WORDS.items() if code.startswith("outcome.")]
    assert [fact for words in texts for _, fact, _, _ in string.Formatter().parse(words) if fact] == []


# -- 429 ---------------------------------------------------------------------------------------------------

D1, D2 = date(2026, 1, 5), date(2026, 1, 6)
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"retry_after": "0"}, 0.0),
        ({"retry_after": " 30 "}, 30.0),
        ({"retry_after": "-30"}, None),
        ({"retry_after": "1.5"}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "³"}, None),
        ({"retry_after": "9" * 5000}, 86_400.0),
        ({"retry_after": "Mon, 05 Jan 2026 12:00:20 GMT"}, 20.0),
        (
            {"retry_after": "Mon, 05 Jan 2026 12:00:20 GMT", "date": "Mon, 05 Jan 2026 12:00:05 GMT"},
            15.0,
        ),
        ({"retry_after": "Mon, 05 Jan 2026 11:59:00 GMT"}, None),
        ({"retry_after": "Mon, 05 Jan 99999 11:59:00 GMT"}, None),
        ({"retry_after": "Mon, 05 Jan 2026 12:00:20 +99999999999"}, None),
    ],
)
def test_429_waits_as_long_as_it_says(headers: dict[str, str], wait_s: float | None) -> None:
    outcome = classify(reply(b"slow down", 429, **headers), ORDER, NOON)
    assert (*line(outcome), outcome.wait_s) == (Kind.NOT_SENT, Then.AGAIN, wait_s)


def test_a_retry_after_date_without_any_clock_to_measure_it_by_is_left_out() -> None:
    answer = reply(b"", 429, retry_after="Mon, 05 Jan 2026 12:00:20 GMT")
    assert classify(answer, ORDER).wait_s is None


# -- whose answer it is ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"nomorpelanggan": "08123456780"},
        {"nomorpelanggan": ..., "nomortujuan": "08123456780"},
        {"nomortujuan": "08123456780"},
        {"nomorpelanggan": ["08123456789"]},
        {"nomorpelanggan": "0812345678"},
        {"kodeoperator": "TEL10"},
        {"kodeoperator": {"kode": "TEL5"}},
    ],
)
def test_an_answer_for_another_order_is_unknown_stops_the_run_and_keeps_its_invoice(
    changes: dict[str, Any],
) -> None:
    for status in ("sukses", "pending", "gagal"):
        outcome = come_to(ok(status=status, **changes))
        assert (*line(outcome), outcome.invoice) == (Kind.UNKNOWN, Then.STOP, "TRX11111")
        assert (outcome.serial, outcome.debited, outcome.balance) == ("", None, None)


def test_a_refusal_for_another_number_is_not_believed() -> None:
    assert line(come_to({**no("11"), "nomortujuan": "0811"})) == (Kind.UNKNOWN, Then.STOP)


@pytest.mark.parametrize(
    "changes",
    [
        {"nomorpelanggan": "628123456789"},
        {"nomorpelanggan": "+62 8123-456-789"},
        {"nomorpelanggan": 8123456789},
        {"nomorpelanggan": 628123456789},
        {"nomorpelanggan": ..., "nomortujuan": " 08123456789 "},
        {"nomorpelanggan": ..., "kodeoperator": ...},
        {"nomorpelanggan": None, "kodeoperator": ""},
        {"kodeoperator": "tel5 "},
        {"result": " OK", "status": "Sukses "},
        {"debet": ..., "debit": 5630},
        {"debet": 5630, "saldo": 100, "nominal": 5000},
        {"debet": "5630.00", "saldo": 100.0},
    ],
)
def test_the_documents_other_spellings_are_the_same_success(changes: dict[str, Any]) -> None:
    assert come_to(ok(**changes)) == come_to(SUKSES)


def test_reason_code_00_may_come_as_the_json_number_0() -> None:
    assert come_to(no(0)) == come_to(no("00"))
    assert come_to(no(62)) == come_to(no(" 62 "))


@pytest.mark.parametrize(
    "invoice", [..., "", "  ", "-", "N/A", None, True, [], {}, "T" * 101, "TRX\x1b[2J1", "TRX\ud8001"]
)
def test_success_without_a_usable_invoice_is_unknown(invoice: object) -> None:
    outcome = come_to(ok(invoice=invoice))
    assert (*line(outcome), outcome.invoice) == (Kind.UNKNOWN, Then.GO_ON, "")


def test_an_invoice_with_broken_characters_is_not_usable() -> None:
    outcome = come_to(json.dumps(SUKSES).encode().replace(b"TRX1", b"TRX\xe9"))
    assert (*line(outcome), outcome.invoice) == (Kind.UNKNOWN, Then.GO_ON, "")


def test_an_invoice_may_be_a_number_of_a_hundred_digits() -> None:
    assert come_to(ok(invoice=int("1" * 100))).invoice == "1" * 100


@pytest.mark.parametrize("status", [..., "", None, "gagal", "success", "SUKSES!", 1, True, ["sukses"]])
def test_an_undocumented_status_is_unknown_and_keeps_the_invoice(status: object) -> None:
    outcome = come_to(ok(status=status))
    assert (*line(outcome), outcome.invoice) == (Kind.UNKNOWN, Then.GO_ON, "TRX11111")


def test_no_and_sukses_in_one_answer_is_unknown() -> None:
    assert line(come_to({**no("11"), "status": "sukses"})) == (Kind.UNKNOWN, Then.GO_ON)


@pytest.mark.parametrize("result", [..., None, "", "yes", True, 1, ["ok"], "okay"])
def test_any_other_result_is_unknown(result: object) -> None:
    assert line(come_to(ok(result=result))) == (Kind.UNKNOWN, Then.GO_ON)


# -- money -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "debet",
    ["-5630", "abc", "", None, True, [5630], {"rp": 1}, 1.5, 1e30, 10**13, "5.630", "5,630", "٥٦٣٠", -1],
)
def test_a_success_with_an_odd_debit_is_still_a_success_without_a_debit(debet: object) -> None:
    outcome = come_to(ok(debet=debet, saldo=debet))
    assert (outcome.kind, outcome.debited, outcome.balance) == (Kind.SUKSES, None, None)


@given(st.integers(min_value=0, max_value=10**12))
def test_whole_rupiah_read_back_as_themselves(amount: int) -> None:
    assert [rupiah(form) for form in (f"{amount}", f" {amount} ", f"{amount}.00", f"{amount},0")] == [
        amount
    ] * 4


# -- hostile bodies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 1_000_000,
        b'{"result":' * 100_000,
        b'{"result": "ok", "result": "no", "reason_code": "11"}',
        b'{"result": "ok"',
        b'\xff\xfe{\x00"\x00',
        b"null",
        b"true",
        b'"ok"',
        b"12",
        b"NaN",
        b"\x00",
    ],
)
def test_what_is_not_the_documents_json_is_unknown(body: bytes) -> None:
    assert line(come_to(body)) == (Kind.UNKNOWN, Then.GO_ON)


def test_numbers_no_computer_holds_do_no_harm() -> None:
    raw = json.dumps(ok(debet=0)).replace('"debet": 0', f'"debet": {"9" * 5000}, "x": NaN, "y": -Infinity')
    outcome = come_to(raw.encode())
    assert (outcome.kind, outcome.debited) == (Kind.SUKSES, None)


def test_a_byte_order_mark_and_broken_characters_in_a_text_do_not_hide_the_result() -> None:
    raw = json.dumps(no("62", "habis")).encode().replace(b"habis", b"hab\xe9s")
    outcome = come_to(b"\xef\xbb\xbf" + raw)
    assert (outcome.kind, outcome.reason) == (Kind.REFUSED, "hab\ufffds")


def test_texts_are_kept_short_and_harmless_for_a_terminal() -> None:
    outcome = come_to(no("62", "\x1b[31m\u202emerah\ud800\r\n" + "x" * 10_000_000))
    assert outcome.reason.startswith("\ufffd[31m\ufffdmerah\ufffd  x")
    assert len(outcome.reason) == LONGEST_REASON
    assert len(come_to(ok(serial="9" * 5000)).serial) == 100


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from([*SUKSES, "reason_code", "reason", "nomortujuan", "debit"]), anything),
    st.integers(100, 999),
)
def test_no_body_raises_and_what_it_leaves_can_be_stored(changes: dict[str, Any], status: int) -> None:
    outcome = come_to({**SUKSES, **changes}, status)
    assert outcome.code in WORDS
    texts = (outcome.reason, outcome.reason_code, outcome.invoice, outcome.serial, outcome.answered_at)
    assert all(stored.isprintable() and stored.encode() is not None for stored in texts)


@given(st.binary(), st.integers(100, 999))
def test_random_bytes_never_come_to_a_final_outcome(body: bytes, status: int) -> None:
    assert come_to(body, status).kind in {Kind.UNKNOWN, Kind.NOT_SENT}


# -- cekstatus ---------------------------------------------------------------------------------------------

STATUS = ok(nomorpelanggan=..., debet=..., saldo=...) | {
    "nomortujuan": "08123456789",
    "description": "Status transaksi PULSA adalah sukses",
}


def asked(body: object, product: str | None = None, status: int = 200) -> Outcome | None:
    return classify_status(reply(body, status), "TRX11111", "08123456789", product)


def test_only_an_explicit_sukses_or_gagal_is_final() -> None:
    sukses, gagal = asked(STATUS), asked({**STATUS, "status": "Gagal"})
    assert sukses is not None
    assert gagal is not None
    assert (sukses.kind, sukses.serial, sukses.invoice) == (Kind.SUKSES, "004012310101010", "TRX11111")
    assert (gagal.kind, gagal.code) == (Kind.GAGAL, "outcome.gagal_later")


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "pending"},
        {"status": ""},
        {"status": "refund"},
        {"result": "no"},
        {"result": ""},
        {"invoice": "TRX1111"},
        {"invoice": "TRX11112"},
        {"invoice": ""},
        {"nomortujuan": "08123456780"},
        {"nomortujuan": ""},
        {"nomorpelanggan": "08123456780"},
    ],
)
def test_everything_else_is_no_news(changes: dict[str, Any]) -> None:
    assert asked({**STATUS, **changes}) is None


@pytest.mark.parametrize(
    "answer",
    [
        NotSent("dns"),
        NoAnswer("timeout"),
        reply(b"<html>"),
        reply({"result": "no", "reason": "Tidak ada transaksi pulsa"}),
        reply({"result": "no", "reason_code": "00"}),
        reply(b"", 404),
    ],
)
def test_no_answer_and_no_such_transaction_are_no_news(answer: Reply | NotSent | NoAnswer) -> None:
    assert classify_status(answer, "TRX11111", "08123456789") is None


def test_a_product_asked_for_must_be_named() -> None:
    assert asked(STATUS, "TEL5") == asked(STATUS)
    assert asked(STATUS, "TEL10") is None
    assert asked({**STATUS, "kodeoperator": ""}, "TEL5") is None


# -- the fold ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        ([], Status.UNSENT),
        ([Kind.NOT_SENT, Kind.REFUSED], Status.UNSENT),
        ([None], Status.UNKNOWN),
        ([Kind.EXISTS], Status.DUPLICATE),
        ([Kind.NOT_SENT, Kind.EXISTS], Status.DUPLICATE),
        ([Kind.UNKNOWN, Kind.EXISTS], Status.ACCEPTED),
        ([None, Kind.NOT_SENT, Kind.EXISTS], Status.ACCEPTED),
        ([Kind.EXISTS, None], Status.UNKNOWN),
        ([Kind.EXISTS, Kind.UNKNOWN, Kind.EXISTS], Status.ACCEPTED),
        ([Kind.UNKNOWN, Kind.GAGAL], Status.UNKNOWN),
        ([Kind.GAGAL, None], Status.UNKNOWN),
        ([Kind.UNKNOWN, Kind.REFUSED], Status.UNKNOWN),
        ([Kind.UNKNOWN, Kind.SUKSES], Status.SUKSES),
        ([Kind.UNKNOWN, Kind.PENDING], Status.PENDING),
        ([Kind.PENDING, Kind.SUKSES, Kind.UNKNOWN], Status.SUKSES),
        ([Kind.GAGAL], Status.GAGAL),
        ([Kind.GAGAL, Kind.EXISTS], Status.GAGAL),
        ([Kind.GAGAL, Kind.REFUSED], Status.GAGAL),
        ([Kind.GAGAL, Kind.PENDING], Status.PENDING),
        ([Kind.GAGAL, Kind.SUKSES], Status.SUKSES),
    ],
)
def test_an_orders_attempts_fold_to_its_status(kinds: list[Kind | None], status: Status) -> None:
    assert order_status(kinds) is status


@pytest.mark.parametrize(
    ("tried", "belied"),
    [
        ([(Kind.NOT_SENT, "outcome.http.address", {D1}), (Kind.EXISTS, "outcome.reason.51", {D1})], True),
        (
            [(Kind.NOT_SENT, "outcome.too_many_requests", {D1}), (Kind.EXISTS, "outcome.reason.51", {D2})],
            False,
        ),
        ([(Kind.GAGAL, "outcome.resolved_not_sent", {D1}), (Kind.EXISTS, "outcome.reason.51", {D1})], True),
        ([(Kind.GAGAL, "outcome.reason.00", {D1}), (Kind.EXISTS, "outcome.reason.51", {D1})], False),
        ([(Kind.NOT_SENT, "outcome.not_sent.dns", {D1}), (Kind.EXISTS, "outcome.reason.51", {D1})], False),
        (
            [(Kind.GAGAL, "outcome.resolved_not_sent", {D1, D2}), (Kind.EXISTS, "outcome.reason.51", {D2})],
            True,
        ),
        ([(Kind.EXISTS, "outcome.reason.51", {D1}), (Kind.NOT_SENT, "outcome.http.address", {D1})], False),
    ],
)
def test_a_51_belies_only_a_denied_attempt_before_it_of_its_day(
    tried: list[tuple[Kind | None, str, set[date]]], belied: bool
) -> None:
    kinds = [kind for kind, *_ in tried]
    assert is_belied(tried) is belied
    assert (order_status(kinds, belied=belied) is Status.ACCEPTED) is belied


kinds_of_attempts = st.lists(st.sampled_from([None, *Kind]), max_size=6)


@given(kinds_of_attempts)
def test_with_an_unknown_attempt_an_order_is_paid_or_open(kinds: list[Kind | None]) -> None:
    if None in kinds or Kind.UNKNOWN in kinds:
        assert order_status(kinds) is Status.SUKSES or order_status(kinds).is_open


@given(kinds_of_attempts, st.sampled_from([Kind.NOT_SENT, Kind.REFUSED]), st.integers(0, 6))
def test_not_sent_and_refused_change_nothing(kinds: list[Kind | None], kind: Kind, at: int) -> None:
    assert order_status([*kinds[:at], kind, *kinds[at:]]) is order_status(kinds)


@given(kinds_of_attempts, kinds_of_attempts)
def test_a_paid_order_stays_paid(before: list[Kind | None], after: list[Kind | None]) -> None:
    assert order_status([*before, Kind.SUKSES, *after]) is Status.SUKSES


# -- streaks -----------------------------------------------------------------------------------------------

GOES_ON = StreakAction()
UNKNOWN, FAULT, PRODUCT_FAULT = come_to(b""), come_to(no("00")), come_to(no("12"))
PAID, NOT_SENT = come_to(SUKSES), classify(NotSent("dns"), ORDER)


def verdicts(*seen: Outcome, product: str = "TEL5") -> list[StreakAction]:
    streaks = Streaks()
    return [streaks.see(outcome, product) for outcome in seen]


@pytest.mark.parametrize(
    ("outcome", "code"), [(UNKNOWN, outcomes.FIVE_UNKNOWN), (FAULT, outcomes.FIVE_SYSTEM_FAULTS)]
)
def test_five_in_a_row_stop_the_run_and_not_sent_neither_counts_nor_ends_the_row(
    outcome: Outcome, code: str
) -> None:
    stops = StreakAction(stop_code=code)
    assert verdicts(*[outcome] * 6) == [GOES_ON] * 4 + [stops] * 2
    assert verdicts(*[outcome, NOT_SENT] * 4, outcome) == [GOES_ON] * 8 + [stops]
    assert verdicts(*[outcome] * 4, PAID, *[outcome] * 4) == [GOES_ON] * 9


def test_three_faults_of_one_product_hold_back_that_product_only() -> None:
    streaks = Streaks()
    others = [streaks.see(PAID, "XL5"), streaks.see(PRODUCT_FAULT, "XL5")]
    own = [streaks.see(PRODUCT_FAULT, "TEL5") for _ in range(2)]
    others.append(streaks.see(PRODUCT_FAULT, "XL5"))
    assert own + others == [GOES_ON] * 5
    assert streaks.see(PRODUCT_FAULT, "TEL5") == StreakAction(hold_product=True)
    assert streaks.see(PAID, "XL5") == GOES_ON


def test_a_paid_order_ends_its_products_row_of_faults() -> None:
    assert verdicts(PRODUCT_FAULT, PRODUCT_FAULT, PAID, PRODUCT_FAULT, PRODUCT_FAULT) == [GOES_ON] * 5
