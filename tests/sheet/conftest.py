"""Where the parser is what is tested, it runs in a process of its own: what it reads may do harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bulk_topup.sheet.process import parent
from tests import forks

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package", autouse=True)
def _forked_readers(_readers_here: None) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parent, "_started", forks.reader)
        yield
