"""All wording for people, in one place.

`WORDS` maps a code to its text; findings, outcomes, notices and errors carry only codes and facts.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

from bulk_topup.model import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bulk_topup.errors import BulkTopupError
    from bulk_topup.model import Finding

WORDS: dict[str, str] = {
    # -- sheet: errors and notices ------------------------------------------------------------------------
    "sheet.not_found": "{file}: there is no such file; check the name and the folder",
    "sheet.folder": "{file} is a folder; give the name of one spreadsheet in it",
    "sheet.not_a_file": "{file} is not an ordinary file; save the spreadsheet to disk and give its name",
    "sheet.no_permission": (
        "{file} may not be opened; close it in Excel, or ask its owner for permission to read it"
    ),
    "sheet.not_readable": (
        "{file} could not be read from disk ({cause}); copy it to this computer and try again"
    ),
    "sheet.too_large": "{file} does not fit in this computer's memory; split it into smaller files",
    "sheet.empty_file": "{file} is empty (0 bytes); save or export it again",
    "sheet.empty": "{file} has no filled cells; check that the rows were saved, and in this tab",
    "sheet.no_rows": "{file} has a header in row {row} but no rows under it; nothing to send",
    "sheet.password": (
        "{file} is protected with a password; in Excel, remove the password to open it and save it again as "
        ".xlsx"
    ),
    "sheet.old_xls": "{file} is an old Excel workbook (.xls); open it in Excel and save it as .xlsx",
    "sheet.xlsb": "{file} is an Excel binary workbook (.xlsb); open it in Excel and save it as .xlsx",
    "sheet.ods": "{file} is an OpenDocument file (.ods); open it in Excel or LibreOffice and save it as .xlsx",
    "sheet.numbers_app": "{file} is an Apple Numbers file; export it as Excel (.xlsx) from Numbers",
    "sheet.html": "{file} is a web page (HTML), whatever its name says; open it in Excel and save it as .xlsx",
    "sheet.xml": "{file} is an XML file, whatever its name says; open it in Excel and save it as .xlsx",
    "sheet.pdf": "{file} is a PDF document; ask for the spreadsheet that it was made from",
    "sheet.not_a_spreadsheet": "{file} is a document or a presentation, not a spreadsheet; save it as .xlsx",
    "sheet.unreadable": (
        "{file} could not be read as an Excel workbook ({cause}); open it in Excel and save it again as .xlsx"
    ),
    "sheet.not_text": "{file} is neither an Excel workbook nor a CSV text file; save it from Excel as .xlsx",
    "sheet.encoding": (
        "{file} has characters that are neither UTF-8 nor Windows-1252; save it from Excel as 'CSV UTF-8' "
        "or .xlsx"
    ),
    "sheet.windows_1252": (
        "the file is not UTF-8 and was read as Windows-1252; if accented letters look wrong, save it as "
        "'CSV UTF-8' or .xlsx"
    ),
    "sheet.quotes": (
        '{file}, row {row}: a quotation mark (") is opened and not closed, or stands where none belongs; '
        "correct that row, or save the file as .xlsx"
    ),
    "sheet.delimiter": (
        "{file} can be split into columns in more than one way; save it as .xlsx, or put sep=; (or sep=,) in "
        "its first line"
    ),
    "sheet.ragged": (
        "{file}: {count} row(s) have more cells than the header's {columns} columns (row {rows}); put a text that "
        'contains the delimiter between quotation marks ("), or save the file as .xlsx'
    ),
    "sheet.no_tabs": '{file} is not an Excel workbook and has no tab "{tab}"; leave out --sheet',
    "sheet.no_such_tab": '{file} has no tab "{tab}"; its tabs are {tabs}',
    "sheet.several_tabs": (
        '{file} has several tabs with phone numbers and products: {tabs}; choose one, as in --sheet "{tab}"'
    ),
    "sheet.no_tab_fits": (
        "{file}: no visible tab has both a phone number column and a product column ({tabs}); choose the "
        "tab with --sheet NAME, and its columns with --number-column and --product-column"
    ),
    "sheet.all_hidden": (
        "{file} has no visible tab; unhide one in Excel, or choose one of {tabs} with --sheet NAME"
    ),
    "sheet.no_number_column": (
        "{file}: no phone number column was found; row {row} has {columns}; name the header No HP, or "
        "choose the column with --number-column (its header or its letter)"
    ),
    "sheet.no_product_column": (
        "{file}: no product code column was found; row {row} has {columns}; name the header Kode Produk, or "
        "choose the column with --product-column (its header or its letter)"
    ),
    "sheet.no_such_column": (
        "{file} has no column {name} ({option}); its columns are {columns}; give a header as it stands "
        "there, or the column's letter"
    ),
    "sheet.same_column": (
        "{file}: {column} cannot be both the phone number and the product code; choose two columns with "
        "--number-column and --product-column"
    ),
    "sheet.no_header": (
        "{file} has no header: its first row holds the phone number {number}; add a row above it with the names "
        "of the columns, such as No HP and Kode Produk"
    ),
    "sheet.ambiguous": (
        "{file}: it is not clear which of these columns to use: {columns}; choose one, as in {option} {letter}"
    ),
    "sheet.ambiguous_optional": (
        "{file}: more than one column may hold the {meaning}: {columns}; rename the headers of those that "
        "do not"
    ),
    "sheet.two_results": (
        "{file} has the ten results columns more than once, starting at {columns}; delete the older ones"
    ),
    # -- numbers and checks: findings ---------------------------------------------------------------------
    "number.missing": "there is no phone number; fill it in, or delete the row",
    "number.digits_not_ascii": (
        "{text} has digits of another script ({characters}); type the number again with the digits 0 to 9"
    ),
    "number.scientific": (
        "{text} is a number in scientific notation and has lost digits; format the column as Text and type "
        "the phone number again"
    ),
    "number.several": (
        "{text} seems to hold more than one number, or a number and something else; keep one phone number "
        "in the cell, and give the others a row each"
    ),
    "number.letter_o": "{text} has the letter O in it; if the digit 0 is meant, correct it to {suggestion}",
    "number.letters": "{text} has letters in it ({characters}); keep only the phone number in the cell",
    "number.decimal_zero": (
        "{text} was saved as a decimal number; if the phone number is {suggestion}, type that, with the "
        "column formatted as Text"
    ),
    "number.decimal": (
        "{text} has a decimal point or thousands separators in it; format the column as Text and type the "
        "phone number again, digits only"
    ),
    "number.foreign": (
        "{text} is not an Indonesian number; only numbers that start with 08 or +62 8 can be topped up"
    ),
    "number.characters": (
        "{text} has characters that no phone number has ({characters}); keep only the digits"
    ),
    "number.spelling": (
        "{text} has a dash, dot, plus sign or bracket where none belongs; keep only the digits"
    ),
    "number.length": (
        "{text} has {digits} digits; an Indonesian mobile number has {least} to {most}, its leading 0 "
        "included"
    ),
    "number.landline": (
        "{text} is a landline number (area code {area}); give a mobile number, which starts with 08"
    ),
    "number.prefix": (
        "{text} starts with {prefix}, which no Indonesian mobile number does; they start with 08 (081 to "
        "083 and 085 to 089)"
    ),
    # -- outcomes -----------------------------------------------------------------------------------------
    "outcome.sukses": "Paid.",
    "outcome.pending": (
        "The provider took the order and is still working on it; run 'bulk-topup settle' on this sheet "
        "later to see how it ended."
    ),
    "outcome.gagal_later": (
        "The provider took the order and reported later that it failed; run again with --retry-failed to "
        "send it once more."
    ),
    "outcome.interrupted": (
        "The program ended before the answer came, so nobody here knows whether this was paid; look the "
        "number up in the provider's transaction list."
    ),
    "outcome.reason.00": (
        "The provider's system is disturbed and the order failed; run again later with --retry-failed."
    ),
    "outcome.reason.11": (
        "The provider says that this number is not a valid one; correct the number in the sheet and run it "
        "again."
    ),
    "outcome.reason.12": (
        "The provider cannot deliver this product at the moment; run again later with --retry-failed, or "
        "choose another product."
    ),
    "outcome.reason.21": (
        "The provider stopped the account: there is a problem with its credit card top-up. Settle it with "
        "the provider, then run the same command again."
    ),
    "outcome.reason.31": (
        "The provider does not allow this account to send top-ups. Ask the provider why, then run the same "
        "command again."
    ),
    "outcome.reason.41": (
        "The provider says that a top-up is already in progress, so nobody here knows whether this was "
        "paid; look the number up in the provider's transaction list."
    ),
    "outcome.reason.51": (
        "The provider already holds a top-up of this amount to this number today, and takes only one a day."
    ),
    "outcome.reason.61": (
        "The provider has locked the balance of the account. Ask the provider to unlock it, then run the "
        "same command again."
    ),
    "outcome.reason.62": (
        "The deposit at the provider is used up. Add to it, then run the same command again: it carries on "
        "with this row."
    ),
    "outcome.reason.71": (
        "The provider has not verified the account yet. Complete the verification with the provider, then "
        "run the same command again."
    ),
    "outcome.reason.81": (
        "The provider sent a notice by email to the account's owner. Do what it asks, then run the same "
        "command again."
    ),
    "outcome.reason.82": (
        "The provider waits for a code that it sent by SMS to the account's owner. Enter it at the "
        "provider's site, then run the same command again."
    ),
    "outcome.reason.91": (
        "The provider reports an error of its operator, so nobody here knows whether this was paid; look "
        "the number up in the provider's transaction list."
    ),
    "outcome.other_order": (
        "The provider answered about another number or product than the one sent, so nobody here knows "
        "whether this was paid; ask the provider before anything more is sent."
    ),
    "outcome.same_invoice": (
        "The provider answered with the invoice of another row, so nobody here knows whether this was paid; ask "
        "the provider before anything more is sent."
    ),
    "outcome.no_invoice": (
        "The provider said yes without a usable invoice number; look the number up in the provider's "
        "transaction list."
    ),
    "outcome.other_status": (
        "The provider answered with a status that its documentation does not have; run 'bulk-topup settle' "
        "on this sheet, or ask the provider about the invoice."
    ),
    "outcome.other_reason_code": (
        "The provider said no with a reason code that its documentation does not have, so nobody here knows"
        " whether this was paid; ask the provider."
    ),
    "outcome.contradiction": (
        "The provider's answer says no and yes at once, so nobody here knows whether this was paid; ask the"
        " provider."
    ),
    "outcome.not_as_documented": (
        "The provider's answer is not one that its documentation has, so nobody here knows whether this was"
        " paid; look the number up in its transaction list."
    ),
    "outcome.empty": (
        "The provider's answer was empty, so nobody here knows whether this was paid; look the number up in"
        " its transaction list."
    ),
    "outcome.http.moved": (
        "The provider's address has moved, and orders are never sent on to another address. Check the "
        "address (BULK_TOPUP_BASE_URL), then run the same command again."
    ),
    "outcome.http.login": (
        "The provider's server turned the user name or password away. Check both, then run the same command"
        " again."
    ),
    "outcome.http.proxy_login": (
        "Your network's proxy wants a login. Ask your IT department, then run the same command again."
    ),
    "outcome.http.address": (
        "The provider's server knows no top-ups at this address. Check the address (BULK_TOPUP_BASE_URL), "
        "then run the same command again."
    ),
    "outcome.too_many_requests": (
        "The provider asked to go more slowly. Run the same command again later, with a lower --rate."
    ),
    "outcome.not_sent.late": "Not sent. The connection came too late for this row, so it was held back.",
    "outcome.not_sent.dns": (
        "Not sent. The provider's server name could not be looked up. Check the internet connection, then "
        "run the same command again."
    ),
    "outcome.not_sent.refused": (
        "Not sent. The provider's server accepts no connections. Run the same command again later."
    ),
    "outcome.not_sent.unreachable": (
        "Not sent. There is no way to the provider's server from here. Check the internet connection, then "
        "run the same command again."
    ),
    "outcome.not_sent.connect_timeout": (
        "Not sent. The provider's server did not pick up. Check the internet connection, then run the same "
        "command again."
    ),
    "outcome.not_sent.certificate": (
        "Not sent. The provider's server could not prove who it is. Check the address and this computer's "
        "clock; in an office network, ask IT for the certificate file and name it in REQUESTS_CA_BUNDLE."
    ),
    "outcome.not_sent.tls": (
        "Not sent. No secure connection to the provider's server could be agreed. Check the address "
        "(BULK_TOPUP_BASE_URL), then run the same command again."
    ),
    "outcome.not_sent.proxy": (
        "Not sent. Your network's proxy did not let the connection through. Ask your IT department, or "
        "check HTTPS_PROXY, then run the same command again."
    ),
    "outcome.not_sent.failed": (
        "Not sent. The request could not be started. Run the same command again; if this stays, report it."
    ),
    "outcome.no_answer.timeout": (
        "No complete answer came in time, so nobody here knows whether this was paid; look the number up in"
        " the provider's transaction list."
    ),
    "outcome.no_answer.closed": (
        "The provider hung up without an answer, so nobody here knows whether this was paid; look the "
        "number up in the provider's transaction list."
    ),
    "outcome.no_answer.reset": (
        "The connection broke off before the answer, so nobody here knows whether this was paid; look the "
        "number up in the provider's transaction list."
    ),
    "outcome.no_answer.truncated": (
        "The answer broke off half-way, so nobody here knows whether this was paid; look the number up in "
        "the provider's transaction list."
    ),
    "outcome.no_answer.too_long": (
        "The answer was far longer than any answer should be, so nobody here knows whether this was paid; "
        "look the number up in the provider's transaction list."
    ),
    "outcome.no_answer.bad_encoding": (
        "The answer arrived damaged, so nobody here knows whether this was paid; look the number up in the "
        "provider's transaction list."
    ),
    "outcome.no_answer.bad_http": (
        "The answer was not in the form that web servers use, so nobody here knows whether this was paid; "
        "look the number up in the provider's transaction list."
    ),
    "outcome.no_answer.tls": (
        "The secure connection failed before the answer, so nobody here knows whether this was paid; look "
        "the number up in the provider's transaction list."
    ),
    "outcome.no_answer.failed": (
        "The answer could not be read, so nobody here knows whether this was paid; look the number up in "
        "the provider's transaction list."
    ),
    "outcome.streak.unknown": (
        "Stopped: five answers in a row left it open whether the row was paid. Look these rows up in the "
        "provider's transaction list before you run the same command again."
    ),
    "outcome.streak.system_faults": (
        "Stopped: the provider said five times in a row that its system is disturbed. Run the same command "
        "again later, with --retry-failed for the rows that failed."
    ),
    # -- provider -----------------------------------------------------------------------------------------
    "provider.base_url": (
        "The provider's address '{address}' cannot be used: it must start with https:// (http:// only for "
        "this computer itself) and hold no user name, '?' or '#'. Correct BULK_TOPUP_BASE_URL or --base-"
        "url."
    ),
    "provider.certificates": (
        "The certificate file {file}, named by {setting}, cannot be read. Correct {setting}, or remove it "
        "to use the built-in certificates."
    ),
    "provider.login": (
        "The provider turned the account away (code {reason_code}): {reason}. Check the user name and "
        "password; nothing was sent."
    ),
    "provider.dns": (
        "The server name in {address} could not be looked up. Check the internet connection and the "
        "address; nothing was sent."
    ),
    "provider.refused": (
        "The server at {address} accepts no connections. Check the address, or try later; nothing was sent."
    ),
    "provider.unreachable": (
        "There is no way to {address} from here. Check the internet connection; nothing was sent."
    ),
    "provider.connect_timeout": (
        "The server at {address} did not pick up. Check the internet connection, or try later; nothing was "
        "sent."
    ),
    "provider.certificate": (
        "The server at {address} could not prove who it is. Check the address and this computer's clock; in"
        " an office network, ask IT for the certificate file and name it in REQUESTS_CA_BUNDLE. Nothing was"
        " sent."
    ),
    "provider.tls": (
        "No secure connection to {address} could be agreed. Check the address; nothing was sent."
    ),
    "provider.proxy": (
        "Your network's proxy did not let the connection to {address} through. Ask your IT department, or "
        "check HTTPS_PROXY; nothing was sent."
    ),
    "provider.timeout": (
        "The price list from {address} did not arrive within {seconds} seconds. Try later, or allow more "
        "with --timeout; nothing was sent."
    ),
    "provider.no_answer": (
        "The connection to {address} broke off before the price list was complete. Try again later; nothing"
        " was sent."
    ),
    "provider.too_long": (
        "The answer from {address} is far longer than any price list. Check the address; nothing was sent."
    ),
    "provider.http_status": (
        "{address} answered with HTTP status {status} instead of a price list. Check the address, or try "
        "later; nothing was sent."
    ),
    "provider.not_json": (
        "{address} answered with a web page or other text instead of a price list. Check the address, or "
        "try later; nothing was sent."
    ),
    "provider.no_products": (
        "The price list from {address} is empty. Try later, or ask the provider; nothing was sent."
    ),
    "provider.other_shape": (
        "The answer from {address} is not a price list as the provider documents it. Check the address, or "
        "ask the provider; nothing was sent."
    ),
    # -- results ------------------------------------------------------------------------------------------
    "results.unwritable": (
        "The results could not be saved as {path}: {why}. What was sent is safe in the progress file: "
        "make room, or choose another folder with --output, and run 'bulk-topup results' on the sheet."
    ),
    "results.rehearsal": "SANDBOX \N{EN DASH} rehearsal, no money moved",
    "results.cut": "… (cut: {count} characters)",
    # -- checks: cells, products, nominals, counts --------------------------------------------------------
    "cell.error": "{value} is an Excel error, not a value; correct the formula or type the value",
    "cell.date": "{value} is a date; format the column as Text and type the value again",
    "cell.boolean": "{value} is a yes/no cell; format the column as Text and type the value again",
    "cell.decimal": "{value} is a decimal number; format the column as Text and type the value again",
    "number.lost_digits": (
        "{value} is a number of more than 15 digits, of which Excel has lost some; format the column as Text "
        "and paste it again"
    ),
    "product.missing": "there is no product code; fill it in ('bulk-topup prices' lists them)",
    "product.unknown": "{value} is not in the price list; 'bulk-topup prices' lists the codes",
    "product.unknown_near": "{value} is not in the price list; did you mean {near}?",
    "product.closed": "{value} is closed at the provider today; choose another product, or run again later",
    "product.no_price": "{value} has no usable price in the price list; choose another product",
    "nominal.differs": (
        "the sheet says {value}, but {product} tops up {nominal}; correct the product code or the nominal"
    ),
    "nominal.unreadable": "{value} is not an amount in rupiah; write it as 50000, or leave it empty",
    "itrx.not_a_count": "{value} is not a count; write 1, 2, 3 … for the first, second, third top-up of the day",
    "operator.differs": "{value} is a number of {own}, but {product} is for {operator}; check the product code",
    # -- rows held back because of other rows, runs and batches -------------------------------------------
    "duplicate.sheet": (
        "{value}: row {first} already tops up {number} with {nominal} today, and the provider takes only one a day; "
        "delete this row, or count deliberate repeats in a column 'pengisian ke'"
    ),
    "duplicate.other_batch": "batch {batch} (row {row}) already topped up this number with this amount on {day}",
    "duplicate.open_elsewhere": (
        "batch {batch} (row {row}) sent this number the same amount on {day} and its outcome is still open; "
        "settle that batch first"
    ),
    "duplicate.results": "these results say that the row is {value} already; it is not sent again",
    "duplicate.results_invoice": "these results say that the row is {value} already (invoice {invoice})",
    "changed.already_sent": (
        "this batch already sent {product} to {value} (row {row}, {status}); if this row is meant besides, run "
        "with --include-changed"
    ),
    "unsent.not_reached": "not sent: the run ended before this row; run the same command again",
    "unsent.product_disturbed": (
        "not sent: the provider could not deliver {product} three times in a row; run the same command again later"
    ),
    "unsent.copy_waits": "not sent: top-up {nth} of this number and amount has to be paid first, on the same day",
    "provider_says": "(Provider: {reason})",
    "removed_from_sheet": "removed from sheet (it was row {row})",
    # -- the batch, its files, its run --------------------------------------------------------------------
    "batch.busy": "another run holds this batch ({holder}); wait until it has ended",
    "batch.earlier_month": (
        "this sheet's progress file is of {day}, an earlier month: for this month's payment run with "
        "--new-batch, to go on with the old one with --same-batch"
    ),
    "batch.changed": (
        "the sheet was changed since it was first sent on {day}: to send only what is new run with "
        "--same-batch, to pay the whole sheet again with --new-batch"
    ),
    "batch.finished": (
        "this sheet was sent on {day} and nothing is left to do; 'bulk-topup results' writes its results again, "
        "--new-batch pays it once more"
    ),
    "checkpoint.damaged": (
        "the progress file {path} is damaged ({why}); restore it from a backup, or ask for help: nothing is "
        "sent without it"
    ),
    "checkpoint.rehearsal": "the progress file {path} is a rehearsal's if --sandbox is given, and only then; add it, or leave it out",
    "checkpoint.half": (
        "the progress file {path} is gone, but {log}, the rest of it, is still there and says what was sent: put "
        "the file back from the bin or a backup, or move {log} away if this sheet is to start anew"
    ),
    "checkpoint.not_ours": "{path} is not a progress file of bulk-topup; name another with --checkpoint",
    "checkpoint.newer": "the progress file {path} was written by a newer bulk-topup; update this one",
    "checkpoint.missing": "{sheet} was not run yet: there is no progress file {path}",
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
    "checkpoint.unwritable": "the progress file {path} can't be written ({why}); nothing more is sent",
    "folder.untrusted": (
        "{path} would lie in a network or synced folder ({kind}), where a power cut or a second computer could "
        "damage the record of what was paid; choose a folder of this computer's own disk with {option}"
    ),
    "ledger.unusable": "the record of earlier top-ups, {where}, can't be used ({why}); nothing more is sent",
    "budget.exceeded": (
        "the plan costs {cost:money}, with {before:money} spent before, and the budget is {budget:money}; "
        "nothing was sent"
    ),
    "output.suffix": "{path}: results are written as {known}; name such a file with --output",
    "output.is_sheet": "{path} is the sheet itself; name another file with --output",
    "output.no_folder": "{path} can't be written: there is no folder {folder}; make it, or correct --output",
    "output.is_checkpoint": "{path} is the progress file; name another file with --output",
    "credentials.missing": (
        "no {variable} is set, and there is no terminal to ask on; set it, or give --password-file for the password"
    ),
    "credentials.empty": "nothing was typed; type it, or set {variable}",
    "credentials.file": "the password file {path} can't be used ({why})",
    "declined.no_terminal": "there is no terminal to ask on; nothing was sent: add --yes to send this plan",
    "declined.other_day": "midnight passed while the plan waited; nothing was sent: run the same command again",
    "declined.person": "nothing was sent",
    # -- why a run stopped early --------------------------------------------------------------------------
    "halt.interrupted": "Interrupted. What was under way has been recorded; run the same command to go on.",
    "halt.budget": (
        "Stopped: the next top-up would cost more than the plan you saw ({limit:money}), because the provider "
        "debits more than it lists. Run the same command again for the rest."
    ),
    "halt.out_of_reach": "Stopped: the provider can't be reached. {cause} Run the same command again later.",
    "defect": (
        "a defect of bulk-topup ({why}); what was sent is safe in the progress file: run the same command again, "
        "and report this line"
    ),
    "interrupted.before": "interrupted; nothing is lost: run the same command again",
    "error": "bulk-topup: {message}",
    "notice": "Note: {message}",
    "interrupted.waiting": "Waiting for the answers under way; press Ctrl-C again to leave at once.",
    # -- plan and summary ---------------------------------------------------------------------------------
    "sandbox.banner": "SANDBOX: a rehearsal, no money moves.",
    "sandbox.serving": (
        "Sandbox at {url} (username sandbox, password sandbox); set BULK_TOPUP_BASE_URL to it. Ctrl-C ends it."
    ),
    "sandbox.failed": "the sandbox can't start: {why}",
    "product.ready": "ready",
    "product.is_closed": "closed",
    "recent.other_batch": "{value} was paid the same amount by batch {batch} (row {row}) on {day}; check that it is due again",
    "overlap.seen": (
        "{paid} of {count} rows were paid by batch {batch} on {day}: is this the same payment once more?"
    ),
    "overlap.ask": "To pay all {count} rows, type their number:",
    "declined.overlap": (
        "nothing was sent: --yes is not enough to pay again what another batch paid; if it is due, add --again"
    ),
    "resend.ask": (
        "Send {count} unknown top-ups ({cost:money}) once more? The provider takes only one a day for a number "
        "and amount, so what it already has is refused, not paid again."
    ),
    "resend.held": "  row {row}, {number}: not sent again: {why}",
    "resend.accepted": "the provider holds it already; ask for its invoice and use 'bulk-topup resolve'",
    "resend.counted": "it is a deliberate repeat (counted), which the provider's one-a-day rule may not guard",
    "resend.other_day": "it was sent on another day, so the provider would take it as a new one",
    "resend.near_midnight": "it was sent, or it is now, within 10 minutes of midnight (WIB)",
    "resend.too_soon": "it was sent less than a minute ago; try again shortly",
    "resend.no_skew": "the provider's clock was not seen at the time, so the day can't be sure",
    "resend.skewed": "this computer's clock and the provider's differ by more than 5 minutes; set the clock",
    "resend.other_calendar": "the provider's dates do not follow the WIB day",
    "resolve.done": "row {row} {number}: {status} - {words}",
    "resolve.not_open": "row {row} is not open: only unknown and accepted rows can be resolved",
    "resolve.other_number": "row {row} is not {number}: row and number must both match; nothing was changed for it",
    "resolve.several": "{number} has several open rows; name the row",
    "resolve.other_row": "row {row}: invoice {invoice} already belongs to row {other}",
    "resolve.unconfirmed": (
        "row {row}: the provider does not confirm invoice {invoice} as a finished top-up of this number and "
        "product; check the invoice, or try again later"
    ),
    "resolve.other_day": "row {row}: invoice {invoice} is of {stated}, another day than this row's attempt",
    "resolve.nothing": "{path} has no row with an invoice (or 'not sent') filled in",
    "resolve.row_column": "{path}, row {row}: {value} is not a row number",
    "resolve.blank": "row {row}: the invoice is blank; give it, or say --not-sent",
    "resolve.number": "{number} is not a mobile number",
    "outcome.resolved_not_sent": "A person found out that this was not sent.",
    "unwritten": (
        "The answer for row {row}, {number}, could not be recorded: {kind} {invoice}. Write it down; the row "
        "will be unknown until 'bulk-topup resolve'."
    ),
    "books.balance": "deposit {opening:money} at the start, {closing:money} at the end; debits {debited:money}",
    "books.refunds": (
        "{rupiah:money} of it was for top-ups that failed later; the provider pays it back, which shows in its "
        "next answer"
    ),
    "books.unexplained": (
        "{rupiah:money} left the deposit without a debit that we know of: unknown rows, or other top-ups of the "
        "same account, may explain it"
    ),
    "books.mispriced": "debited other than the listed price: {rows}, {rupiah:money} in all",
    "balance.short": (
        "The deposit is {balance:money}, and the rest of this plan costs {needed:money}: add {missing:money}. "
        "If it runs out, the run stops; the same command goes on."
    ),
    "outcome.not_in_checkpoint": (
        "The record of earlier top-ups knows an attempt that this progress file does not (an older copy of it "
        "was restored, or the program was killed just then), so nobody here knows whether this was paid; look "
        "the number up in the provider's transaction list."
    ),
    "plan.title": "Plan for {file}{tab}",
    "plan.orders": "to send now",
    "plan.done": "sent before",
    "plan.held": "held back",
    "plan.rows": "rows in the sheet",
    "plan.code": "  plan code {code}",
    "plan.ask": "Send {count} top-ups for {cost:money}?",
    "plan.nothing": "  nothing to send",
    "plan.more_findings": "  … and {count} more; 'bulk-topup check' shows all",
    "row": "row {row}, {found}",
    "rows.one": "row {first}",
    "rows.many": "rows {first}",
    "rows.more": "rows {first} and {more} more",
    "tally.title": "Results: {rows} rows",
    "tally.results": "Results sheet: {path}",
    "next.pending": "{count} pending: run 'bulk-topup settle {sheet}' later",
    "next.unknown": (
        "{count} unknown: look them up at the provider and use 'bulk-topup resolve', or today before 23:50 WIB run "
        "'bulk-topup settle {sheet} --resend'"
    ),
    "next.accepted": "{count} accepted: ask the provider for the invoice, then use 'bulk-topup resolve'",
    "next.gagal": "{count} failed: run 'bulk-topup run {sheet} --retry-failed' to send them again",
    "next.unsent": "{count} unsent: run 'bulk-topup run {sheet}' to go on",
    "next.invalid": "{count} invalid: correct the sheet and run it again",
    "paid.yes": "paid",
    "paid.no": "not paid",
    "paid.ask": "ask provider",
    "status.sukses": "paid",
    "status.pending": "the provider is still working on it",
    "status.accepted": "the provider holds it, its invoice never reached us",
    "status.unknown": "no clear answer reached us, it may be paid",
    "status.gagal": "failed at the provider",
    "status.duplicate": "already topped up, or twice in the sheet",
    "status.invalid": "held back by a check",
    "status.unsent": "not sent",
    # -- kinds of held rows -------------------------------------------------------------------------------
    "kind.cell.error": "an Excel error instead of a value",
    "kind.cell.date": "a date instead of a value",
    "kind.cell.boolean": "a yes/no cell instead of a value",
    "kind.cell.decimal": "a decimal number",
    "kind.number.missing": "no phone number",
    "kind.number.digits_not_ascii": "phone number in digits of another script",
    "kind.number.scientific": "phone number in scientific notation",
    "kind.number.several": "more than one number in a cell",
    "kind.number.letter_o": "letter O in a phone number",
    "kind.number.letters": "letters in a phone number",
    "kind.number.decimal_zero": "phone number saved as a decimal",
    "kind.number.decimal": "phone number with a decimal point",
    "kind.number.foreign": "foreign number",
    "kind.number.characters": "odd characters in a phone number",
    "kind.number.spelling": "odd punctuation in a phone number",
    "kind.number.length": "phone number too short or too long",
    "kind.number.landline": "landline number",
    "kind.number.prefix": "not a mobile prefix",
    "kind.number.lost_digits": "phone number has lost digits",
    "kind.product.missing": "no product code",
    "kind.product.unknown": "product code not in the price list",
    "kind.product.unknown_near": "product code not in the price list",
    "kind.product.closed": "product closed today",
    "kind.product.no_price": "product without a price",
    "kind.nominal.differs": "nominal does not match the product",
    "kind.nominal.unreadable": "nominal is not an amount",
    "kind.itrx.not_a_count": "count is not 1, 2, 3 …",
    "kind.operator.differs": "number is of another operator",
    "kind.duplicate.sheet": "same number and amount twice in the sheet",
    "kind.duplicate.other_batch": "already topped up today by another batch",
    "kind.duplicate.open_elsewhere": "still open in another batch",
    "kind.duplicate.results": "already paid or open by its results columns",
    "kind.duplicate.results_invoice": "already paid or open by its results columns",
    "kind.recent.other_batch": "paid the same lately by another batch",
    "kind.changed.already_sent": "new row to a number this batch already sent to",
}


class _Formatter(string.Formatter):
    """`{cost:money}` is rupiah; a fact that is not given shows as nothing, never as an error."""

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002
        return kwargs.get(str(key), "")

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "money":
            return money(int(value)) if value != "" else ""
        return printable(format(value, format_spec))


_FORMATTER = _Formatter()


def text(code: str, /, **facts: object) -> str:
    """The wording of `code` with these facts; the code itself where there is no wording for it."""
    return _FORMATTER.vformat(WORDS.get(code, code), (), facts)


def money(rupiah: int) -> str:
    return f"Rp{rupiah:,}"


def printable(value: str) -> str:
    """Nothing from a sheet or the provider can move the cursor, ring a bell or hide in a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in value)


def error(problem: BulkTopupError) -> str:
    return text(problem.code, **problem.facts)


def finding(found: Finding) -> str:
    """`row 12, No HP: 0812… has …`"""
    return f"row {found.row}, {finding_in_row(found)}"


def finding_in_row(found: Finding) -> str:
    words = text(found.code, **{"value": found.value, "text": found.value, **found.facts})
    return f"{printable(found.column)}: {words}"


def attempt(status: Status, code: str, reason: str | None) -> str:
    """Why an attempted row stands where it stands, with the provider's words; nothing for a plain success."""
    if status is Status.SUKSES:
        return ""
    words = text(code)
    return f"{words} {text('provider_says', reason=reason)}" if reason else words
