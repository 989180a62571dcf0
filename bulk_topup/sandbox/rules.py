"""The provider's rules: what the three endpoints answer, and when money moves. API v3.1.

No HTTP here: parameters come in as a mapping of text, and answers go out as values for JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from bulk_topup.sandbox.book import WIB, Book, LoggedRequest, Page, TopUp
from bulk_topup.sandbox.delivery import Delivery
from bulk_topup.sandbox.testnumbers import behaviour_of, refusal_of

AGENT = "SBX-00001"
SETTLES_AFTER = timedelta(seconds=3)

REASONS: dict[str, str] = {
    "00": "Sistem sedang gangguan",
    "11": "Nomor salah format",
    "12": "Nominal sedang gangguan",
    "21": "Problem topup kartu kredit",
    "31": "Akun mitra tidak diperkenankan transaksi",
    "41": "Isi Ulang pulsa/paket sedang dalam proses",
    "51": "Max. 1x sehari ke nomor yg sama di nominal sama",
    "61": "Saldo akun mitra dikunci",
    "62": "Saldo akun mitra tidak cukup",
    "71": "Akun mitra belum verifikasi",
    "81": "Periksa email pemberitahuan",
    "82": "Masukkan kode sms",
    "91": "Unknown error/Gangguan Biller",
}
"""API v3.1, ISI PULSA, "Deskripsi failure reason_code"."""

WRONG_CREDENTIALS = {"result": "no", "reason": "Username atau password salah"}

Endpoint = Literal["daftarharga", "isipulsa", "cekstatus"]
ItrxReading = Literal["free", "strict"]
Parameters = dict[str, str]
Product = Mapping[str, Any]
Answer = dict[str, Any]

_NO_PRODUCT: Product = {"tipe": "PULSA", "operator": "", "nominal": "0", "harga": "0", "status": "Close"}


@dataclass(frozen=True, slots=True)
class Terms:
    """How this provider interprets its own documentation.

    `rule_51`: at most one top-up a WIB day for one (number, nominal, itrx); without it, every one is paid.
    `itrx`: `free` counts each n separately, `strict` requires that n-1 succeeded that day. `clock` returns an
    aware datetime.
    """

    username: str
    password: str
    rule_51: bool
    itrx: ItrxReading
    clock: Callable[[], datetime]

    def now(self) -> datetime:
        """The provider's time, in WIB."""
        return self.clock().astimezone(WIB)

    def admits(self, parameters: Mapping[str, str]) -> bool:
        """Whether username and password are this account's."""
        return (parameters.get("username"), parameters.get("password")) == (self.username, self.password)


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer, and how, unless normally."""

    answer: Any
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True)
class _Ask:
    """One isipulsa request, parsed; a code that is not in the price list counts as a closed product."""

    number: str
    code: str
    itrx: int
    product: Product
    now: datetime
    admitted: bool

    @property
    def nominal(self) -> str:
        return str(self.product["nominal"])

    @property
    def price(self) -> int:
        return int(self.product["harga"])


class Provider:
    """The three endpoints over one book."""

    def __init__(self, book: Book, prices: Sequence[Product], terms: Terms) -> None:
        self._book = book
        self._terms = terms
        self.set_prices(prices)

    def set_prices(self, prices: Sequence[Product]) -> None:
        self._prices = [dict(product) for product in prices]
        self._products = {product.get("kodeoperator"): {**_NO_PRODUCT, **product} for product in prices}

    def daftarharga(self, parameters: Parameters, delivery: Delivery | None = None) -> Reply:
        """API v3.1, DAFTAR HARGA PULSA: the list of products, all values text."""
        return Reply(self._prices if self._terms.admits(parameters) else dict(WRONG_CREDENTIALS), delivery)

    def isipulsa(self, parameters: Parameters, delivery: Delivery | None = None) -> Reply:
        """API v3.1, ISI PULSA. If `delivery` does not pay, no top-up is written."""
        ask = self._read(parameters)
        with self._book.page() as page:
            page.settle(ask.now)
            refusal = self._refusal(ask, page)
            if refusal is None:
                delivery = delivery or behaviour_of(ask.number).delivery
            answer, invoice = (refusal, None) if refusal else _top_up(ask, page, delivery)
            page.log(_logged("isipulsa", ask.now, parameters, answer, delivery, invoice))
        return Reply(answer, delivery)

    def cekstatus(self, parameters: Parameters, delivery: Delivery | None = None) -> Reply:
        """API v3.1, CEK STATUS; a failed top-up has no reason_code."""
        now = self._terms.now()
        with self._book.page() as page:
            page.settle(now)
            answer = self._status(parameters, page)
            page.log(_logged("cekstatus", now, parameters, answer, delivery, None))
        return Reply(answer, delivery)

    def _read(self, parameters: Parameters) -> _Ask:
        code = parameters.get("kodeoperator", "")
        itrx = parameters.get("itrx", "")
        return _Ask(
            number=parameters.get("nomortujuan", ""),
            code=code,
            # An invalid counter counts as the first: the reading under which nobody is paid twice.
            itrx=int(itrx) if re.fullmatch(r"[1-9][0-9]{0,8}", itrx) else 1,
            product=self._products.get(code, _NO_PRODUCT),
            now=self._terms.now(),
            admitted=self._terms.admits(parameters),
        )

    def _refusal(self, ask: _Ask, page: Page) -> Answer | None:
        """The first rule that refuses it, in the provider's order."""
        if not ask.admitted:
            return refused("31")
        if code := refusal_of(ask.number):
            return _short_of_money(ask, 0) if code == "62" else refused(code)
        if not re.fullmatch(r"08[0-9]{8,11}", ask.number):
            return refused("11")
        if ask.product["status"] != "Ready":
            return refused("12")
        if self._terms.rule_51 and self._taken(ask, page):
            return refused("51")
        return _short_of_money(ask, page.balance) if page.balance < ask.price else None

    def _taken(self, ask: _Ask, page: Page) -> bool:
        """API v3.1, reason_code 51: once a day for the same number and nominal, per itrx."""
        key = (ask.number, ask.nominal, ask.now.date())
        if page.statuses(*key, ask.itrx) - {"gagal"}:
            return True
        strict = self._terms.itrx == "strict" and ask.itrx > 1
        return strict and "sukses" not in page.statuses(*key, ask.itrx - 1)

    def _status(self, parameters: Parameters, page: Page) -> Answer:
        if not self._terms.admits(parameters):
            return dict(WRONG_CREDENTIALS)
        invoice, number = parameters.get("invoice", ""), parameters.get("nomortujuan", "")
        topup = page.find(invoice, number)
        return _told(topup) if topup else _no_such_topup(invoice, number)


def refused(code: str) -> Answer:
    """A refusal of isipulsa, in the documentation's words."""
    return {"result": "no", "reason_code": code, "reason": REASONS[code]}


def _top_up(ask: _Ask, page: Page, delivery: Delivery | None) -> tuple[Answer, str | None]:
    """The answer of an allowed top-up, and its invoice if the money moved."""
    topup = _draft(ask, page.new_invoice())
    if delivery is None or delivery.pays:
        page.pay(topup)
        return _receipt(topup, page.balance), topup.invoice
    return (refused("00") if delivery.refuses else _receipt(topup, page.balance - topup.debit)), None


def _draft(ask: _Ask, invoice: str) -> TopUp:
    settles = behaviour_of(ask.number).settles
    final = settles in {"sukses", "gagal"}
    return TopUp(
        invoice=invoice,
        number=ask.number,
        product=ask.code,
        nominal=ask.nominal,
        itrx=ask.itrx,
        day=ask.now.date(),
        debit=ask.price,
        status="pending" if settles else "sukses",
        at=ask.now,
        serial=f"004{ask.now:%y%m%d}{int(invoice[3:]) % 10_000_000:07d}",
        kind=ask.product["tipe"],
        operator=ask.product["operator"],
        settles_to=settles if final else None,
        settles_at=ask.now + SETTLES_AFTER if final else None,
    )


def _receipt(topup: TopUp, balance: int) -> Answer:
    """API v3.1, ISI PULSA, "Respon Berhasil"."""
    return {
        **_head(topup),
        "nomorpelanggan": topup.number,
        "serial": _serial(topup),
        "debet": str(topup.debit),
        "saldo": str(balance),
        "kodeagen": AGENT,
        "status": topup.status,
    }


def _told(topup: TopUp) -> Answer:
    """API v3.1, CEK STATUS, "Respon Berhasil"."""
    ending = {
        "sukses": f"sukses berhasil terkirim SN Operator: {topup.serial}, Silakan cek pulsa di *888#",
        "pending": "pending sedang dalam proses, silakan anda periksa kembali",
        "gagal": "gagal, saldo anda telah dikembalikan",
    }[topup.status]
    subject = f"Status transaksi {topup.kind} {topup.operator}({topup.product}) dgn Invoice {topup.invoice}"
    return {
        **_head(topup),
        "nomortujuan": topup.number,
        "serial": _serial(topup),
        "description": f"{subject} ke nomor {topup.number} adalah {ending}",
        "kodeagen": AGENT,
        "status": topup.status,
    }


def _head(topup: TopUp) -> Answer:
    return {
        "result": "ok",
        "tanggal": f"{topup.at:%Y-%m-%d %H:%M:%S}",
        "invoice": topup.invoice,
        "transaksi": topup.kind,
        "operator": topup.operator,
        "kodeoperator": topup.product,
        "nominal": topup.nominal,
    }


def _serial(topup: TopUp) -> str:
    return topup.serial if topup.status == "sukses" else ""


def _no_such_topup(invoice: str, number: str) -> Answer:
    whose = f"Invoice {invoice} ke nomor tujuan {number}"
    return {
        "result": "no",
        "reason": f"Tidak ada transaksi pulsa dengan {whose}, silakan anda periksa kembali.",
    }


def _short_of_money(ask: _Ask, balance: int) -> Answer:
    nominal = f"{int(ask.nominal):,}".replace(",", ".")
    what = f"{ask.product['tipe']} {ask.product['operator']} {nominal}({ask.code}) senilai {ask.price}"
    reason = f"Maaf, Saldo anda tidak cukup untuk isi ulang {what}, Saldo {AGENT}: {balance}"
    return {**refused("62"), "reason": reason}


def _logged(
    endpoint: str,
    at: datetime,
    parameters: Parameters,
    answer: Answer,
    delivery: Delivery | None,
    invoice: str | None,
) -> LoggedRequest:
    kept = {name: value for name, value in parameters.items() if name != "password"}
    return LoggedRequest(endpoint, at, kept, answer, delivery.name if delivery else None, invoice)
