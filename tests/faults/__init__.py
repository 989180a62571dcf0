"""What can go wrong with a request, for a sandbox's `intercept`.

    with Sandbox(intercept=Faults.listed({"isipulsa": {1: "after close"}})) as sandbox:
        ...

`kinds` lists the faults, `damage` carries them out, `faults` decides which request meets which. Like the
sandbox, they know nothing of the rest of the program.
"""

from tests.faults.faults import CAMPAIGN_KINDS, FRONT_STATUSES, STATUSES, Faults
from tests.faults.kinds import KINDS, Fault

__all__ = ["CAMPAIGN_KINDS", "FRONT_STATUSES", "KINDS", "STATUSES", "Fault", "Faults"]
