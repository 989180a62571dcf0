"""Values that several tests build: a price list, sheets in memory, what a batch knows, plans, checkpoints."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from bulk_topup.core.clock import WIB
from bulk_topup.core.model import Columns, Kind, Named, Order, Outcome, Product, Sheet, Then, Wanted
from bulk_topup.core.status import Status
from bulk_topup.record.checkpoint import Checkpoint
from bulk_topup.record.checkpoint.schema import APPLICATION_ID, SCHEMA
from bulk_topup.record.checkpoint.values import BatchIdentity
from bulk_topup.rules import approval, checks
from bulk_topup.rules import plan as planning
from bulk_topup.rules.duplicates import ELSEWHERE_COLUMNS, RECENT_COLUMNS, Past
from bulk_topup.rules.orders import KEY, KNOWN_COLUMNS, Known, Wishes
from bulk_topup.rules.product_choice import with_products
from bulk_topup.rules.rows import understand
from bulk_topup.sheet.header import find_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bulk_topup.core.model import OddCell, PriceList
    from bulk_topup.record.checkpoint.values import Attempt
    from bulk_topup.record.ledger.claims import Ledger
    from bulk_topup.record.ledger.values import Claim
    from bulk_topup.rules.plan import Plan
    from bulk_topup.rules.rows import Rows

NOW = datetime(2025, 1, 20, 10, 0, tzinfo=WIB)
TODAY = NOW.date()
ANDI, BUDI, CITRA, DEWI = "081210000001", "081210000002", "081210000003", "085610000004"
IDENTITY = approval.Identity("agent", "https://klikmbc.co.id/json/pulsa", "Januari", "2025-01")
BATCH_IDENTITY = BatchIdentity("agent", "bonus.xlsx", "Januari")
HEADER = ("Nama", "No HP", "Kode Produk")
NOTHING_ELSEWHERE = pd.DataFrame(columns=ELSEWHERE_COLUMNS)
NOTHING_RECENT = pd.DataFrame(columns=RECENT_COLUMNS)


def price_list(*products: Product) -> PriceList:
    return {product.code: product for product in products}


def a_product(code: str, operator: str, nominal: int, price: int | None, *, ready: bool = True) -> Product:
    return Product(code, operator, "PULSA", nominal, price, ready)


PRICES = price_list(
    a_product("S5", "TELKOMSEL", 5_000, 5_630),
    a_product("SP5", "TELKOMSEL", 5_000, 5_500),
    a_product("S10", "TELKOMSEL", 10_000, 10_600),
    a_product("S25", "TELKOMSEL", 25_000, 25_100, ready=False),
    a_product("S50", "TELKOMSEL", 50_000, None),
    a_product("I5", "INDOSAT", 5_000, 5_800),
)


def sheet_of(
    rows: Iterable[Sequence[str]],
    header: Sequence[str] = HEADER,
    *,
    numbers: Sequence[int] | None = None,
    odd: Mapping[tuple[int, int], OddCell] | None = None,
    path: Path = Path("bonus.xlsx"),
) -> Sheet:
    """A sheet of these rows of text; the first stands in row 2, unless `numbers` says otherwise."""
    texts = [list(row) for row in rows]
    index = pd.Index(list(numbers) if numbers is not None else range(2, len(texts) + 2), name="row")
    cells = pd.DataFrame(texts, index=index, columns=range(len(header)), dtype=object)
    columns: Columns = find_header([(1, list(header))], Named()).columns
    return Sheet(path, "Januari", "0" * 64, tuple(header), cells, columns, odd or {})


def topups(*pairs: tuple[str, str], numbers: Sequence[int] | None = None) -> Sheet:
    """A sheet of (number, product) rows."""
    return sheet_of([("", number, product) for number, product in pairs], numbers=numbers)


def counted(*triples: tuple[str, str, str]) -> Sheet:
    """A sheet of (number, product, count) rows: it has a column of its own for the n-th top-up of the day."""
    return sheet_of(triples, ("No HP", "Kode Produk", "Pengisian Ke"))


def understood(sheet: Sheet, prices: PriceList = PRICES) -> Rows:
    return understand(sheet, prices)


def known_of(
    *orders: tuple[str, str, int, Status | str], first_day: date | None = TODAY, content: str = ""
) -> Known:
    """What a checkpoint says of these (number, product, itrx, status)."""
    rows = [
        (number, product, itrx, PRICES[product].nominal, row, str(status))
        for row, (number, product, itrx, status) in enumerate(orders, start=2)
    ]
    frame = pd.DataFrame(rows, columns=KNOWN_COLUMNS)
    return Known(frame.astype({"itrx": "int64", "nominal": "int64"}), first_day, content)


def elsewhere_of(*claims: tuple[str, int, int, str, str], product: str = "") -> pd.DataFrame:
    """Claims of another batch: (number, nominal, itrx, day, state)."""
    rows = [
        (number, nominal, itrx, product, "b2", "lebaran", 7, day, state)
        for number, nominal, itrx, day, state in claims
    ]
    return pd.DataFrame(rows, columns=ELSEWHERE_COLUMNS)


def recent_of(
    *payments: tuple[str, int], batch: str = "b2", day: str = "2025-01-19", product: str = ""
) -> pd.DataFrame:
    """What another batch paid lately: (number, nominal)."""
    rows = [(number, nominal, product, batch, "lebaran", 7, day) for number, nominal in payments]
    return pd.DataFrame(rows, columns=RECENT_COLUMNS)


def plan_of(
    sheet: Sheet,
    known: Known | None = None,
    wishes: Wishes | None = None,
    *,
    prices: PriceList = PRICES,
    elsewhere: pd.DataFrame | None = None,
    **other: Any,
) -> Plan:
    # Most tests are about something else than whose number it is.
    wishes = replace(wishes or Wishes(), other_operator=other.get("other_operator", True))
    known = known or Known()
    rows = with_products(understood(sheet, prices), prices, known, other.get("fixed", {}))
    elsewhere = NOTHING_ELSEWHERE if elsewhere is None else elsewhere
    return planning.make(
        rows,
        lambda those: checks.findings(those, prices),
        Past(known, elsewhere, other.get("recent", NOTHING_RECENT)),
        wishes,
        other.get("identity", IDENTITY),
        other.get("budget"),
        TODAY,
    )


def keys_of(frame: pd.DataFrame) -> list[tuple[str, str, int]]:
    """(number, product, itrx) of a plan's orders."""
    return [(str(number), str(product), int(itrx)) for number, product, itrx in frame[KEY].to_numpy()]


def held_codes(plan: Plan) -> dict[int, list[str]]:
    return {row: [finding.code for finding in held.why] for row, held in plan.held.items()}


def listed(prices: PriceList) -> list[dict[str, str]]:
    """The price list as the provider words it."""
    return [
        {
            "tipe": product.kind,
            "operator": product.operator,
            "kodeoperator": product.code,
            "nominal": str(product.nominal),
            "harga": str(product.price or 0),
            "status": "Ready",
        }
        for product in prices.values()
    ]


# -- orders, outcomes, checkpoints -------------------------------------------------------------------------


def an_order(number: str = ANDI, product: str = "S5", itrx: int = 1, *, key: int = 1, row: int = 2) -> Order:
    listed = PRICES[product]
    return Order(key, row, number, product, itrx, listed.nominal, listed.operator, listed.price or 0)


def an_outcome(kind: Kind, **facts: Any) -> Outcome:
    """An outcome of that kind as the provider would word it."""
    return Outcome(kind, Then.GO_ON, facts.pop("code", f"outcome.{kind}"), **facts)


def a_checkpoint(path: Path, sheet: Sheet | None = None, wishes: Wishes | None = None) -> Checkpoint:
    """A new checkpoint that has adopted the plan of this sheet."""
    checkpoint = Checkpoint.create(path, BATCH_IDENTITY)
    if sheet is not None:
        checkpoint.adopt(plan_of(sheet, wishes=wishes), {})
    return checkpoint


def brought_back(path: Path, version: int) -> None:
    """The same progress file as a program of that schema version would have left it."""
    earlier = path.with_name(f"{path.name}.earlier")
    with closing(sqlite3.connect(earlier, isolation_level=None)) as db:
        db.executescript(";".join(SCHEMA[:version]))
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {version}")
        db.execute("ATTACH ? AS present", (str(path),))
        for table in ("batch", "orders", "attempts", "lines", "trail"):
            names = ", ".join(row[1] for row in db.execute(f"PRAGMA main.table_info({table})"))
            db.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM present.{table}")  # noqa: S608
    earlier.replace(path)


def orders_in(checkpoint: Checkpoint) -> dict[tuple[str, str, int], Order]:
    """The checkpoint's orders with their ids, by key."""
    found = {}
    for key, *facts in checkpoint._rows("SELECT id, number, product, itrx FROM orders ORDER BY id"):
        order = an_order(*facts, key=key)
        found[order.number, order.product, order.itrx] = order
    return found


def claim(
    ledger: Ledger,
    order: Order,
    day: date,
    token: str,
    batch: str,
    batch_name: str,
    at: datetime,
    *,
    since: date,
) -> Claim | None:
    """Take one slot: None if it is this token's now, else who holds it."""
    (holder,) = ledger.turn((), [Wanted(order, token, at, day)], batch, batch_name, since)
    return holder if holder.token != token else None


def begin(
    checkpoint: Checkpoint,
    order: Order,
    token: str,
    at: datetime,
    day: date,
    skew_s: float | None,
    expected: Status,
) -> Attempt:
    address = checkpoint.fact("base_url")
    wanted = Wanted(order, token, at, day, skew_s, expected, base_url=address)
    (attempt,) = checkpoint.begin_all([wanted])
    return attempt


def attempted(
    checkpoint: Checkpoint, order: Order, *outcomes: Outcome | None, expected: Status = Status.UNSENT
) -> Status:
    """Attempts of `order` one after the other; None is one whose process died. Returns the order's status."""
    status = expected
    for outcome in outcomes:
        attempt = begin(checkpoint, order, uuid.uuid4().hex, NOW, TODAY, 0.0, status)
        status = Status.UNKNOWN if outcome is None else checkpoint.end(attempt.id, outcome, NOW).status
    return status


class Silent:
    """A watcher that shows nothing."""

    def done(self, order: Order, status: Status, debited: int | None) -> None: ...
    def balance(self, rupiah: int, needed: int) -> None: ...
    def waiting(self, pending: int, wait_s: float) -> None: ...
    def settled(self, status: Status, rupiah: int) -> None: ...
    def unwritten(self, order: Order, outcome: Outcome) -> None: ...
