"""The command line, and how any command speaks."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "usage.options": "Options",
    "usage.everyday": "Every day",
    "usage.more": "More",
    "usage.more_options": "More options",
    "usage.number": "{value} is not a number from {least} to {most}.",
    "usage.whole": "{value} is not a whole number from {least} to {most}.",
    "usage.range": "from {least} to {most}",
    "usage.range_open": "{least} or more",
    "usage.least": "{value} is not a whole number of {least} or more.",
    "usage.prove": "give --prove-51 NUMBER and --product CODE together",
    "usage.not_a_month": "{value} is not a month; write the year and the month, as in 2026-11.",
    "usage.not_a_day": "{value} is not a day; write the year, the month and the day, as in 2026-01-31.",
    "usage.rupiah": "{value} is not an amount in rupiah; write it as 25000000 or 25.000.000.",
    "usage.rupiah_ambiguous": (
        "{value} can be read as {one:money} or as {other:money}; write the one that is meant with its digits alone, as "
        "25000000, or in threes, as 25.000.000."
    ),
    "usage.rupiah_least": "{value:money} is too little; give {least:money} or more.",
    "usage.resolve": "give --row, --number and either --invoice or --not-sent; or --from FILE",
    "usage.approve": "give --approve CODE and --approved-by NAME together",
    "usage.note": "--note is who said so, for the record: put a name in place of '{note}'",
    "usage.approver": "put the approver's own name in place of NAME",
    "usage.yes_no": "[y/N]",
    "error": "bulk-topup: {message}",
    "notice": "Note: {message}",
    "defect": (
        "a defect of bulk-topup ({why}); what was sent is safe in the progress file: run the same command again, "
        "and report this line"
    ),
    "interrupted.before": "interrupted; nothing is lost: run the same command again",
    "interrupted.waiting": "Waiting for the answers under way; press Ctrl-C again to leave at once.",
    "json.unwritable": "the answer of --json could not be printed: whatever reads the output is gone, or its disk is full",
    "output.long_name": (
        "the name {path} is too long, at more than {most} bytes, for the files that are called after it; shorten the name "
        "of the sheet, or of --checkpoint and --output"
    ),
    "output.suffix": "{path}: results are written as {known}; name such a file with --output",
    "output.is_sheet": "{path} is the sheet itself; name another file with --output",
    "output.no_folder": "{path} can't be written: there is no folder {folder}; make it, or correct --output",
    "output.is_checkpoint": "{path} is the progress file; name another file with --output",
    "new_file.suffix": "{path}: the name has to end in {known}; correct it and try again",
    "new_file.exists": "{path} is there already and was left as it is; give another name, or move it away first",
}
