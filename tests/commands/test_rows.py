"""`rows`: how a sheet is read; a corrected copy says the same, but for what was corrected."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Office


def copied(office: Office, sheet: str, *lines: str, exit_code: int = 0) -> str:
    (office.folder / "cells.csv").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    (office.folder / "copy.xlsx").unlink(missing_ok=True)
    done = office.run("rows", sheet, "--correct", "cells.csv", "--output", "copy.xlsx")
    assert done.exit == exit_code, done.err
    return done.err


def cells(office: Office, sheet: str) -> dict[int, list[str]]:
    rows = office.run("rows", sheet, "--json").json["sheet"]["rows"]
    return {row["row"]: row["cells"] for row in rows}


def test_a_copy_keeps_every_text_and_every_row_in_its_place(office: Office) -> None:
    rows = [(1, "Andi", "0812345O0001", "TSEL5"), (None,) * 4, (2, "=1+1", "081234500002", "TSEL5")]
    office.xlsx(
        "a.xlsx", [("Bonus", None, None, None), ("No", "Nama", "No HP", "Kode Produk"), *rows], ("x",)
    )
    before = cells(office, "a.xlsx")
    copied(office, "a.xlsx", "4,C,081234500001")
    assert list(before) == [4, 6]
    assert cells(office, "copy.xlsx") == {4: [*before[4][:2], "081234500001", "TSEL5"], 6: before[6]}
    done = office.run("check", "copy.xlsx", "--json")
    assert done.json["plan"]["orders"] == 2


def test_what_was_in_doubt_and_not_corrected_stays_in_doubt(office: Office) -> None:
    """A number that is stored as a date is none in the copy either."""
    office.xlsx("a.xlsx", [(1, "Andi", date(2026, 1, 2), "TSEL5"), (2, "Budi", date(2026, 1, 3), "TSEL5")])
    copied(office, "a.xlsx", "2,C,081234500001")
    plan = office.run("check", "copy.xlsx", "--json").json["plan"]
    assert (plan["orders"], plan["held"]) == (1, 1)


def test_only_cells_of_the_sheet_are_corrected_and_no_file_is_overwritten(office: Office) -> None:
    office.payroll("a.csv", office.numbers(2))
    assert "C9" in copied(office, "a.csv", "9,C,x", exit_code=2)
    assert "AA2" in copied(office, "a.csv", "2,AA,x", exit_code=2)
    assert "a column's letter" in copied(office, "a.csv", "2,C", exit_code=2)
    done = office.run("rows", "a.csv", "--correct", "cells.csv", "--output", "a.csv")
    assert done.exit == 2
    assert office.run("rows", "a.csv", "--correct", "cells.csv").exit == 2


def test_a_copy_of_a_sheet_that_was_sent_is_said_to_be_another_batch(office: Office) -> None:
    office.payroll("a.csv", office.numbers(2))
    copied(office, "a.csv", "2,C,081234500009")
    command = ("rows", "a.csv", "--correct", "cells.csv", "--output")
    assert "another batch" not in office.run(*command, "first.xlsx").out
    office.send("a.csv")
    assert "a.csv was sent before, and the copy is another batch" in office.run(*command, "second.xlsx").out


def test_status_says_who_is_at_work(office: Office) -> None:
    office.payroll("a.csv", office.numbers(30))
    process = office.start("run", "a.csv", "--yes", "--rate", "5", "--wait", "0")
    office.wait_for_requests(2)
    assert "WIB" in office.run("status", "a.csv", "--json").json["at_work"]
    process.kill()
    process.wait()
    assert (office.folder / ".a.checkpoint.db.holder").exists()
    assert office.run("status", "a.csv", "--json").json["at_work"] is None
