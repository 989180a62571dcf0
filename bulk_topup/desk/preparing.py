"""From a file to a plan that can be approved: upload, columns, problems, plan."""

from __future__ import annotations

import csv
import hashlib
import os
import re
import secrets
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from bulk_topup.core.clock import WIB
from bulk_topup.core.model import letter
from bulk_topup.desk.commands import tab_of
from bulk_topup.desk.folder import Batch
from bulk_topup.desk.view import Desk, address, error_of, form, place, received, wrong_rows
from bulk_topup.report.words import say

MOST_UPLOADED = 100 << 20
"""Bytes."""
KEPT_S = 300.0
"""How long a plan is kept; by then prices may have changed, or a terminal may have sent some."""
ROWS_A_PAGE = 50
SHEETS_SHOWN = 100
NOT_SENT = ("checkpoint.missing", "checkpoint.by_tab")
"""The errors of `status` for a batch that was never sent."""

OF_NO_TAB = 2
"""So many columns, the tab and the row, does `rows` put before those of the tabs where several are one."""

CHOICES = ("number_column", "product_column", "nominal_column", "name_column", "group_column", "hidden")


def routes(desk: Desk, plans: Plans) -> list[Route]:
    preparing = Preparing(desk, plans)
    return [
        Route("/", preparing.upload),
        Route("/upload/{name}", preparing.take_upload, methods=["PUT"]),
        Route("/sheet/{batch}", preparing.columns, methods=["GET"]),
        Route("/sheet/{batch}", preparing.choose, methods=["POST"]),
        Route("/sheet/{batch}/problems", preparing.problems, methods=["GET"]),
        Route("/sheet/{batch}/problems", preparing.correct, methods=["POST"]),
        Route("/sheet/{batch}/plan", preparing.plan, methods=["GET"]),
        Route("/sheet/{batch}/plan", preparing.look_again, methods=["POST"]),
        Route("/sheet/{batch}/plan.xlsx", preparing.plan_workbook, methods=["GET"]),
    ]


WISHES = {"same": "--same-batch", "failed": "--retry-failed"}
"""What a button says of a batch that was sent before, by its value."""


def reading_of(desk: Desk, batch: Batch, keys: tuple[str, ...] = CHOICES) -> list[str]:
    """The tab, and the choices made for this sheet that affect how it is read."""
    chosen = desk.folder.noted(batch, ".choices")
    named = [f"--{key.replace('_', '-')}={chosen[key]}" for key in keys if chosen.get(key)]
    return [*tab_of(batch), *named]


def options_of(desk: Desk, batch: Batch) -> list[str]:
    """The same, and the other choices and wishes for its plan."""
    return [*reading_of(desk, batch, (*CHOICES, "amounts")), *_wishes(desk, batch)]


def _wishes(desk: Desk, batch: Batch) -> list[str]:
    """They hold for a day: next month's payment must not go on with this one."""
    noted = desk.folder.noted(batch, ".wishes")
    return noted.get("options", []) if noted.get("day") == _today() else []


def _today() -> str:
    return datetime.now(WIB).date().isoformat()


def as_read(desk: Desk, batch: Batch) -> str:
    """Identifies what the sheet holds now, and how it is read."""
    facts = (desk.folder.path / batch.name).stat()
    state = repr((facts.st_mtime_ns, facts.st_size, options_of(desk, batch)))
    return hashlib.sha256(state.encode()).hexdigest()


class Plans:
    """The result of `check` for each batch, as long as nothing that it looked at has changed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kept: dict[str, tuple[object, Mapping[str, Any]]] = {}

    async def of(self, batch: Batch) -> Mapping[str, Any]:
        state = self._state(batch)
        kept = self._kept.get(batch.id)
        if kept is None or kept[0] != state:
            said = await self._desk.commands.ask("check", *options_of(self._desk, batch), about=batch.name)
            self._kept[batch.id] = kept = state, said
        return kept[1]

    def forget(self, batch: Batch) -> None:
        self._kept.pop(batch.id, None)

    def _state(self, batch: Batch) -> object:
        progress = self._desk.commands.progress(batch)
        sent = progress.journal, progress.exit_code
        return (
            self._desk.folder.approvals(),
            as_read(self._desk, batch),
            sent,
            time.monotonic() // KEPT_S,
        )


class Preparing:
    def __init__(self, desk: Desk, plans: Plans) -> None:
        self.desk, self.plans = desk, plans

    # -- upload --------------------------------------------------------------------------------------------

    async def upload(self, _request: Request) -> Response:
        sheets = self.desk.folder.sheets()
        facts: dict[str, Any] = {"sheets": sheets[:SHEETS_SHOWN], "more": max(0, len(sheets) - SHEETS_SHOWN)}
        facts |= {"misnamed": self.desk.folder.misnamed(), "folder": str(self.desk.folder.path)}
        return self.desk.page("upload", "desk.upload", **facts)

    async def take_upload(self, request: Request) -> Response:
        name = request.path_params["name"]
        self.desk.folder.new_name(name)  # Checked before storing any byte of what can't be a sheet.
        handle, draft = tempfile.mkstemp(dir=self.desk.folder.notes)
        try:
            with os.fdopen(handle, "wb") as file:
                async for piece in received(request, MOST_UPLOADED):
                    file.write(piece)
            kept = self.desk.folder.keep_upload(Path(draft), name)
        finally:
            Path(draft).unlink(missing_ok=True)
        return JSONResponse({"address": address(self.desk.folder.batch(kept))}, 201)

    # -- columns -------------------------------------------------------------------------------------------

    async def columns(self, request: Request) -> Response:
        batch = self.desk.batch(request)
        said = await self.desk.commands.ask(
            "rows", *reading_of(self.desk, batch), about=batch.name, rehearses=False
        )
        sheet, meanings = said.get("sheet"), said.get("read", {}).get("columns", {})
        means = {at: meaning for meaning, at in meanings.items() if at}
        headers = [(letter(at), text) for at, text in enumerate(sheet["header"])] if sheet else []
        # The letters of several tabs together are those of no tab; a header is the same in each.
        several = len(batch.tabs) > 1
        named = [(text, text) for _, text in headers[OF_NO_TAB:] if text]
        lettered = [(at, f"{at} {text}") for at, text in headers]
        facts: dict[str, Any] = {"sheet": sheet, "headers": headers, "means": means, "said": said}
        facts |= {"several": several, "columns": named if several else lettered}
        facts |= {"tabs": said.get("tabs", []), "error": error_of(said)}
        became = await self.desk.commands.ask("status", about=batch.name) if facts["tabs"] else {}
        facts["became"] = {one["tab"]: one for one in became.get("tabs", [])}
        facts["tick_all"] = request.query_params.get("tick") == "all"
        chosen = self.desk.folder.noted(batch, ".choices")
        return self.desk.page("columns", "desk.columns", batch=batch, chosen=chosen, **facts)

    async def choose(self, request: Request) -> Response:
        batch, fields = self.desk.batch(request), await form(request)
        if fields.get("then") == "tabs":
            tabs = [name.removeprefix("tab:") for name in fields if name.startswith("tab:")]
            if not tabs:
                return self.desk.goes_to(batch, "columns", say.text("desk.no_tab"))
            return self.desk.goes_to(self.desk.folder.batch(":".join((batch.name, *tabs))), "columns")
        chosen = {key: fields.get(key, "").strip()[:200] for key in (*CHOICES, "amounts")}
        self.desk.folder.note(batch, ".choices", chosen)
        return self.desk.goes_to(batch, "problems" if fields.get("then") == "problems" else "columns")

    # -- problems ------------------------------------------------------------------------------------------

    async def problems(self, request: Request) -> Response:
        batch = self.desk.batch(request)
        state = as_read(self.desk, batch)  # before the plan: one of a later sheet takes no correction
        said = await self.plans.of(batch)
        if "plan" not in said:
            return self.desk.no_plan(batch, said)
        wrong, aside, warned = wrong_rows(said)
        rows = list(
            dict.fromkeys(map(place, sorted(wrong, key=lambda one: (one.get("tab", ""), one["row"]))))
        )
        shown, facts = paged(request, rows)
        facts |= {"warned": warned[:ROWS_A_PAGE], "aside": aside[:ROWS_A_PAGE], "state": state}
        facts["aside_more"] = max(0, len(aside) - ROWS_A_PAGE)
        facts["rows"] = [(row, [one for one in wrong if place(one) == row]) for row in shown]
        facts["sent"] = is_sent(said)
        return self.desk.page("problems", "desk.problems", batch=batch, **facts)

    async def correct(self, request: Request) -> Response:
        """Corrects a copy; the sheet itself is never changed.

        Rows and columns are those of the page: in a sheet that was saved since, they may be other people's.
        """
        batch, fields = self.desk.batch(request), await form(request)
        changes = [(name.split(":")[1:], value) for name, value in fields.items() if name.startswith("cell:")]
        changed = [
            (*cell, value.strip()) for cell, value in changes if value != fields.get(":".join(["was", *cell]))
        ]
        if not changed:
            return self.desk.goes_to(batch, "problems", say.text("desk.nothing_corrected"))
        self.plans.forget(batch)
        if is_sent(await self.plans.of(batch)):
            return self.desk.goes_to(batch, "problems", say.text("desk.correct_in_sheet"))
        with tempfile.TemporaryDirectory(dir=self.desk.folder.notes) as own:
            listed, draft = Path(own, "cells.csv"), Path(own, "copy.xlsx")
            with listed.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(changed)
            options = [*reading_of(self.desk, batch), f"--correct={listed}", f"--output={draft}"]
            said = await self.desk.commands.ask("rows", *options, about=batch.name, rehearses=False)
            why = error_of(said)
            if fields.get("state") != as_read(self.desk, batch):  # now, as it may be saved while it is read
                why = say.text("desk.sheet_changed")
            if why:
                return self.desk.goes_to(batch, "problems", why)
            kept = self.desk.folder.keep_upload(draft, f"{corrected_stem(batch)}.xlsx")
        made = self._read_like(batch, kept)
        told = say.text("desk.corrected", count=len(changed), name=made.name)
        return self.desk.goes_to(made, "problems", told)

    # -- plan ----------------------------------------------------------------------------------------------

    async def plan(self, request: Request) -> Response:
        batch = self.desk.batch(request)
        said = await self.plans.of(batch)
        if "plan" not in said:
            return self.desk.no_plan(batch, said)
        wrong, aside, _ = wrong_rows(said)
        facts = {"wrong": len(set(map(place, wrong))), "aside": len(set(map(place, aside)))}
        return self.desk.page("plan", "desk.plan", batch=batch, **facts, **shown_with(self.desk, batch, said))

    async def look_again(self, request: Request) -> Response:
        """Makes the plan anew; of a batch that was sent before, as the button says."""
        batch, fields = self.desk.batch(request), await form(request)
        self.plans.forget(batch)
        then = fields.get("then", "")
        if then == "another":
            made = self._copy_of(batch)
            return self.desk.goes_to(made, "columns", say.text("desk.copied", name=made.name))
        wished = {*_wishes(self.desk, batch), WISHES[then]} if then in WISHES else set()
        self.desk.folder.note(batch, ".wishes", {"options": sorted(wished), "day": _today()})
        return self.desk.goes_to(batch, "plan")

    def _copy_of(self, batch: Batch) -> Batch:
        """Another payment by the same sheet is a sheet of its own."""
        with tempfile.TemporaryDirectory(dir=self.desk.folder.notes) as own:
            draft = Path(own, "copy")
            draft.write_bytes((self.desk.folder.path / batch.name).read_bytes())
            kept = self.desk.folder.keep_upload(draft, batch.name)
        return self._read_like(batch, ":".join((kept, *batch.tabs)))

    def _read_like(self, batch: Batch, id_: str) -> Batch:
        """A copy of the batch's sheet, with the choices made for that."""
        made = self.desk.folder.batch(id_)
        self.desk.folder.note(made, ".choices", self.desk.folder.noted(batch, ".choices"))
        return made

    async def plan_workbook(self, request: Request) -> Response:
        batch = self.desk.batch(request)
        target = self.desk.folder.notes / f"{secrets.token_hex(8)}.xlsx"
        options = [*options_of(self.desk, batch), f"--output={target}"]
        said = await self.desk.commands.ask("check", *options, about=batch.name)
        if "saved" not in said:
            return self.desk.no_plan(batch, said)
        name, saved = f"{Path(batch.name).stem} plan.xlsx", Path(said["saved"])
        return FileResponse(saved, filename=name, background=BackgroundTask(_remove, saved))


def shown_with(desk: Desk, batch: Batch, said: Mapping[str, Any]) -> dict[str, Any]:
    """What each page that shows a plan shows: the plan, its warnings, and whether it was rejected."""
    _, _, warned = wrong_rows(said)
    return {
        "said": said,
        "warned": warned[:ROWS_A_PAGE],
        "warned_more": max(0, len(warned) - ROWS_A_PAGE),
        "rejected": rejection_of(desk, batch, said["plan"]["code"]),
    }


def rejection_of(desk: Desk, batch: Batch, code: str) -> Mapping[str, Any]:
    """Who rejected the plan, when and why; empty if nobody did."""
    rejected = desk.folder.noted(batch, ".rejected")
    return rejected if rejected.get("code") == code else {}


def is_sent(said: Mapping[str, Any]) -> bool:
    """A corrected copy of such a sheet would be another batch, and hold everybody back again."""
    return bool(said.get("plan", {}).get("sent_before"))


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def corrected_stem(batch: Batch) -> str:
    """`payroll (corrected)`, also if it is already corrected."""
    stem = " ".join((Path(batch.name).stem, *batch.tabs))
    mark = f" ({say.text('desk.corrected_mark')})"
    return re.sub(re.escape(mark) + r"( \(\d+\))?$", "", stem) + mark


def pages_of(count: int) -> int:
    return max(1, -(-count // ROWS_A_PAGE))


def paged(request: Request, rows: Sequence[Any]) -> tuple[Sequence[Any], dict[str, Any]]:
    """The rows of the requested page, and what the pager shows."""
    pages, asked = pages_of(len(rows)), request.query_params.get("page", "1")[:7]
    at = min(int(asked), pages) - 1 if asked.isdecimal() and int(asked) else 0
    shown = rows[at * ROWS_A_PAGE :][:ROWS_A_PAGE]
    return shown, {"page_at": at, "pages": pages, "count": len(rows)}
