"""All wording in English, by code: a file for each family of codes."""

from bulk_topup.report.words.english import (
    approvers,
    causes,
    command_line,
    desk,
    doctor,
    history,
    open_rows,
    outcomes,
    plan,
    provider,
    record,
    results,
    rows,
    run,
    settings,
    sheet,
)

WORDS: dict[str, str] = {
    **approvers.WORDS,
    **causes.WORDS,
    **command_line.WORDS,
    **desk.WORDS,
    **doctor.WORDS,
    **history.WORDS,
    **open_rows.WORDS,
    **outcomes.WORDS,
    **plan.WORDS,
    **provider.WORDS,
    **record.WORDS,
    **results.WORDS,
    **rows.WORDS,
    **run.WORDS,
    **settings.WORDS,
    **sheet.WORDS,
}
