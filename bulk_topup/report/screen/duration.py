"""Durations, computed and in words."""

from bulk_topup.report.screen.report import Report
from bulk_topup.report.words import say


def time_report(orders: int, rate_per_s: float) -> Report:
    """How long these take if the provider keeps up; nothing if there are none."""
    if not orders:
        return Report({})
    time = time_words(left_s(orders, rate_per_s))
    return Report({}, ["  " + say.text("plan.takes", time=time, rate=say.plain(rate_per_s))])


def left_s(left: int, rate_per_s: float, *, done: int = 0, elapsed_s: float = 0.0) -> float:
    """Seconds for the requests `left`, at the allowed rate or, if slower, at the pace of those `done`."""
    interval_s = 1 / rate_per_s
    return left * (max(interval_s, elapsed_s / done) if done else interval_s)


def time_words(seconds: float) -> str:
    """`45 s`, `12 min` or `2 h 5 min`."""
    if seconds < 90:
        return say.text("time.seconds", seconds=max(1, round(seconds)))
    hours, minutes = divmod(round(seconds / 60), 60)
    return say.text("time.hours" if hours else "time.minutes", hours=hours, minutes=minutes)


def duration(seconds: int) -> str:
    """`0:45`, `12:05` or `1:02:05`."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
