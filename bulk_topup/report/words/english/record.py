"""What is kept of a batch: its progress file, its part in the record of all top-ups, the stop of an account."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "batch.busy": "another run holds this batch ({holder}); wait until it has ended",
    "batch.ahead": (
        "this sheet's progress file says that it was begun on {day:date}, and by this computer's clock today is only "
        "{today:date}; nothing was sent. If the clock is wrong now, set it. If it was wrong then, whom other sheets paid "
        "meanwhile can't be told: make sure with 'bulk-topup find', then run with --same-batch"
    ),
    "batch.earlier_month": (
        "this sheet's progress file is of {day:date}, an earlier month: for this month's payment run with "
        "--new-batch, to go on with the old one with --same-batch"
    ),
    "batch.changed": (
        "the sheet was changed since it was first sent on {day:date}: to send only what is new run with "
        "--same-batch, to pay the whole sheet again with --new-batch"
    ),
    "batch.finished": (
        "this sheet was sent on {day:date} and nothing is left to do; 'bulk-topup results' writes its results again, "
        "--new-batch pays it once more"
    ),
    "batch.forgotten": (
        "this sheet's batch was begun on {started:date}, and the phone numbers of days before {forgotten:date} were removed with "
        "'bulk-topup forget', so whom other batches paid since is no longer known; put the rows that are left into a "
        "new sheet and run that"
    ),
    "batch.touched": "Last touched: {moment:date} (WIB)",
    "batch.budget": "Budget: {budget:money}, of which {committed:money} is spent or may be",
    "batch.code": "Plan code: {code}",
    "batch.approved": "Approved by: {who}",
    "batch.sent_in_parts": "Sent in {count:number} parts:",
    "batch.part": "    {moment:date} (WIB), {who}: {count:top-up|top-ups}, plan code {code}, {approved}",
    "batch.part_again": "    {moment:date} (WIB), {who}: {count:open row|open rows} sent once more",
    "batch.part_unknown": "    by a command that this progress file does not know: {count:top-up|top-ups}",
    "batch.nothing_new": (
        "nothing in this sheet can be sent now, so no new batch was started and its files were left as they are; "
        "correct what the plan above says, or run without --new-batch to see how the present batch stands"
    ),
    "open.row": "    row {row}, {number}, {product}: {status} - {words}",
    "open.more": "    … and {count:number} more, in the results sheet",
    "sending.approved": "approved by {who}",
    "sending.not_approved": "not approved",
    "sending.not_known": "not known",
    "sending.again": "(open rows once more)",
    "checkpoint.damaged": (
        "the progress file {path} is damaged ({why:words}); restore it from a backup, or ask for help: nothing is "
        "sent without it"
    ),
    "checkpoint.rehearsal": "the progress file {path} is a rehearsal's if --sandbox is given, and only then; add it, or leave it out",
    "checkpoint.half": (
        "the progress file {path} is gone, but {log}, the rest of it, is still there and says what was sent: put "
        "the file back from the bin or a backup, or move {log} away if this sheet is to start anew"
    ),
    "checkpoint.not_ours": "{path} is not a progress file of bulk-topup; name another with --checkpoint",
    "checkpoint.newer": "the progress file {path} was written by a newer bulk-topup; update this one",
    "checkpoint.missing": (
        "{sheet} was not run yet: there is no progress file {path}; see what would be sent with 'bulk-topup check', then "
        "send it with 'bulk-topup run'"
    ),
    "checkpoint.other_account": (
        "the progress file {path} belongs to the account {stored}, but you are {mine}; name other files with "
        "--checkpoint and --output"
    ),
    "checkpoint.other_base_url": (
        "the progress file {path} belongs to the provider at {stored}, not {mine}; name other files with "
        "--checkpoint and --output"
    ),
    "checkpoint.other_file": (
        "the progress file {path} belongs to {stored}, not to {mine}; name other files with --checkpoint and "
        "--output"
    ),
    "checkpoint.other_tab": (
        'the progress file {path} belongs to the tab "{stored}", not to "{mine}"; choose the tab with --sheet, '
        "or name other files with --checkpoint and --output"
    ),
    "checkpoint.unwritable": (
        "the progress file {path} can't be written ({why:words}); nothing more is sent: put that right, then run the same "
        "command again"
    ),
    "checkpoint.gone": (
        "the progress file {path} was deleted or moved away while it was in use; it was put back, and nothing more is "
        "sent: run the same command again"
    ),
    "checkpoint.replaced": (
        "another file took the place of the progress file {path} while it was in use, and nothing more is sent; put back "
        "the one that was there, and run the same command again: what is sent and not in it will be unknown"
    ),
    "checkpoint.unreadable": "the progress file {path} can't be read ({why:words}); copy it to this computer and try again",
    "folder.untrusted": (
        "{path} would lie in a network or synced folder ({kind:words}), where a power cut or a second computer could "
        "damage the record of what was paid; choose a folder of this computer's own disk with {option}"
    ),
    "ledger.no_address": (
        "BULK_TOPUP_LEDGER begins with {scheme}: like a server's address, but is none: write {scheme}://SERVER/DATABASE, "
        "or, for a file of that name, its whole path"
    ),
    "ledger.unusable": (
        "the record of earlier top-ups, {where}, can't be used ({why:words}); nothing more is sent: put that right, then run "
        "the same command again"
    ),
    "ledger.no_connection": (
        "the server of the record of earlier top-ups, {where}, can't be reached, or lets nobody in; nothing more is sent: check "
        "the network, the address and the password, then run the same command again (it was said: {said:words})"
    ),
    "ledger.bad_address": (
        "the address of the record of earlier top-ups, {where}, can't be read; write postgresql://SERVER/DATABASE, and "
        "each of / ? # @ : % in a user name or password as % and its code, so @ as %40"
    ),
    "ledger.other_server": (
        "the record of earlier top-ups can be in a file or on a PostgreSQL server, not at {where}; write the path of "
        "the file, or postgresql://SERVER/DATABASE"
    ),
    "ledger.no_driver": (
        "the record of earlier top-ups is on a server, and what talks to PostgreSQL is not installed; install it with: "
        "python -m pip install 'bulk-topup[postgresql]'"
    ),
    "ledger.other_day": (
        "this computer's clock says it is {here} in Jakarta, the server of the record of earlier top-ups says {there}; "
        "nothing more is sent: set the clock that is wrong, then run the same command again"
    ),
    "ledger.not_owner": (
        "the record of earlier top-ups, {where}, has no tables yet, or those of an earlier version, and this user may not "
        "make them; let the database's owner run 'bulk-topup history' on it once, then run the same command again"
    ),
    "ledger.restored": (
        "The server of the record of all top-ups was restored from an older copy, or moved, so that it may lack what was "
        "paid since. Run 'bulk-topup settle' at every desk on every sheet of the days since: each puts its own back."
    ),
    "ledger.put_back": (
        "the record of all top-ups, {where}, had lost {count:top-up|top-ups} of this batch; they are back in it"
    ),
    "ledger.newer": "the record of earlier top-ups, {where}, was written by a newer bulk-topup; update this one",
    "ledger.other_time": (
        "this computer's clock is {minutes} minutes off the clock of the server that holds the record of all top-ups, so "
        "the two may mean different days; set the clock that is wrong, then run the same command again"
    ),
    "ledger.typed_password": (
        "nothing was copied: what is typed after a command can be read by every user of this computer, and the address "
        "of {where} holds a password; take it out, and keep it in PostgreSQL's own password file (~/.pgpass, or what "
        "PGPASSFILE names) or in the variable PGPASSWORD"
    ),
    "ledger.same": "the record of all top-ups would be copied onto itself, {where}; name two different places",
    "ledger.differs": (
        "nothing was copied: {count:row|rows} of the record stand otherwise where it is copied to, or are still open there "
        "or here ({rows}); run 'bulk-topup settle' on these sheets first, or copy to an empty place"
    ),
    "ledger.copied": (
        "Copied from {source} to {target}, and compared row by row: {claims:number} entries, {batches:number} batches; "
        "{taken:number} more entries stand there for another batch. Set BULK_TOPUP_LEDGER at every desk before the next run."
    ),
    "ledger.next": "see whether this desk is set up for it:",
    "account.stop": "The account is stopped for all of its desks. {desk} was told at {at:date} (WIB): {cause}",
    "account.stopped": (
        "nothing was sent, because the account is stopped for all of its desks; once the cause is put right, let them "
        "send again with 'bulk-topup account resume'"
    ),
    "account.how_to_resume": "put the cause right, then let all desks send again:",
    "account.next": "see what was sent so far, and what is open:",
    "account.free": "The account is not stopped: all of its desks may send.",
    "account.resumed": "All desks of the account may send again. The stop that {desk} met at {at:date} (WIB) is cleared.",
    "account.not_shared": (
        "the record of all top-ups is a file, {where}, so this computer shares no stop with other desks and there is "
        "nothing to clear: run the same command again once the cause is put right"
    ),
}
