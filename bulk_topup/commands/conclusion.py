"""The end of a command on a batch: results, sums, what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_topup.commands import next_steps
from bulk_topup.commands.halts import halt_of, is_stopped
from bulk_topup.commands.status import last_run
from bulk_topup.core.clock import WIB, Clock
from bulk_topup.core.errors import BulkTopupError, Exit, InputError, StorageFailed, StorageLost
from bulk_topup.core.languages import ENGLISH
from bulk_topup.core.model import Halt, Notice
from bulk_topup.core.status import Status
from bulk_topup.record import batches
from bulk_topup.record.set_aside import sha256_of
from bulk_topup.record.tally import Tally, tally
from bulk_topup.report.screen.books import books_report
from bulk_topup.report.screen.halt import halt_line, rest_report
from bulk_topup.report.screen.report import Report, error_report
from bulk_topup.report.screen.tally import tally_report
from bulk_topup.report.words import say
from bulk_topup.rules import books
from bulk_topup.sending import answers, resend
from bulk_topup.sending.resolve import row_in

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.sending.job import Job
    from bulk_topup.sending.session import Tools


@contextmanager
def once_sent(may_be: object) -> Iterator[None]:
    """Once something may have been sent, a record that can no longer be read is exit code 3, no refusal."""
    try:
        yield
    except StorageFailed as failure:
        if not may_be:
            raise
        raise StorageLost(failure.code, **failure.facts) from failure


def conclude(
    job: Job,
    checkpoint: Checkpoint,
    terminal: Terminal,
    halt: Halt | None,
    tools: Tools | None = None,
    *,
    clock: Clock,
) -> Exit:
    """Write the results, report the rows and what to do next; with `tools`, also update the history."""
    from bulk_topup.report import results_workbook

    say.name_tabs(checkpoint.tabs)
    total = tally(checkpoint)
    closed = closed_books(checkpoint)
    typed = keep_typed(checkpoint, job.files.results, terminal)
    try:
        written = results_workbook.write_results_file(
            checkpoint,
            total,
            closed,
            job.files.results,
            rehearsal=job.connection.sandbox,
            tell=terminal.tell,
            typed=typed,
            title=job.title,
        )
        with suppress(StorageFailed):  # else they are set aside next time, and nothing is lost
            if written == job.files.results:
                checkpoint.set_facts({"results_sha256": sha256_of(written)})
            checkpoint.exported(clock.now(), "results", written)
    except StorageFailed as failure:
        terminal.report(error_report(failure))
        written, halt = None, halt or halt_of(failure)
    terminal.halted(halt)
    terminal.say("")
    terminal.result(tally_report(total, results=written, halt=halt))
    terminal.report(books_report(closed))
    terminal.report(Report({"trail": checkpoint.head()}))
    if tools is not None:
        try:
            seen = tools.ledger.rule_51()
            checkpoint.set_facts({resend.PROVEN: seen.day if seen and seen.holds else ""})
            keep_in_history(checkpoint, total, tools)
        except StorageFailed as failure:
            # The money is settled and recorded in the progress file, which `history` reads as well.
            terminal.warn(say.text("history.unrecorded", message=say.error(failure)))
    resendable, path = resend.count_resendable(checkpoint, clock.now()), job.source.path
    last, is_halted = last_run(checkpoint, path, clock.now().date()), halt is not None
    how = next_steps.after(
        terminal.typed, total, path, last, results=written, is_halted=is_halted, resendable=resendable
    )
    terminal.next(how)
    if halt is None:
        return total.exit_code()
    terminal.warn(halt_line(halt))
    if tools is not None and is_stopped(tools):
        terminal.suggest("account.how_to_resume", "account", "resume")
    if total.unsent:
        again = next_steps.halted(terminal.typed, path, halt.code)
        terminal.report(rest_report(total, checkpoint.last_balance(), halt, again))
    return Exit.INTERRUPTED if halt.code == "halt.interrupted" else Exit.STOPPED


def keep_typed(
    checkpoint: Checkpoint, results_path: Path, terminal: Terminal
) -> Mapping[tuple[int, str], str]:
    """If a person changed the results file since we wrote it, keep that version, with the time in its name.

    Returns their answers from the tab of open rows, by sheet row and number. Leaves out a "not sent" for a
    row that has been sent again since, because it answers an older question.
    """
    ours = checkpoint.fact("results_sha256")
    if not results_path.is_file() or (ours and sha256_of(results_path) == ours):
        return {}
    try:
        read = answers.read_answers(results_path, "")
    except BulkTopupError:
        read = []
    changed = datetime.fromtimestamp(results_path.stat().st_mtime, WIB)
    stem = f"{results_path.stem} (changed {changed:%Y-%m-%d %H.%M.%S}"
    names = (
        results_path.with_name(f"{stem}{nth}){results_path.suffix}") for nth in ("", *range(-2, -1000, -1))
    )
    kept = next(path for path in names if not path.exists())
    with suppress(OSError):  # A locked file is not replaced either.
        results_path.rename(kept)
        terminal.tell(Notice("saved.kept", {"target": results_path.name, "path": str(kept)}))
    verdicts = [one for one in read if not isinstance(one, InputError)]
    sent = {(open_.order.row, open_.order.number): open_.past[-1] for open_ in checkpoint.open_orders()}
    typed: dict[tuple[int, str], str] = {}
    for one in verdicts:
        with suppress(InputError):
            if row := row_in(checkpoint, one):
                typed[row, one.number] = one.invoice or ENGLISH.not_sent
    outdated = {
        key
        for key, answer in typed.items()
        if answer == ENGLISH.not_sent and key in sent and sent[key].begun_at > changed
    }
    terminal.tell(*(Notice("saved.outdated", {"row": str(row)}) for row, _ in sorted(outdated)))
    return {key: answer for key, answer in typed.items() if key not in outdated}


def closed_books(checkpoint: Checkpoint) -> books.Books:
    listed = checkpoint.undebited()
    return books.close(
        checkpoint.debits(),
        undebited=listed[Status.SUKSES] + listed[Status.PENDING],
        may_be_debited=listed[Status.ACCEPTED] + listed[Status.UNKNOWN],
    )


def keep_in_history(checkpoint: Checkpoint, total: Tally, tools: Tools) -> None:
    """Raises StorageFailed; before the first request, that stops the run."""
    tools.ledger.record(batches.entry_of(checkpoint, total, tools.clock.now().isoformat()))
