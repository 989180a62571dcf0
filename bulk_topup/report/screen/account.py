"""Who is logged in at the provider, and whether the account is stopped on all its computers."""

from __future__ import annotations

from bulk_topup.core.model import Stop
from bulk_topup.report.screen.halt import stop_line
from bulk_topup.report.screen.report import Report
from bulk_topup.report.words import say


def login_report(username: str, base_url: str) -> Report:
    facts = {"username": username, "base_url": base_url}
    return Report({"login": facts}, [say.text("login.done", **facts)])


def logout_report(username: str | None, base_url: str) -> Report:
    facts = {"username": username, "base_url": base_url}
    code = "logout.nobody" if username is None else "logout.done"
    return Report({"logout": facts}, [say.text(code, **facts)])


def stop_report(stop: Stop | None) -> Report:
    """Why no computer of the account may send; None if all may."""
    if stop is None:
        return Report({"stop": None}, [say.text("account.free")])
    return Report({"stop": stop.facts()}, warnings=[stop_line("account.stop", stop.facts())])


def cleared_report(stop: Stop | None) -> Report:
    """All computers may send again; None if they could before."""
    if stop is None:
        return Report({"cleared": None}, [say.text("account.free")])
    return Report({"cleared": stop.facts()}, [say.text("account.resumed", **stop.facts())])
