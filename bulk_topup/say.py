"""All wording for people, in one place.

`WORDS` maps a code to its text; findings, outcomes, notices and errors carry only codes and facts.
"""

from __future__ import annotations

WORDS: dict[str, str] = {
    # -- sheet: errors and notices ------------------------------------------------------------------------
    # -- numbers and checks: findings ---------------------------------------------------------------------
    # -- outcomes -----------------------------------------------------------------------------------------
    # -- provider -----------------------------------------------------------------------------------------
}
