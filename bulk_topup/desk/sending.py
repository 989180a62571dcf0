"""From an approved plan to its results: approve, send, settle what is open."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from bulk_topup.core.clock import WIB
from bulk_topup.core.languages import INDONESIAN
from bulk_topup.core.status import Paid, Status, keys_in
from bulk_topup.desk.commands import Progress, tab_of
from bulk_topup.desk.folder import Batch
from bulk_topup.desk.preparing import NOT_SENT, Plans, options_of, paged, pages_of, rejection_of, shown_with
from bulk_topup.desk.view import Desk, error_of, form, place
from bulk_topup.report.words import say, translation

LOOK_EVERY_S = 0.4
ASK_EVERY_S = 2.0
"""How often to look at a command that was started in a terminal: each look is a command of its own."""
LONGEST_TYPED = 200
MOST_ROWS = 1 << 20
"""Of a sheet."""
ASKED_ABOUT = ("number", "product", "sent_at")


def routes(desk: Desk, plans: Plans) -> list[Route]:
    sending = Sending(desk, plans)
    return [
        Route("/sheet/{batch}/approve", sending.approval, methods=["GET"]),
        Route("/sheet/{batch}/approve", sending.approve, methods=["POST"]),
        Route("/sheet/{batch}/sign", sending.sign, methods=["POST"]),
        Route("/sheet/{batch}/reject", sending.reject, methods=["POST"]),
        Route("/sheet/{batch}/sending", sending.sending, methods=["GET"]),
        Route("/sheet/{batch}/progress", sending.progress, methods=["GET"]),
        Route("/sheet/{batch}/pause", sending.pause, methods=["POST"]),
        Route("/sheet/{batch}/go-on", sending.go_on, methods=["POST"]),
        Route("/sheet/{batch}/open", sending.open_rows, methods=["GET"]),
        Route("/sheet/{batch}/resolve", sending.resolve, methods=["POST"]),
        Route("/sheet/{batch}/settle", sending.settle, methods=["POST"]),
        Route("/sheet/{batch}/results", sending.results, methods=["GET"]),
        Route("/sheet/{batch}/results", sending.write_results, methods=["POST"]),
        Route("/sheet/{batch}/journal", sending.write_journal, methods=["POST"]),
        Route("/sheet/{batch}/events", sending.events, methods=["GET"]),
    ]


class Sending:
    def __init__(self, desk: Desk, plans: Plans) -> None:
        self.desk, self.plans = desk, plans

    # -- approve -------------------------------------------------------------------------------------------

    async def approval(self, request: Request) -> Response:
        """By a typed name; where keys sign, by a key, also on a computer that can't check a plan itself."""
        batch = self.desk.batch(request)
        said = await self.plans.of(batch)
        approval = said.get("approval", {})
        if approval.get("needed") or "plan" not in said:
            plan = [f"--plan={approval['code']}"] if approval else []
            options = [*options_of(self.desk, batch), *plan]
            asked = await self.desk.commands.ask("approve", *options, about=batch.name)
            if to_sign := asked.get("to_approve"):
                return self.desk.page("sign", "desk.approve", batch=batch, to_sign=to_sign, approval=approval)
        if "plan" not in said:
            return self.desk.no_plan(batch, said, "desk.approve")
        return self.desk.page("approve", "desk.approve", batch=batch, **shown_with(self.desk, batch, said))

    async def sign(self, request: Request) -> Response:
        """Approve or reject by a key; its passphrase goes nowhere but to the command."""
        batch, fields = self.desk.batch(request), await form(request)
        options = [*options_of(self.desk, batch), f"--plan={typed(fields, 'code')}"]
        if fields.get("what") == "reject":
            if not typed(fields, "reason"):
                return self.desk.goes_to(batch, "approve", say.text("desk.reason_missing"))
            options.append(f"--reject={typed(fields, 'reason')}")
        else:
            options += [f"--expect-{what}={typed(fields, what)}" for what in ("people", "nominal")]
        said = await self.desk.commands.ask(
            "approve", *options, about=batch.name, typed=fields.get("passphrase", "") + "\n"
        )
        if "signed" not in said:
            return self.desk.goes_to(batch, "approve", error_of(said))
        signed = {**said["signed"], "file": Path(said["signed"]["path"]).name}
        return self.desk.goes_to(batch, "approve", say.text("desk.signed", **signed))

    async def approve(self, request: Request) -> Response:
        """By the code of the plan that was shown: `run` refuses one that differs by now, and says how."""
        batch, fields = self.desk.batch(request), await form(request)
        name, code = typed(fields, "name"), typed(fields, "code")
        options = [*options_of(self.desk, batch), f"--approve={code}"]
        if fields.get("what") != "signed":
            if not name or not fields.get("sure"):
                return self.desk.goes_to(batch, "approve", say.text("desk.name_missing"))
            if rejection_of(self.desk, batch, code).get("at", "") != typed(fields, "rejected"):
                return self.desk.goes_to(batch, "approve")  # which shows the rejection
            options.append(f"--approved-by={name}")
        return await self._begin(batch, "run", *options)

    async def reject(self, request: Request) -> Response:
        batch, fields = self.desk.batch(request), await form(request)
        name, reason = typed(fields, "name"), typed(fields, "reason")
        if not name or not reason:
            return self.desk.goes_to(batch, "approve", say.text("desk.reason_missing"))
        at = datetime.now(WIB).isoformat()
        self.desk.folder.note(
            batch, ".rejected", {"code": typed(fields, "code"), "by": name, "why": reason, "at": at}
        )
        return self.desk.goes_to(batch, "plan")

    async def _begin(self, batch: Batch, name: str, *options: str) -> Response:
        is_begun = await self.desk.commands.begin(batch, name, *options)
        return self.desk.goes_to(batch, "sending", "" if is_begun else say.text("desk.already"))

    # -- while it sends ------------------------------------------------------------------------------------

    async def sending(self, request: Request) -> Response:
        batch = self.desk.batch(request)
        progress, status, live = await self._live(batch)
        done = progress.last.get("done", {})
        facts = {"status": status, "live": live, "error": error_of(done), "changes": done.get("changes", [])}
        return self.desk.page("sending", "desk.sending", batch=batch, progress=progress, **facts)

    async def progress(self, request: Request) -> Response:
        """The same, live, for the page's script."""
        batch = self.desk.batch(request)
        return StreamingResponse(self._changes(batch), media_type="text/event-stream")

    async def _changes(self, batch: Batch) -> AsyncIterator[str]:
        told: object = None
        while True:
            self.desk.lock.asked_at = time.monotonic()
            _, status, live = await self._live(batch)
            if live != told:
                told = live
                yield f"data: {json.dumps(live)}\n\n"
            if not live["at_work"]:
                return
            await asyncio.sleep(ASK_EVERY_S if status else LOOK_EVERY_S)

    async def _live(self, batch: Batch) -> tuple[Progress, Mapping[str, Any], dict[str, Any]]:
        """What the page shows while it waits: from the desk's own command, else from `status`."""
        progress = self.desk.commands.progress(batch)
        if progress.is_at_work:
            return progress, {}, live_facts(progress)
        status = await self._status(batch)
        return progress, status, ended_facts(progress, status)

    async def pause(self, request: Request) -> Response:
        batch = self.desk.batch(request)
        told = "desk.pausing" if self.desk.commands.stop(batch) else "desk.not_pausing"
        return self.desk.goes_to(batch, "sending", say.text(told))

    async def go_on(self, request: Request) -> Response:
        """Continue under the existing approval, which covers only what is not sent yet.

        It was given before anything was sent: a warning of today was seen by nobody.
        """
        batch = self.desk.batch(request)
        status = await self._status(batch)
        code, by = status.get("plan_code"), status.get("approved_by")
        if not code or not by:
            return self.desk.goes_to(batch, "plan", say.text("desk.approve_anew"))
        self.plans.forget(batch)
        said = await self.plans.of(batch)
        plan = said.get("plan")
        if plan is None or plan["sent_with_warning"] or rejection_of(self.desk, batch, plan["code"]):
            return self.desk.goes_to(batch, "plan", say.text("desk.look_first"))
        name = [] if keys_in(by) else [f"--approved-by={by}"]
        return await self._begin(batch, "run", *options_of(self.desk, batch), f"--approve={code}", *name)

    # -- what is open --------------------------------------------------------------------------------------

    async def open_rows(self, request: Request) -> Response:
        batch = self.desk.batch(request)
        status = await self._status(batch)
        rows, facts = paged(request, status.get("open_rows", []))
        for row in rows:
            with translation.briefly(INDONESIAN.code):  # the hotline's language
                row["hotline"] = say.text("desk.hotline", **{name: row[name] for name in ASKED_ABOUT})
        facts |= {"rows": rows, "error": error_of(status), **unknown_in(status)}
        return self.desk.page("open", "desk.open", batch=batch, **facts)

    async def resolve(self, request: Request) -> Response:
        batch, fields = self.desk.batch(request), await form(request)
        shown = tuple(typed(fields, name) for name in ("row", "status", "sent_at"))
        if shown not in map(shown_of, (await self._status(batch)).get("open_rows", [])):
            return self.desk.goes_to(batch, "open", say.text("desk.row_changed", row=shown[0]))
        found = "--not-sent" if fields.get("what") == "not_sent" else f"--invoice={typed(fields, 'invoice')}"
        which = [f"--{name}={typed(fields, name)}" for name in ("row", "number", "note")]
        which.append(f"--sent-at={typed(fields, 'sent_at')}")
        said = await self.desk.commands.ask("resolve", *tab_of(batch), *which, found, about=batch.name)
        return self.desk.goes_to(
            batch, "open", error_of(said) or say.text("desk.resolved", row=typed(fields, "row"))
        )

    async def settle(self, request: Request) -> Response:
        batch, fields = self.desk.batch(request), await form(request)
        if fields.get("what") != "resend":
            return await self._begin(batch, "settle", *tab_of(batch))
        if not fields.get("sure"):
            return self.desk.goes_to(batch, "open", say.text("desk.not_sure"))
        if typed(fields, "state") != unknown_in(await self._status(batch))["state"]:
            return self.desk.goes_to(batch, "open", say.text("desk.open_changed"))
        return await self._begin(batch, "settle", *tab_of(batch), "--resend", "--yes")

    # -- results -------------------------------------------------------------------------------------------

    async def results(self, request: Request) -> Response:
        batch = self.desk.batch(request)
        status = await self._status(batch)
        written = Path(status["results"]).name if status.get("results") else ""
        rows, facts = paged(request, range(2, MOST_ROWS))
        facts |= {"sheet": None, "written": written, "status": status, "error": error_of(status)}
        if written:
            some = [f"--row={row}" for row in rows]
            said = await self.desk.commands.ask("rows", "--sheet=List", *some, about=written, rehearses=False)
            if sheet := said.get("sheet"):
                facts |= {"sheet": sheet, "pages": pages_of(sheet["count"])}
        facts |= {"journals": self.desk.folder.accounts(written), "counts": counts_of(status)}
        return self.desk.page("results", "desk.results", batch=batch, **facts)

    async def write_results(self, request: Request) -> Response:
        batch = self.desk.batch(request)
        said = await self.desk.commands.ask("results", *tab_of(batch), about=batch.name)
        return self.desk.goes_to(batch, "results", error_of(said))

    async def write_journal(self, request: Request) -> Response:
        """The entries that are new since the last export, beside the results."""
        batch = self.desk.batch(request)
        results = (await self._status(batch)).get("results")
        if not results:
            return self.desk.goes_to(batch, "results", say.text("desk.no_results"))
        target = self.desk.folder.journal(Path(results).name)
        said = await self.desk.commands.ask(
            "results", *tab_of(batch), f"--journal={target}", about=batch.name
        )
        new = said.get("journal", {}).get("file")
        told = say.text("desk.journal_written", name=Path(new).name) if new else say.text("desk.journal_same")
        return self.desk.goes_to(batch, "results", error_of(said) or told)

    async def events(self, request: Request) -> Response:
        batch = self.desk.batch(request)
        journal = self.desk.commands.progress(batch).journal
        if journal is None:
            raise HTTPException(404)
        return FileResponse(journal, filename=f"{Path(batch.name).stem}.events.jsonl")

    async def _status(self, batch: Batch) -> Mapping[str, Any]:
        """The result of `status`; empty for a batch that was never sent."""
        said = await self.desk.commands.ask("status", *tab_of(batch), about=batch.name)
        return {} if said.get("error") and said["error"]["code"] in NOT_SENT else said


def typed(fields: Mapping[str, str], name: str) -> str:
    return fields.get(name, "").strip()[:LONGEST_TYPED]


# -- how far it is -----------------------------------------------------------------------------------------


def counts_of(said: Mapping[str, Any]) -> dict[str, int]:
    """Rows paid, not paid, left out, open and not sent, from a command's sums or its counts."""
    rows: Mapping[str, int] = said.get("rows", {})
    found = {paid: sum(rows.get(status, 0) for status in Status if status.paid is paid) for paid in Paid}
    unsent, held = rows.get(Status.UNSENT, 0), rows.get(Status.INVALID, 0)
    return {
        "paid": found[Paid.YES],
        "failed": found[Paid.NO] - unsent - held,
        "held": held,
        "open": found[Paid.ASK],
        "unsent": unsent,
    }


def shown_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Identifies what became of an open row: another attempt has another time."""
    return place(row), row["status"], row["sent_at"]


def unknown_in(status: Mapping[str, Any]) -> dict[str, Any]:
    """How many rows are unknown; `state` identifies them and when each was sent last."""
    found = [shown_of(row) for row in status.get("open_rows", []) if row["status"] == Status.UNKNOWN]
    state = repr(found)
    return {"unknown": len(found), "state": hashlib.sha256(state.encode()).hexdigest()}


def ended_facts(progress: Progress, status: Mapping[str, Any]) -> dict[str, Any]:
    """As `status` has it, once the desk's own command, if there was one, is no longer at work."""
    progress.read()  # Its last event tells an end from being cut off.
    counts, rupiah = counts_of(status), status.get("rupiah", {}).get(Status.SUKSES, 0)
    elsewhere = status.get("at_work")
    total = sum(status.get("rows", {}).values()) - counts["held"]
    if elsewhere:
        phase = say.text("desk.phase_elsewhere", holder=elsewhere)
    elif not status:
        phase = say.text("desk.phase_none")
    elif progress.pid and progress.exit_code is None and counts["unsent"]:
        phase = say.text("desk.phase_cut_off")
    elif counts["unsent"]:
        phase = say.text("desk.phase_paused", count=counts["unsent"])
    else:
        phase = say.text("desk.phase_ended")
    return _shown(phase, bool(elsewhere), total - counts["unsent"], total, counts, rupiah, "")


def live_facts(progress: Progress) -> dict[str, Any]:
    """As the events of the desk's own command have it."""
    counts = progress.last.get("counts", {"done": 0, "of": 0, "asking": False, "rupiah": 0})
    done, of = int(counts["done"]), int(counts["of"])
    code = "desk.phase_asking" if counts["asking"] else "desk.phase_sending" if of else "desk.phase_starting"
    left = "" if counts["asking"] else _left(progress, done, of)
    phase = progress.last["halted"]["message"] if "halted" in progress.last else say.text(code, count=of)
    return _shown(phase, True, done, of, counts_of(counts), counts["rupiah"], left)


def _left(progress: Progress, done: int, of: int) -> str:
    with suppress(ValueError, KeyError):
        began = datetime.fromisoformat(progress.first_counts_at)
        took_s = (datetime.fromisoformat(progress.last["counts"]["at"]) - began).total_seconds()
        if done and took_s > 0:
            left_s = round(took_s / done * (of - done))
            if left_s >= 120:
                return say.text("time.minutes", minutes=left_s // 60)
            return say.text("time.seconds", seconds=left_s)
    return ""


def _shown(
    phase: str, at_work: bool, done: int, of: int, counts: Mapping[str, int], rupiah: int, left: str
) -> dict[str, Any]:
    """Before a command knows anything, of 0 rows, no count is stated: a 0 would read as nobody paid."""
    words = {name: say.number(count) if of else "-" for name, count in counts.items()}
    words |= {"far": say.text("desk.far", done=done, of=of) if of else "", "left": left or "-"}
    bar = {"done": done, "of": max(1, of), "rupiah": say.money(rupiah) if of else "-"}
    return {"at_work": at_work, "phase": say.printable(phase), **words, **bar}
