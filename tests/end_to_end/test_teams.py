"""Sixteen desks of one account with overlapping sheets, killed at random, judged by the provider's book."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests import postgres
from tests.markdown import ROOT

if not hasattr(os, "fork"):
    pytest.skip("the campaign forks a process for every desk", allow_module_level=True)


@pytest.mark.skipif(bool(postgres.MISSING), reason=postgres.MISSING)
@pytest.mark.alone
def test_many_desks_pay_nobody_twice_lose_no_row_hold_the_rate_and_stop_together() -> None:
    """The short form; `python -m tests.campaign.teams --long` kills sixty times."""
    command = [sys.executable, "-m", "tests.campaign.teams"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    facts = json.loads(done.stdout[: done.stdout.rindex("}") + 1])
    assert (facts["desks"], facts["paid twice"]) == (16, 0)
    assert sum(facts["kills"].values()) >= 5
    assert facts["statuses"]["duplicate"] > 100, "the sheets hardly overlapped"
