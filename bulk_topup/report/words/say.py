"""All wording for people, in one place.

`WORDS` maps a code to its English text; findings, outcomes, notices and errors carry only codes and facts.
Other languages are catalogues of translations, by code and English text: `language` loads the one to speak.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bulk_topup.core.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bulk_topup.core.errors import BulkTopupError
    from bulk_topup.core.model import Deposit, Finding

WORDS: dict[str, str] = {
    # -- sheet: errors and notices ------------------------------------------------------------------------
    "sheet.not_found": "{file}: there is no such file; check the name and the folder",
    "file.not_text": "the name of {file} has bytes that are no letters (it is not UTF-8); rename the file, then try again",
    "file.long_name": "{file}: a file's name has at most {most} bytes; give the right name",
    "output.long_name": (
        "the name {path} is too long, at more than {most} bytes, for the files that are called after it; shorten the name "
        "of the sheet, or of --checkpoint and --output"
    ),
    "json.unwritable": "the answer of --json could not be printed: whatever reads the output is gone, or its disk is full",
    "sheet.folder": "{file} is a folder; give the name of one spreadsheet in it",
    "sheet.not_a_file": "{file} is not an ordinary file; save the spreadsheet to disk and give its name",
    "sheet.no_permission": (
        "{file} may not be opened; close it in Excel, or ask its owner for permission to read it"
    ),
    "sheet.not_readable": (
        "{file} could not be read from disk ({cause:words}); copy it to this computer and try again"
    ),
    "sheet.too_large": (
        "{file} holds more than {most} MB; copy the rows that are to be paid into a new workbook, or split them over "
        "several"
    ),
    "sheet.too_many_rows": "{file} has more than {most:number} rows; split them over several files",
    "sheet.too_many_columns": (
        "{file}, row {row} has more than {most:number} columns, the most that an Excel sheet can have; delete those that are "
        "not needed"
    ),
    "sheet.too_many_cells": (
        "{file} has more than {most:number} cells; delete the columns that are not needed, or split the rows over several files"
    ),
    "sheet.too_much_memory": (
        "{file} takes more memory to read than a payment sheet should; copy the rows that are to be paid into a new "
        "workbook, or split them over several"
    ),
    "sheet.bomb": (
        "{file} unpacks to far more than its size, as no real spreadsheet does; do not trust it: ask whoever sent it "
        "for a new copy"
    ),
    "sheet.too_slow": (
        "{file} could not be read in {seconds} seconds; copy the rows that are to be paid into a new workbook, or "
        "split them over several"
    ),
    "sheet.no_reader": (
        "{file} could not be read: the computer did not let bulk-topup start the program that reads it ({cause:words}); "
        "close other programs and try again"
    ),
    "sheet.reader_died": (
        "{file} could not be read: it is damaged, or no real spreadsheet; open it in Excel and save it again as .xlsx"
    ),
    "sheet.empty_file": "{file} is empty (0 bytes); save or export it again",
    "sheet.empty": "{file} has no filled cells; check that the rows were saved, and in this tab",
    "sheet.no_rows": "{file} has a header in row {row} but no rows under it; nothing to send",
    "sheet.password": (
        "{file} is protected with a password; put it into a text file of its own and add --sheet-password-file FILE, "
        "or remove it in Excel"
    ),
    "sheet.password_remove": (
        "{file} is protected with a password in a way that only the program it was made with can open; save it "
        "there again without a password"
    ),
    "sheet.wrong_password": "the password given for {file} does not open it; correct the one in --sheet-password-file",
    "sheet.numbers_app": "{file} is a file of Apple Numbers (or Pages); export it from there as Excel (.xlsx)",
    "sheet.html": (
        "{file} is a web page from which no table can be read, whatever its name says; download the report again "
        "after logging in, or open it in Excel and save it as .xlsx"
    ),
    "sheet.html_cut": (
        "{file} is a web page that breaks off within its table, so rows may be missing; download it again, to the end"
    ),
    "sheet.html_nested": (
        "{file} is a web page with one table inside another, so its rows are not certain; open it in Excel, check "
        "the rows and save it as .xlsx"
    ),
    "sheet.xml": "{file} is an XML file, whatever its name says; open it in Excel and save it as .xlsx",
    "sheet.picture": "{file} is a picture; ask for the spreadsheet that it shows",
    "sheet.archive_of": (
        "{file} is a compressed archive; unpack it and give the name of the spreadsheet in it: {names}"
    ),
    "sheet.empty_archive": "{file} is a compressed archive with nothing in it; ask for it again",
    "sheet.cut_off": "{file} breaks off before its end, as an unfinished download does; download or copy it again",
    "sheet.google_link": (
        "{file} is only a link to a Google Sheet; open it, choose File > Download > Microsoft Excel (.xlsx), and give "
        "the name of the downloaded file"
    ),
    "sheet.shortcut": (
        "{file} is only a shortcut to a file or a web page; open it, save the spreadsheet itself on this computer, and "
        "give its name"
    ),
    "sheet.placeholder": (
        "{file} only stands for a file that is still in iCloud; open it in the Finder so that it is downloaded, and "
        "give the name of the file itself"
    ),
    "sheet.apple_double": (
        "{file} is a note that macOS keeps beside a file; give the name of the file itself, without the ._ before it"
    ),
    "sheet.lock_file": (
        "{file} only marks a workbook as open in Excel or LibreOffice; give the name of the workbook itself"
    ),
    "sheet.email": "{file} is an e-mail; save the spreadsheet that is attached to it, and give the name of that",
    "sheet.old_kind": (
        "{file} is a spreadsheet of an old kind (Lotus, Works, DIF or SYLK); open it in LibreOffice or Excel and save it "
        "as .xlsx"
    ),
    "sheet.archive": "{file} is a compressed archive; unpack it and give the name of the spreadsheet in it",
    "sheet.pdf": "{file} is a PDF document; ask for the spreadsheet that it was made from",
    "sheet.not_a_spreadsheet": "{file} is a document or a presentation, not a spreadsheet; save it as .xlsx",
    "sheet.unreadable": (
        "{file} could not be read as an Excel workbook ({cause:words}); open it in Excel and save it again as .xlsx"
    ),
    "sheet.row_twice": (
        '{file}, tab "{tab}": row {row} is in the file twice, or after a later row, so it can be read in two ways; '
        "open the file in Excel, check the row, and save it again as .xlsx"
    ),
    "sheet.cell_twice": (
        '{file}, tab "{tab}": cell {cell} is in the file twice, or out of its place, so it can be read in two '
        "ways; open the file in Excel, check the cell, and save it again as .xlsx"
    ),
    "sheet.lost_text": (
        '{file}, tab "{tab}": the text of cell {cell} is not in the file; open the file in Excel, check the cell, and '
        "save it again as .xlsx"
    ),
    "sheet.lost_format": (
        '{file}, tab "{tab}": the number format of cell {cell} is not in the file, so it is not certain what the cell '
        "shows; open the file in Excel, check the cell, and save it again as .xlsx"
    ),
    "sheet.not_text": "{file} is neither an Excel workbook nor a CSV text file; save it from Excel as .xlsx",
    "sheet.nul": (
        "{file}, row {row}: there is a character in it that no spreadsheet program writes (NUL), so the file may be "
        "damaged; export it again, or save it as .xlsx and check that row"
    ),
    "sheet.encoding": (
        "{file} has characters that are neither UTF-8 nor Windows-1252; save it from Excel as 'CSV UTF-8' "
        "or .xlsx"
    ),
    "sheet.encoding_damaged": "{file} is Unicode text that breaks off or is damaged; export it again, or save it as .xlsx",
    "sheet.windows_1252": (
        "the file is not UTF-8 and was read as Windows-1252; if accented letters look wrong, save it as "
        "'CSV UTF-8' or .xlsx"
    ),
    "sheet.formulas": (
        "column {column}: {count:formula|formulas}; the values they had when the workbook was last saved were used"
    ),
    "sheet.hidden_column": (
        "{file}: {column} would be used, and it is hidden: unhide it in the sheet and look at it, or choose the column with "
        "{option}, as in {option} {letter}"
    ),
    "sheet.hidden_columns": "hidden columns were read, too: {columns}",
    "sheet.hidden_tabs": "hidden tabs were not read: {tabs}",
    "sheet.whole_results": (
        'this is a results workbook, and its tab "{tab}" was read; if you corrected rows in the tab "{other}", add '
        "--sheet {option}"
    ),
    "sheet.two_header_rows": "the header is in two rows, {upper} and {row}",
    "sheet.people_above": (
        "phone numbers above the header are left out (row {rows}): the header was found in row {row}; if those rows are "
        "to be paid, put them under it"
    ),
    "sheet.deep_header": "the header was found in row {row}; what stands above it is left out",
    "sheet.wide_name": (
        "the header {column} goes over more columns ({others}), and what stands there was not used: give each column a header "
        "of its own, or choose one with --number-column and --product-column"
    ),
    "sheet.too_wide": "what stands in columns beyond {column} was left out: it has no header",
    "sheet.quotes": (
        '{file}, row {row}: a quotation mark (") is opened and not closed, or stands where none belongs; '
        "correct that row, or save the file as .xlsx"
    ),
    "sheet.long_cell": (
        "{file}, row {row}: a cell has more than {most:number} characters, far more than Excel can hold; shorten or clear it"
    ),
    "sheet.swallowed": (
        '{file}: {count:cell holds|cells hold} other rows (row {rows}, with "{text}"), as quotation marks (") are opened and '
        "closed in the wrong places; correct them there, or save the file as .xlsx"
    ),
    "sheet.lines_in_cell": (
        "a cell goes on over several lines, each of which looks like a row (row {rows}): if they are rows of their own, "
        'correct the quotation marks (") there'
    ),
    "sheet.delimiter": (
        "{file} can be split into columns in more than one way; save it as .xlsx, or put sep=; (or sep=,) in "
        "its first line"
    ),
    "sheet.ragged": (
        "{file}: {count:row has|rows have} more cells than the header's {columns} columns (row {rows}); put a text that "
        'contains the delimiter between quotation marks ("), or save the file as .xlsx'
    ),
    "sheet.quoted_lines": (
        "{file} has each line as a single cell between quotation marks (row {row}), so its columns cannot be told "
        "apart; export it again, or split it in Excel with Data > Text to Columns and save it as .xlsx"
    ),
    "sheet.sep": (
        '{file} says in its first line that its columns are apart by "{sep}", and they are not; delete that line, or save '
        "the file as .xlsx"
    ),
    "sheet.spaces": (
        "{file} has its columns apart by spaces only (row {row}), so it is not certain where a cell ends; open it "
        "in Excel with Data > From Text, check the columns and save it as .xlsx"
    ),
    "sheet.json": "{file} is JSON data, whatever its name says; export it as .xlsx or .csv instead",
    "sheet.no_tabs": '{file} is not an Excel workbook and has no tab "{tab}"; leave out --sheet',
    "sheet.no_such_tab": '{file} has no tab "{tab}"; its tabs are {tabs}',
    "sheet.several_tabs": (
        "{file} has several tabs with phone numbers and products: {tabs}; choose one, as in --sheet {tab}"
    ),
    "sheet.split_results": (
        "{file} is a results workbook that goes on over the tabs {tabs}; correct the sheet that it was written from and run "
        "that, or run each tab by itself, as in --sheet {tab}"
    ),
    "sheet.no_tab_fits": (
        "{file}: no visible tab has both a phone number column and a product column ({tabs}); choose the "
        "tab with --sheet NAME, and its columns with --number-column and --product-column"
    ),
    "sheet.hidden_tab_fits": (
        "{file}: only a hidden tab has phone numbers and products, and nobody sees it: {tabs}; unhide it in Excel and look at "
        "it, or choose it, as in --sheet {tab}"
    ),
    "sheet.all_hidden": (
        "{file} has no visible tab; unhide one in Excel, or choose one of {tabs}, as in --sheet {tab}"
    ),
    "sheet.no_number_column": (
        "{file}: no phone number column was found in {searched:filled row|filled rows} from the top; row {row} has "
        "{columns}; name the header No HP, or choose the column with --number-column (its header or its letter)"
    ),
    "sheet.no_product_column": (
        "{file}: no product code column was found in {searched:filled row|filled rows} from the top; row {row} has "
        "{columns}; name the header Kode Produk, or choose the column with --product-column (its header or its letter)"
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
        "{file} has no header: nothing that names the columns stands above the phone number {number}; add a row above it with "
        "their names, such as No HP and Kode Produk"
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
    "sheet.part_results": (
        "{file} looks like results in which columns were deleted or moved, so that the paid rows can't be told: it has "
        "{columns}. Take the results as 'bulk-topup results' writes them, or your own sheet; if these columns are your "
        "own, rename some of them"
    ),
    # -- causes, which stand in other messages ------------------------------------------------------------
    "why.empty": "it is empty",
    "why.no_answer": "its answer did not arrive",
    "why.no_name": "its name could not be looked up",
    "why.certificate": "no secure connection to it could be agreed",
    "why.proxy": "the network's proxy lets nothing through",
    "why.damaged": "it is damaged inside",
    "why.odd_zip": "it is packed in a way that is not supported",
    "why.open_elsewhere": "another program has it open",
    "why.claims": "one of its entries comes and goes",
    "why.silent": "its server takes questions and does not answer them",
    "why.network_folder": "a network folder",
    "why.not_text": "it is not plain text",
    "why.timeout": "no answer came in time",
    "why.denied": "there is no permission for it",
    "why.read_only": "it is write-protected",
    "why.full": "the disk is full",
    "why.missing": "it is not there",
    "why.not_a_folder": "a part of its path is no folder",
    "why.is_folder": "it is a folder",
    "why.exists": "there is one of that name already",
    "why.long_name": "its name is too long",
    "why.too_many_open": "too much is open at once",
    "why.disk": "the disk reports an error",
    "why.memory": "the computer's memory is used up",
    "why.refused": "it accepts no connections",
    "why.broken_off": "the connection broke off",
    "why.no_way": "there is no way to it from here",
    "why.not_opened": "it can't be opened, or not be made there",
    "why.no_database": "there is no database of that name",
    "why.starting": "the server is just starting or stopping",
    "why.too_many_rows": "it has more rows than a sheet can have",
    "why.too_many_columns": "it has more columns than a sheet can have",
    "why.document_type": "it declares a document type",
    "why.table_in_cell": "it has a table within a cell",
    "why.table_broken": "its table is not well formed",
    "why.no_place": "there is no place for {what} in {part}",
    "why.part_twice": "it has {part} twice",
    "why.part_missing": "it does not have {part}",
    "why.no_format": "there is no number format {what}",
    "why.no_prefix": "the attribute {what} lacks its prefix",
    "why.tab_twice": "it has two tabs of the name {what}",
    "why.tab_missing": "it names a tab that it does not have: {what}",
    "why.rows_twice": "a tab has rows in two places",
    "why.not_from_a1": "a table does not start in cell A1",
    "why.out_of_place": "{what} is out of its place",
    "why.row_beyond": "row {what} is beyond the end of any sheet",
    "why.odd_value": "{what} is no value that can stand there",
    "why.no_cell": "{what} is no cell of a sheet",
    "why.breaks_off": "{part} breaks off",
    "why.cut_off": "it breaks off in the middle of a sheet",
    "why.chart_in_chart": "it has a chart within a chart",
    "why.numbers_cut": "a row of numbers is cut off",
    "why.text_cut": "a text is cut off",
    "why.module_missing": "its part {what} is missing",
    "why.not_watched": "it could not be watched",
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
    "number.amount": (
        "{text} may be the phone number {suggestion}, or the amount {amount}; if it is the phone number, format "
        "the column as Text and type {suggestion}"
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
        "{text} has {digits:digit|digits}; an Indonesian mobile number has {least} to {most}, its leading 0 "
        "included"
    ),
    "number.length_with_zero": (
        "{text} has {digits:digit|digits} when it is written with its leading 0; an Indonesian mobile number has {least} to "
        "{most}"
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
    "provider.other_time": (
        "this computer's clock is {minutes} minutes off the provider's, and every rule here is about days: set it, best by "
        "the internet, before you send. A row that becomes unknown meanwhile can't be sent again by settle --resend"
    ),
    "provider.other_date": (
        "this computer's clock is {hours} hours off the provider's, so a number that was paid lately might be paid again; "
        "nothing was sent: set this computer's clock, best by the internet, then run the same command again"
    ),
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
        "The provider turned the account away: {reason}. Check the user name and password; nothing was sent."
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
        "The results could not be saved as {path}: {why:words}. What was sent is safe in the progress file: "
        "make room, or choose another folder with --output, and run 'bulk-topup results' on the sheet."
    ),
    "results.rehearsal": "SANDBOX \N{EN DASH} rehearsal, no money moved",
    "todo.correct": "Correct the row, then send it",
    "todo.number": "Get the right number, correct it, then send it",
    "todo.product": "Choose another product, or send it later",
    "todo.decide": "Decide whether it is meant besides; if not, delete it",
    "todo.again": "Send it again: it failed at the provider",
    "todo.tomorrow": "Send it again tomorrow: only one a day is taken",
    "todo.by_hand": "Send it if it is still due: a person closed it as not paid",
    "todo.send": "Send it: it was not sent yet",
    "ask.pending": (
        "How did invoice {invoice} end? 'bulk-topup settle' asks this, too; there is nothing to fill in here."
    ),
    "ask.accepted": (
        "You hold a top-up of {product} to {number} since {sent_at:date} (WIB): what is its invoice? Fill it in; if there "
        "is none, write: not sent"
    ),
    "ask.unknown": (
        "Is there a top-up of {product} to {number} at about {sent_at:date} (WIB)? If so, fill in its invoice; if there is "
        "none, write: not sent"
    ),
    "ask.invoice": (
        "Is invoice {invoice} a top-up of {product} to {number}, and is it paid? If so, fill it in; if there is no "
        "such top-up, write: not sent"
    ),
    "results.cut": "… (cut: {count:number} characters)",
    "saved.beside": (
        "{target} could not be replaced (it may be open in Excel), so this is saved as {path}; close it, or use the new file"
    ),
    "saved.new_name": "{target} is there already and is left as it is; this plan has another name",
    "saved.kept": "{target} was changed since it was written: your version is kept as {path}",
    "saved.outdated": (
        "row {row} was sent once more since 'not sent' was typed for it: that answer is not in the new results, as the "
        "question is another one now"
    ),
    "saved.split": "one Excel sheet holds {most:number} rows under its header; the others are in the tabs {tabs}",
    "saved.cut": (
        "{count:number} texts are longer than the 32,767 characters that Excel keeps in a cell; they end with how much was cut"
    ),
    "saved.too_wide": "it has {columns:number} columns, and an Excel sheet holds {most:number}; delete columns, or choose a .csv file",
    # -- checks: cells, products, nominals, counts --------------------------------------------------------
    "cell.error": "{value} is an Excel error, not a value; correct the formula or type the value",
    "cell.date": "{value} is a date (stored as {stored}); format the column as Text and type the value again",
    "cell.boolean": "{value} is a yes/no cell; format the column as Text and type the value again",
    "cell.decimal": "{value} is a decimal number; format the column as Text and type the value again",
    "cell.no_value": (
        "the cell holds a formula without its result, or with one that the file says is out of date; open the file "
        "in Excel, save it, check the value and run again"
    ),
    "cell.merged": (
        "the cell is part of a merged cell ({stored}), which holds one value only; unmerge it and fill in each row"
    ),
    "cell.two_readings": (
        "the cell can be read as {value} or as {stored}; format the column as Text and type the one that is meant"
    ),
    "cell.format": (
        "the cell holds {value}, and its number format {stored} shows something else or nothing; format the column as "
        "Text and type the value that is meant"
    ),
    "cell.unknown": (
        "the cell holds {value} in a way in which no spreadsheet program saves it, so it is not certain what it shows; "
        "format the column as Text and type the value that is meant"
    ),
    "number.lost_digits": (
        "{value} has lost digits: the cell is stored as a number, and a long one keeps 15 digits at most, or fewer "
        "once it was shown as 8.12E+10; format the column as Text and paste it again"
    ),
    "hidden.skipped": "the row is hidden in the sheet and was left out, as asked with --hidden skip; unhide it to send it",
    "product.missing": "there is no product code; fill it in ('bulk-topup prices' lists them)",
    "product.invisible": (
        "the code {visible} has a character in it that cannot be seen ({characters}); clear the cell and type the code "
        "again"
    ),
    "product.foreign": (
        "{value} has what no code in the price list has: {characters}; clear the cell and type the code again"
    ),
    "product.foreign_near": "{value} has what no code in the price list has: {characters}; did you mean {near}?",
    "product.unknown": "{value} is not in the price list; 'bulk-topup prices' lists the codes",
    "product.unknown_near": "{value} is not in the price list; did you mean {near}?",
    "product.closed": "{value} is closed at the provider today; choose another product, or run again later",
    "product.no_price": "{value} has no usable price in the price list; choose another product",
    "product.nominal_missing": (
        "the price list states no nominal for {value}; choose another product, or ask the provider about it"
    ),
    "product.nominal_unusable": (
        "the price list states no usable nominal ('{stated}') for {value}; choose another product, or ask the "
        "provider about it"
    ),
    "product.listed_twice": (
        "the price list has {value} twice, with different facts ({stated}); choose another product, or ask the "
        "provider which one holds"
    ),
    "total.row": "this row only adds up the others; nothing is sent for it",
    "section.row": (
        "this row is one cell across the table, as a heading is; nothing is sent for it. If it is a person, unmerge the cell "
        "and fill in the phone number and the product code"
    ),
    "note.row": (
        "{value} is no phone number, and there is no product code of the price list: nothing is sent for this row. If it is a "
        "note or a signature, it can stay; if it is a person, fill in both"
    ),
    "header.row": "this row is a part of the header, or repeats it; nothing is sent for it",
    "example.row": (
        "this is an example row of the template; delete it, or type a real name and number over it"
    ),
    "nominal.differs": (
        "the sheet says {value}, but {product} tops up {nominal}; correct the product code or the nominal"
    ),
    "nominal.unreadable": "{value} is not an amount in rupiah; write it as 50000, or leave it empty",
    "itrx.not_a_count": "{value} is not a count; write 1, 2, 3 … for the first, second, third top-up of the day",
    "operator.differs": "{value} is a number of {own}, but {product} is for {operator}; check the product code",
    # -- rows held back because of other rows, runs and batches -------------------------------------------
    "duplicate.sheet": (
        "{value}: row {first} already tops up {number} with {nominal:money} today, and the provider takes only one a day; "
        "delete this row, or count deliberate repeats in a column 'pengisian ke'"
    ),
    "duplicate.other_batch": "batch {batch} (row {row}) already topped up {value} with this amount on {day:date}",
    "duplicate.open_elsewhere": (
        "batch {batch} (row {row}) sent {value} the same amount on {day:date} and its outcome is still open; "
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
    "tries": "Tried {count:number} times.",
    "closed_by_hand": "closed by hand: {who}, {at:date} (WIB), {note}",
    "tries.last_answer": "Tried {count:number} times; the provider's last answer: {answer}",
    "provider_says": "(Provider: {reason})",
    "removed_from_sheet": "removed from sheet (it was row {row})",
    # -- the batch, its files, its run --------------------------------------------------------------------
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
    "sending.approved": "approved by {who}",
    "open.row": "    row {row}, {number}, {product}: {status} - {words}",
    "open.more": "    … and {count:number} more, in the results sheet",
    "batch.nothing_new": (
        "nothing in this sheet can be sent now, so no new batch was started and its files were left as they are; "
        "correct what the plan above says, or run without --new-batch to see how the present batch stands"
    ),
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
    "checkpoint.unreadable": "the progress file {path} can't be read ({why:words}); copy it to this computer and try again",
    # -- looking back -------------------------------------------------------------------------------------
    "history.no_record": (
        "there is no record of earlier top-ups at {where}: either nothing was sent from here yet, or BULK_TOPUP_LEDGER "
        "has to name the right one (a rehearsal's is in the folder of its sheet)"
    ),
    "history.unrecorded": (
        "the list of batches could not be brought up to date: {message}; the results are complete: run 'bulk-topup "
        "settle' on the sheet once this is put right"
    ),
    "history.date": "date",
    "history.name": "name",
    "history.rows": "rows",
    "history.paid": "paid",
    "history.not_paid": "not paid",
    "history.open": "open",
    "history.paid_rupiah": "rupiah paid",
    "history.file": "    progress file: {path}",
    "history.file_gone": "    progress file: {path} (not there any more, or not readable)",
    "history.file_never": "    progress file: not known, the batch is older than this list",
    "history.last_code": "    sent last under the plan code {code}, {approved}",
    "history.none": "No batch was sent yet.",
    "history.none_in": "No batch was begun in {month:date}.",
    "history.month": (
        "{month:date}: batches {batches:number}, rows {rows:number}: {paid:number} paid ({paid_rupiah:money}), {not_paid:number} not paid "
        "({not_paid_rupiah:money}), {open:number} open ({open_rupiah:money})"
    ),
    "history.no_rupiah": "The rupiah of batches that are older than this list are not known, and not in the sums.",
    "history.others": "Batches sent to another address, not listed: {count:number}; add --base-url with it to see them.",
    "history.next_open": "{name}, {day:date}: {count:row is|rows are} open; see which:",
    "history.next_settle": "then ask the provider how they ended:",
    "history.next_gone": (
        "{name}, {day:date}: {count:row is|rows are} open, and its progress file is not where it was: put it back there, or ask "
        "the provider about those rows."
    ),
    "history.next_more": "{count:batch|batches} more with open rows stand above.",
    "history.next": "nothing is open; see what one person got, by the phone number:",
    "find.no_number": "{text} is not an Indonesian mobile number; give one as in 'bulk-topup find 081234567890'",
    "find.next": "for all batches, with the months' totals:",
    "find.next_status": "see why, and how that sheet goes on:",
    "find.next_retry": "if it is still due, send the rows of that sheet again that failed; it asks before it does:",
    "find.next_record": "record that, and see how that sheet goes on:",
    "find.next_later": "do not send it again; ask how it ended, now or later today:",
    "find.next_ask": (
        "do not send it again; ask the provider today about invoice {invoice}, and once it knows, have it recorded:"
    ),
    "find.next_close": (
        "do not send it again; look the number up in the provider's transaction list, and close row {row} with what it says "
        "(if there is no such top-up, --not-sent instead of the invoice):"
    ),
    "find.next_close_accepted": "do not send it again; ask the provider for its invoice, and close row {row} with that:",
    "find.next_resend": (
        "do not send it by another sheet; today before 23:50 WIB, have what is unknown in that sheet sent once more: what "
        "the provider already has, it refuses:"
    ),
    "find.next_put_back": (
        "do not send it again; put the progress file of {name} back where it was, and look again, or ask the provider."
    ),
    "find.next_contradiction": "ask the provider about invoice {invoice} before anything is sent to this number again.",
    "find.from_record": "only the record of all top-ups speaks of it: the progress file is missing, or an older copy",
    "find.now.no_news": "no final answer",
    "find.now.no_answer": "no answer",
    "find.now.not_asked": "not asked",
    "find.line": (
        "{name}, row {row}: {sent_at:date} (WIB), {product} {nominal:money}, {status}, invoice {invoice}, serial {serial}; "
        "the provider now: {now:words}"
    ),
    "find.line_held": "{name}, row {row}: {product}, {status}, never sent: {reason}",
    "find.tell": "Tell them: {told}",
    "find.tell.paid": (
        "it was paid on {day:date} at {time} (WIB), {product} of {nominal:money}, serial {serial}; {check}"
    ),
    "find.tell.check": "they can see it in their balance and in the messages of that time.",
    "find.tell.check_telkomsel": "they can see it in their balance (*888#) and in the messages of that time.",
    "find.tell.paid_now": (
        "it is paid: {product} of {nominal:money}, sent on {day:date} at {time} (WIB), serial {serial}; {check}"
    ),
    "find.tell.failed_now": (
        "it is not paid: {product} of {nominal:money}, sent on {day:date} at {time} (WIB), failed at the provider."
    ),
    "find.tell.pending": (
        "it is not certain yet: {product} of {nominal:money} left on {day:date} at {time} (WIB), and the provider is still "
        "working on it."
    ),
    "find.tell.no_news": (
        "it is not certain yet: {product} of {nominal:money} left on {day:date} at {time} (WIB) and may be paid, and the "
        "provider gives no final answer about it now."
    ),
    "find.tell.no_answer": (
        "it is not certain yet: {product} of {nominal:money} left on {day:date} at {time} (WIB) and may be paid; the provider "
        "has not said now how it ended."
    ),
    "find.tell.unknown": (
        "it is not certain: {product} of {nominal:money} left on {day:date} at {time} (WIB) and may be paid; the provider's "
        "answer never reached us, so a person has to ask."
    ),
    "find.tell.unknown_today": (
        "it is not certain yet: {product} of {nominal:money} left on {day:date} at {time} (WIB) and may be paid; the "
        "provider's answer never reached us, and it can be cleared up today."
    ),
    "find.tell.accepted": (
        "it is paid or on its way: the provider holds {product} of {nominal:money} since {day:date} at {time} (WIB), and we "
        "ask it for the invoice."
    ),
    "find.tell.open_on_record": (
        "it is not certain: {product} of {nominal:money} left on {day:date} at {time} (WIB) and may be paid; we still have to "
        "find out."
    ),
    "find.tell.contradiction": (
        "it is not certain: the provider says otherwise now than it did about {product} of {nominal:money} on {day:date}; we "
        "ask it."
    ),
    "find.tell.failed": "it is not paid: {product} of {nominal:money} failed at the provider on {day:date}.",
    "find.tell.closed": (
        "it is not paid: {product} of {nominal:money} left on {day:date}, and the provider turned out not to have it."
    ),
    "find.tell.duplicate": (
        "it was not paid a second time on {day:date}: the provider had a top-up of {nominal:money} to this number already, "
        "and takes one a day."
    ),
    "find.tell.not_sent": "it is not paid yet: {product} of {nominal:money} was turned away on {day:date}.",
    "find.tell.held": "nothing was sent to {number} yet: row {row} of {name} was held back, or its turn did not come.",
    "find.tell.never": "nothing was ever sent to {number}.",
    "find.searched": "Batches looked through: {count:number}, in {record} and their progress files.",
    "find.unread": "Batch {name} of {day:date}: its progress file {path} is not there any more, or not readable.",
    "find.unread_old": "Batch {name} of {day:date}: where its progress file is, is not known.",
    "find.forgotten": "What was sent before {day:date} may be missing: those phone numbers were removed with 'bulk-topup forget'.",
    "find.not_asked": "The provider was not asked: {message}",
    "forget.too_recent": (
        "{before:date} is too recent, nothing was removed: the numbers of the last {days} days are needed to see that a "
        "sheet is not paid twice; give {latest:date} or an earlier day"
    ),
    "forget.batch": "{day:date}  {name}: {count:phone number|phone numbers} to remove",
    "forget.kept": "{day:date}  {name}: kept, as rows of it are still open ({count:number})",
    "forget.nothing": "There is nothing to remove.",
    "forget.ask": (
        "Remove {count:phone number|phone numbers} of days before {before:date} from the record of all top-ups? This can't be undone, and "
        "batches begun before that day can send nothing more."
    ),
    "forget.no_terminal": "there is no terminal to ask on; nothing was removed: add --yes to remove them",
    "forget.declined": "nothing was removed",
    "forget.next": "see the batches, of which rows and rupiah are kept:",
    "forget.next_files": "delete those files, or keep them in the archive, as your rules say.",
    "forget.done": "Removed from the record of all top-ups: {count:phone number|phone numbers}.",
    "forget.files": (
        "These files still hold phone numbers; delete them, or keep them in the archive, as your rules say (results and "
        "copies that were saved elsewhere, too):"
    ),
    "budget.exceeded": (
        "the plan costs {cost:money}, with {before:money} spent before, and the budget is {budget:money}; "
        "nothing was sent: allow more with --budget, or take rows out of the sheet, then run it again"
    ),
    "output.suffix": "{path}: results are written as {known}; name such a file with --output",
    "output.is_sheet": "{path} is the sheet itself; name another file with --output",
    "output.no_folder": "{path} can't be written: there is no folder {folder}; make it, or correct --output",
    "output.is_checkpoint": "{path} is the progress file; name another file with --output",
    "credentials.missing": (
        "no {variable} is set, and there is no terminal to ask on; set it, give --password-file for the password, or "
        "run 'bulk-topup login' once"
    ),
    "credentials.ask_username": "Username:",
    "credentials.ask_password": "Password:",
    "login.no_terminal": (
        "nobody can type a user name and a password here; run 'bulk-topup login' in a terminal, or set "
        "BULK_TOPUP_USERNAME and BULK_TOPUP_PASSWORD instead"
    ),
    "login.done": (
        "Logged in as {username} at {base_url}: the system keyring keeps the password, and it is not asked for any "
        "more. 'bulk-topup logout' removes it."
    ),
    "login.next": "make a sheet to fill in, or check the one that you have:",
    "logout.next": "to log in again, as this account or another:",
    "login.other_first": "{variable} is set, and goes before what was just kept; remove it if that is not meant",
    "logout.done": "Logged out: the system keyring no longer holds the password of {username} at {base_url}.",
    "logout.no_keyring": (
        "no password is kept in a system keyring here (there is only {backend}), so there is nothing to remove; one in "
        "{variable} or in a password file is removed where it was set"
    ),
    "logout.no_library": (
        "no password is kept in a system keyring here (what works with one is not installed), so there is nothing to "
        "remove; one in {variable} or in a password file is removed where it was set"
    ),
    "logout.nobody": "Nobody was logged in at {base_url}; there is nothing to remove.",
    "keyring.not_installed": (
        "the part of bulk-topup that works with the system keyring is not installed; install it with "
        "'{install} keyring', or set BULK_TOPUP_USERNAME and BULK_TOPUP_PASSWORD, or use --password-file"
    ),
    "keyring.unsafe": (
        "this computer has no system keyring that keeps a password safe (there is only {backend}); set "
        "BULK_TOPUP_USERNAME and BULK_TOPUP_PASSWORD, or use --password-file"
    ),
    "keyring.failed": (
        "the system keyring did not answer ({why}); unlock it and try again, or set BULK_TOPUP_USERNAME and "
        "BULK_TOPUP_PASSWORD"
    ),
    "keyring.not_kept": (
        "the system keyring took the password and did not keep it; set BULK_TOPUP_USERNAME and BULK_TOPUP_PASSWORD, "
        "or use --password-file"
    ),
    # -- settings: the file and the environment -----------------------------------------------------------
    "environment.empty": "the variable {variable} is set, but to nothing; give it a value, or remove it",
    "environment.relative": (
        "the variable {variable} must hold a server's address with ://, or name the file with its whole path, from the "
        "drive or / on, or ~ for your own folder: else each folder would have a record of its own, in which nobody was "
        "paid yet; correct it, or remove it"
    ),
    "environment.number": (
        "the variable {variable} is '{value}', but must be a number from {least} to {most}; correct it, or remove it"
    ),
    "environment.whole": (
        "the variable {variable} is '{value}', but must be a whole number from {least} to {most}; correct it, or "
        "remove it"
    ),
    "environment.amount": (
        "the variable {variable} is '{value}', but must be a whole amount of rupiah from {least} up, as in "
        "5000000 or 5.000.000; correct it, or remove it"
    ),
    "environment.choice": (
        "the variable {variable} is '{value}', but must be one of {choices}; correct it, or remove it"
    ),
    "environment.flag": (
        "the variable {variable} is '{value}', but must be 1 (yes) or 0 (no); correct it, or remove it"
    ),
    "settings.missing": (
        "{variable} names {file}, but there is no such file; correct it, or start one with 'bulk-topup config --init'"
    ),
    "settings.encoding": "the settings file {file} is not plain text in UTF-8; save it again as UTF-8",
    "settings.unreadable": "the settings file {file} can't be read ({why:words}); correct that, or name another one",
    "settings.broken": (
        "the settings file {file} can't be understood: {why}; write each line as in rate = 2, texts between quotation "
        "marks, and those with a backslash between single ones, as in 'C:\\Users\\rina\\password.txt'"
    ),
    "settings.forbidden": (
        "{file}, line {line}: {key} can't be kept in a file, since it decides what is paid and is said each time; "
        "remove the line, and add {option} to the command"
    ),
    "settings.password": (
        "{file}, line {line}: a password does not belong in this file; remove the line and run 'bulk-topup login', or "
        "name a file that holds nothing else with password_file"
    ),
    "settings.address_password": (
        "{file}, line {line}: a password does not belong in this file; take it out of the address, and keep it in "
        "PostgreSQL's own password file (~/.pgpass, or what PGPASSFILE names) or in the variable PGPASSWORD"
    ),
    "settings.unknown_near": "{file}, line {line}: there is no setting {key}; is {near} meant? Correct or remove the line",
    "settings.unknown": (
        "{file}, line {line}: there is no setting {key}; correct or remove the line (there are: {known})"
    ),
    "settings.number": "{file}, line {line}: {key} must be a number, written as in {example}",
    "settings.whole": "{file}, line {line}: {key} must be a whole number without dots, written as in {example}",
    "settings.flag": "{file}, line {line}: {key} must be true or false, written as in {example}",
    "settings.text": "{file}, line {line}: {key} must be a text between quotation marks, written as in {example}",
    "settings.relative": (
        "{file}, line {line}: {key} must name the file with its whole path, from the drive or / on, or ~ for your own "
        "folder, written as in {example}"
    ),
    "settings.range": "{file}, line {line}: {key} is {value}, but must be from {least} to {most}; correct it",
    "settings.least": "{file}, line {line}: {key} is {value}, but must be {least} or more; correct it",
    "settings.choice": "{file}, line {line}: {key} is '{value}', but must be one of {choices}; correct it",
    "settings.exists": "there is a settings file already, {file}; it is left as it is: edit it, or rename it first",
    "settings.unwritable": "the settings file {file} can't be written ({why:words}); name another place with BULK_TOPUP_CONFIG",
    "settings.created": "A settings file to fill in: {file}",
    "settings.next": "in that file, take the # away before what you want to set, save it, and see what is in force:",
    "settings.next_start": "keep what is the same every month in a settings file; start one:",
    "settings.file": "Settings file: {file}",
    "settings.no_file": "Settings file: {file} (not there; 'bulk-topup config --init' starts one)",
    "settings.not_set": "-",
    "settings.source_option": "option",
    "settings.source_environment": "variable {variable}",
    "settings.source_file": "settings file, line {line}",
    "settings.source_default": "default",
    "settings.logged_in": "Logged in: {username}, by the system keyring",
    "settings.about_username": "Your user name at the provider, if 'bulk-topup login' does not keep it.",
    "settings.about_ledger": "Where the record of all top-ups is kept, if several people share one.",
    "settings.head": "Settings of bulk-topup: take the # away before what you want to set. 'bulk-topup config' shows what is in force.",
    "settings.head_quotes": "A folder with backslashes stands between single quotation marks, as in 'C:\\Users\\rina\\password.txt'.",
    "settings.head_never": "An option or a variable goes before what stands here. What releases money can't be set here, and a password must not stand here.",
    "credentials.empty": "nothing was typed; type it, or set {variable}",
    "credentials.file": "the password file {path} can't be used ({why:words})",
    "declined.no_terminal": "there is no terminal to ask on; nothing was sent: add --yes to send this plan",
    "declined.other_day": "midnight passed while the plan waited; nothing was sent: run the same command again",
    "hidden.ask": "The sheet has hidden or filtered rows that nobody sees in it ({rows}): are they to be paid, too?",
    "declined.hidden": (
        "{file} has hidden or filtered rows that nobody sees in it ({rows}): say with --hidden include or --hidden skip "
        "whether they are to be paid, or unhide or delete them; nothing was sent"
    ),
    "declined.person": "nothing was sent",
    # -- why a run stopped early --------------------------------------------------------------------------
    "halt.interrupted": "Interrupted. What was under way has been recorded; run the same command to go on.",
    "halt.budget": (
        "Stopped: the next top-up would cost more than the plan you saw ({limit:money}), because the provider "
        "debits more than it lists. Run the same command again for the rest."
    ),
    "halt.pilot": (
        "Stopped after the pilot: not each of its top-ups is paid at its listed price. See why above; without --pilot, "
        "the same command goes on with the others."
    ),
    "halt.pilot_only": (
        "Only the pilot was sent, as you said. Without --pilot, the same command goes on with the others."
    ),
    "halt.other_day": (
        "Only the pilot was sent, because midnight passed while the question waited. Without --pilot, the same command "
        "goes on with the others."
    ),
    "halt.account": (
        "Stopped, as all desks of the account: {desk} was told at {at:date} (WIB): {cause} Once that is done, let all "
        "desks send again with 'bulk-topup account resume'."
    ),
    "doctor.fine": "ok     ",
    "doctor.problem": "PROBLEM",
    "doctor.credentials": "user name and password",
    "doctor.prices": "provider",
    "doctor.clock": "clock, beside the provider's",
    "doctor.server_clock": "clock, beside the record's server",
    "doctor.ledger": "record of all top-ups",
    "doctor.account": "account",
    "doctor.rule_51": "second top-up of a day",
    "doctor.folder": "folder of the progress file",
    "doctor.disk": "disk",
    "doctor.credentials.fine": "there, for {username}",
    "doctor.prices.fine": "{address} takes them, and lists {count:product|products}",
    "doctor.clock.fine": "{seconds:second|seconds} apart",
    "doctor.clock.off": (
        "{seconds} seconds apart, so the two may mean different days; set this computer's clock, best by the internet"
    ),
    "doctor.clock.unknown": (
        "the provider states no time, so 'settle --resend' will refuse; check this computer's clock yourself"
    ),
    "doctor.ledger.fine": "{where} answers in {ms} ms",
    "doctor.ledger.file": "{where} can be read",
    "doctor.ledger.none": "{where} is not there yet; the first run makes it",
    "doctor.ledger.slow": (
        "{where} answers in {ms} ms only, which slows down every top-up; use a server that is nearer, or more --workers"
    ),
    "doctor.account.stopped": (
        "stopped for all desks since {at:date} (WIB) by {desk}; 'bulk-topup account show' says why, and 'bulk-topup account "
        "resume' lets them send again"
    ),
    "doctor.rule_51.fine": "the provider was seen to refuse it (51) on {day:date}",
    "doctor.rule_51.unseen": (
        "it was never seen that the provider refuses it (51), on which 'settle --resend' relies; 'bulk-topup doctor "
        "--prove-51 NUMBER --product CODE' tries it for the price of a small top-up"
    ),
    "doctor.rule_51.broken": (
        "the provider paid it on {day:date} instead of refusing it (51), so 'settle --resend' is barred; tell the provider"
    ),
    "doctor.folder.fine": "{folder} can be written to, and is on this computer's own disk",
    "doctor.folder.unwritable": "{folder} can't be written to ({why:words}); choose another one with --checkpoint",
    "doctor.disk.fine": "{free:number} MB are free where {folder} is",
    "doctor.disk.full": (
        "only {free:number} MB are free where {folder} is; make room, at least {least:number} MB: what was sent has to be "
        "written down"
    ),
    "doctor.next": "everything is in order; look at a sheet:",
    "doctor.next_make": "everything is in order; make a sheet to fill in, or check the one that you have:",
    "doctor.next_again": "put right what is marked as a problem, then look again:",
    "prove.ask": (
        "This tops up {number} with {product} for {price:money}, then asks for the very same once more, to see it refused "
        "(51). If the provider does not refuse, it costs {most:money}. Spend {price:money}?"
    ),
    "prove.spending": (
        "Topping up {number} with {product} for {price:money}, then asking for the very same once more, to see it "
        "refused (51). If the provider does not refuse, it costs {most:money}."
    ),
    "prove.no_product": "the price list has no product {product} that can be ordered; see 'bulk-topup prices --ready'",
    "prove.unwritable": "{path} can't be written ({why:words}); go to a folder that can be, and run the same command again",
    "prove.seen": "Proven: the provider refused the second top-up of {number} (51). 'settle --resend' may rely on it.",
    "prove.broken": (
        "The provider did NOT refuse the second top-up of {number}: it was paid twice. 'settle --resend' is barred for this "
        "account from now on. Tell the provider, and look up unknown rows by hand."
    ),
    "prove.unclear": (
        "Nothing is proven: the second request for {number} came to something else than a top-up or a refusal (51). Look "
        "the number up at the provider: it may have been paid twice."
    ),
    "prove.not_sent": (
        "Nothing is proven: the provider does not hold the first top-up of {number}, so it was not asked a second time."
    ),
    "prove.next": "see what became of the top-up:",
    "resend.unproven": (
        "It was never seen that this provider refuses a second top-up of the same day (51), on which this relies. "
        "'bulk-topup doctor --prove-51 NUMBER --product CODE' tries it for the price of a small top-up."
    ),
    "resend.disproven": (
        "nothing was sent: on {day:date} this provider was seen to pay a second top-up of the same day instead of refusing "
        "it (51), so nothing may be sent again; look the rows up at the provider and close them with 'bulk-topup resolve'"
    ),
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
    "halt.out_of_reach": "Stopped: the provider can't be reached. {cause} Run the same command again later.",
    "halt.unheard": (
        "The provider at {address} can't be reached ({cause}), so how the open rows ended is not known yet. Check the internet "
        "connection, then ask again with 'bulk-topup settle'."
    ),
    "halt.so_far": (
        "So far: {paid:row|rows} paid for {paid_rupiah:money}; {rest:row|rows} not sent yet, {rest_rupiah:money} by "
        "the price list; {open:row|rows} to ask the provider about."
    ),
    "halt.add": (
        "The rest costs {rest_rupiah:money}, and the last balance known was {balance:money} ({moment:date} WIB): add at "
        "least {missing:money} to the deposit."
    ),
    "halt.enough": (
        "The rest costs {rest_rupiah:money}, and the last balance known was {balance:money} ({moment:date} WIB), which "
        "would do: ask the provider what the balance is now."
    ),
    "halt.add_unknown": (
        "The rest costs {rest_rupiah:money}; what is left of the deposit, the provider did not say: see its site, and "
        "add what is missing."
    ),
    "halt.again": "To go on:",
    "halt.cut_off": (
        "The last run has not ended: it is still at work, or it was cut off (a crash, a power cut, a window that was "
        "closed). What was under way then may be paid; the same command goes on."
    ),
    "stopped.why": "Why it stopped, on {at:date} (WIB):",
    "stopped.rest": "Still to send: {rest:row|rows} for {rest_rupiah:money} by the price list.",
    "defect": (
        "a defect of bulk-topup ({why}); what was sent is safe in the progress file: run the same command again, "
        "and report this line"
    ),
    "interrupted.before": "interrupted; nothing is lost: run the same command again",
    "error": "bulk-topup: {message}",
    "notice": "Note: {message}",
    "interrupted.waiting": "Waiting for the answers under way; press Ctrl-C again to leave at once.",
    # -- the command line ---------------------------------------------------------------------------------
    "usage.options": "Options",
    "usage.prepare": "Prepare",
    "usage.pay": "Check and send",
    "usage.look_back": "Look back",
    "usage.set_up": "Set up",
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
    # -- plan and summary ---------------------------------------------------------------------------------
    "sandbox.banner": "SANDBOX: a rehearsal, no money moves.",
    "sandbox.serving": (
        "Sandbox at {url} (username sandbox, password sandbox); set BULK_TOPUP_BASE_URL to it. Ctrl-C ends it."
    ),
    "sandbox.next": "in another terminal, try a sheet on it:",
    "sandbox.port_taken": (
        "the sandbox can't start: port {port} is taken by another program, or by a sandbox that runs already; choose "
        "another with --port, or any free one with --port 0"
    ),
    "sandbox.port_denied": (
        "the sandbox can't start: this computer lets only its administrator use port {port}; choose one above 1023 with "
        "--port, or any free one with --port 0"
    ),
    "sandbox.state": (
        "the sandbox can't start: its memory can't be kept in {path}; name a file in a folder where you may save "
        "files, or an earlier sandbox's, with --state"
    ),
    "prices.code": "code",
    "prices.operator": "operator",
    "prices.type": "type",
    "prices.nominal": "nominal",
    "prices.price": "price",
    "prices.status": "status",
    "prices.description": "description",
    "prices.ready": "ready",
    "prices.closed": "closed",
    "prices.unusable": "unusable",
    "prices.of": "Price list of {moment:date} (WIB)",
    "prices.total": "{count:product|products}, {ready:number} of them ready, in the price list of {moment:date} (WIB)",
    "prices.none": "No product of the price list fits; leave out one of the options and look again",
    "prices.saved": "Price list saved as {path}",
    "prices.next": "write these codes into the product column of your sheet, or make a sheet to choose them in:",
    "prices.no_operator": "the price list has no operator {name}; it has {operators}",
    "prices.unwritable": (
        "The price list could not be saved as {path}: {why:words}. Choose another folder or name with --output."
    ),
    "new_file.suffix": "{path}: the name has to end in {known}; correct it and try again",
    "new_file.exists": "{path} is there already and was left as it is; give another name, or move it away first",
    "template.done": "Template saved as {path}, with {count:number} products to choose from",
    "template.next": "open it in Excel, type over the two example rows, save it, and look at the plan:",
    "template.none_ready": (
        "no template was made: none of the {count:number} products of the price list can be ordered now; try again later"
    ),
    "template.unwritable": "The template could not be saved as {path}: {why:words}. Choose another folder or name.",
    "template.payroll": "Payroll",
    "template.products": "Products",
    "template.how_to": "How to",
    "template.number_title": "Not a mobile number",
    "template.number_error": (
        "A mobile number starts with 08, 62 or +62 and has 10 to 13 digits, such as 081234567890. If it does, and "
        "this still shows, format the cell as Text and type it again."
    ),
    "template.product_title": "Not in the list",
    "template.product_error": (
        "No product with this code was ready when this sheet was made. Choose one from the list, or go on if you "
        "know that the code is right."
    ),
    "template.how.title": "How to fill in this sheet",
    "template.how.rows": (
        "One row is one person. Delete the two example rows, or type over them: they are never paid."
    ),
    "template.how.number": (
        "No HP: the mobile number, as 081234567890 or +62 812-3456-7890. The column is formatted as Text, so that no "
        "digit is lost. When you paste numbers, use Paste Special > Values, so that it stays so."
    ),
    "template.how.product": (
        "Kode Produk: choose a code from the list that opens in the cell. The tab {products} says what each one is and "
        "costs; the grey ones can't be ordered."
    ),
    "template.how.nominal": (
        "Nominal: may stay empty. Where it is filled in, it guards against a wrong code: a row whose product tops up "
        "another amount is held back."
    ),
    "template.how.others": (
        "Nama, Keterangan and columns that you add: whatever you like. All of them come back in the results."
    ),
    "template.how.check": "Save the file, then see what would be sent, and what is wrong: bulk-topup check {file}",
    "template.how.run": "When all is well, send it: bulk-topup run {file}",
    "template.how.prices": (
        "Codes and prices are those of {moment:date} (WIB). Both commands look at the live ones before anything is sent."
    ),
    "turned_away.earlier": (
        "{value} was turned away on {day:date} by the provider's server, after it had left; should it have been taken all "
        "the same, it would be paid twice: if you are not sure, look the number up first"
    ),
    "closed.not_sent": (
        "{value} was sent on {day:date} and closed by hand as not sent; look it up with the provider again before it is "
        "sent once more: should the provider have it, it would be paid twice"
    ),
    "recent.other_batch": "{value} was paid the same amount by batch {batch} (row {row}) on {day:date}; check that it is due again",
    "overlap.seen": (
        "{paid:number} of {count:number} rows were paid by batch {batch} on {day:date}: is this the same payment once more?"
    ),
    "overlap.ask": "To pay all {count:number} rows, type their number:",
    "declined.overlap": (
        "nothing was sent: --yes is not enough to pay again what another batch paid; if it is due, add --again"
    ),
    "resend.ask": (
        "Send {count:unknown top-up|unknown top-ups} ({cost:money}) once more? The provider takes only one a day for "
        "a number and amount, so what it already has is refused, not paid again."
    ),
    "resend.sending": "Sending {count:unknown top-up|unknown top-ups} ({cost:money}) once more.",
    "resend.held": "  row {row}, {number}: not sent again: {why}",
    "resend.accepted": "the provider holds it already; ask for its invoice and use 'bulk-topup resolve'",
    "resend.invoiced": (
        "the provider answered with an invoice for it, which stands in the results: ask the provider about that, "
        "run 'bulk-topup settle' later, or use 'bulk-topup resolve'"
    ),
    "resend.counted": "it is a deliberate repeat (counted), which the provider's one-a-day rule may not guard",
    "resend.other_day": "it was sent on another day, so the provider would take it as a new one",
    "resend.near_midnight": "it was sent, or it is now, within 10 minutes of midnight (WIB)",
    "resend.too_soon": "it was sent less than a minute ago; try again shortly",
    "resend.no_skew": "the provider's clock was not seen at the time, so the day can't be sure",
    "resend.skewed": "this computer's clock and the provider's differ by more than 5 minutes; set the clock",
    "resend.other_calendar": "the provider's dates do not follow the WIB day",
    "resend.no_price": "its product is no longer in the price list, or has no price there",
    "resend.other_nominal": (
        "its product has another nominal in the price list now, so the provider would take it as a new one"
    ),
    "resend.dearer": "its product costs more now than when it was sent",
    "resolve.done": "row {row} {number}: {status} - {words}",
    "resolve.not_sent": "closed by hand, the provider does not have it",
    "resolve.not_sent_but_held": (
        "closed by hand as not sent, although the provider answered (51) that it holds it: have the provider confirm "
        "in writing that it does not, before the row is sent again"
    ),
    "resolve.pending": (
        "row {row} is pending: the provider took it and is still working on it; 'bulk-topup settle' asks how it ended"
    ),
    "resolve.not_open": "row {row} is not open: only unknown and accepted rows can be resolved",
    "resolve.other_number": "row {row} is not {number}: row and number must both match; nothing was changed for it",
    "resolve.several": "{number} has several open rows; name the row",
    "resolve.settled": (
        "row {row}: invoice {invoice} is of an earlier try of this row, which has failed; what became of the last try "
        "stands under another invoice"
    ),
    "resolve.other_row": "row {row}: invoice {invoice} already belongs to row {other}",
    "resolve.unconfirmed": (
        "row {row}: the provider does not confirm invoice {invoice} as a finished top-up of this number and "
        "product; check the invoice, or try again later"
    ),
    "resolve.unheard": (
        "row {row}: the provider at {address} can't be reached to confirm invoice {invoice}, so the row stays open; check the "
        "internet connection, then run the same command again"
    ),
    "resolve.no_day": (
        "row {row}: the provider confirms invoice {invoice}, but not with its date (it says {stated}), so it may be of "
        "another day; ask the provider to state the date, and try again then. Until then the row stays open"
    ),
    "resolve.other_batch": "row {row}: invoice {invoice} already belongs to row {other} of batch {batch}",
    "resolve.unread_batch": (
        "row {row}: invoice {invoice} may be one of batch {batch}, whose progress file ({path}) is missing or can't be "
        "read; put it back, and try again. Until then the row stays open"
    ),
    "resolve.other_day": "row {row}: invoice {invoice} is of {stated}, another day than this row's attempt",
    "resolve.none": "none of the {count:number} rows could be closed, and nothing was changed; correct them and try again",
    "resolve.no_column": (
        "{path} has no column {column}; name the columns row, number and invoice, or fill in the tab Ask provider of the "
        "results sheet and give that"
    ),
    "resolve.nothing": "{path} has no row with an invoice (or 'not sent') filled in",
    "resolve.row_column": "{path}, row {row}: {value} is not a row number",
    "resolve.placeholder": "row {row}: put the invoice that the provider shows in place of {invoice}, or say --not-sent",
    "resolve.blank": "row {row}: the invoice is blank; give it, or say --not-sent",
    "resolve.number": "{number} is not a mobile number",
    "resolve.number_in": "{path}, row {row}: {number} is not a mobile number",
    "outcome.resolved_not_sent": "A person found out that this was not sent.",
    "unwritten": (
        "The answer for row {row}, {number}, could not be recorded: {kind} {invoice}. Write it down; the row "
        "will be unknown until 'bulk-topup resolve'."
    ),
    "books.balance": "deposit {opening:money} at the start, {closing:money} at the end; debits {debited:money}",
    "books.unexplained": (
        "{rupiah:money} more left the deposit than these debits: other top-ups of the same account may explain it, "
        "or rows whose debit is not among them"
    ),
    "books.came_in": (
        "{rupiah:money} came into the deposit that we know no refund for: a top-up of the deposit may explain it"
    ),
    "books.undebited": (
        "not among the debits: paid or pending rows whose debit no answer stated, {rupiah:money} by the listed price"
    ),
    "books.failed": "not among the debits: {rupiah:money} of failed rows, which the provider pays back",
    "books.may_be_debited": (
        "not among the debits: accepted or unknown rows, {rupiah:money} by the listed price if they are paid"
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
    "plan.address": "The provider's address is {address}, which is not its usual one.",
    "plan.title": "Plan for {file}{tab}",
    "plan.orders": "to send now",
    "plan.attempted": "sent before",
    "plan.open": "({finished:number} finished, {open:number} still open: {rows})",
    "plan.held": "held back",
    "plan.rows": "rows in the sheet",
    "plan.by_operator": "  To send now, by operator:",
    "plan.findings": "Row by row:",
    "plan.warned": "{count:row|rows} will be sent with a warning ({rows}):",
    "plan.code": "  plan code {code}",
    "plan.takes": "takes about {time} at {rate} a second",
    "plan.ask": "Send {count:top-up|top-ups} for {cost:money}?",
    "plan.ask_pilot": "Send {count:top-up|top-ups} for {cost:money}, the first {pilot:number} of them as a pilot?",
    "plan.sending": "Sending {count:top-up|top-ups} for {cost:money}.",
    "plan.sending_pilot": "Sending {count:top-up|top-ups} for {cost:money}, the first {pilot:number} of them as a pilot.",
    "plan.nothing": "  nothing to send",
    "plan.saved": "Plan saved as {path}",
    "deposit.enough": "last known deposit {balance:money} ({moment:date} WIB, batch {batch})",
    "deposit.short": (
        "last known deposit {balance:money} ({moment:date} WIB, batch {batch}): {missing:money} short of this plan, so add "
        "that much first"
    ),
    "pilot.title": "Pilot: the first {count:number} of {total:number} top-ups",
    "pilot.debits": "    debited {debited:money}; the price list says {listed:money}",
    "pilot.differs": "    row {row}: debited {debited:money}; the price list says {listed:money}",
    "pilot.more_differ": "    … and {count:number} more rows",
    "pilot.ask": "Send the other {count:top-up|top-ups} for {cost:money}?",
    # -- one person checks, another sends -----------------------------------------------------------------
    "approval.how": "or have it approved, and pass on to whoever sends it, with the approver's name for NAME:",
    "check.next_budget": "take rows out of the sheet, or allow {needed:money}, then look again:",
    "check.next_correct": "{count:row is|rows are} held back: correct the sheet, save it, then look again:",
    "check.next_held": "{count:row is|rows are} held back, {parts}: correct the sheet, save it, then look again:",
    "check.held_wrong": "{count:number} to correct",
    "check.held_twice": "{count:number} twice in the sheet",
    "check.held_paid": "{count:number} topped up already or still open",
    "check.held_decide": "{count:number} to decide about",
    "check.held_left_out": "{count:number} left out",
    "check.next_open": "{count:row is|rows are} still open: ask the provider how it ended:",
    "check.next_send": "send {count:top-up|top-ups} for {cost:money}; it asks once more before it does:",
    "check.next_nothing": "nothing is left to send; see what became of the rows:",
    "check.next_paid": "nothing is left to send: all that was sent, {count:row|rows}, is paid. The results are in {path}.",
    "approval.holds": "Approved by {by}, plan code {code}: {count:number} top-ups for {cost:money} are sent.",
    "approval.no_code": (
        "{given} is not a plan code, which has 16 letters and digits, as K7QF-2MXA-9TRB-C4WD; type it as it was "
        "passed on"
    ),
    "approval.missing": (
        "nothing was sent: no plan with the code {plan} was checked here (there is no {path}); look at the code "
        "again, or run 'bulk-topup check' here and have the code that it shows approved"
    ),
    "approval.altered": (
        "nothing was sent: what is kept of the plan {plan} was altered since it was checked; run 'bulk-topup check' "
        "again and have its code approved"
    ),
    "approval.too_old": (
        "nothing was sent: the plan {plan} was checked on {day:date}, and an approval is good for {days} days from then; "
        "run 'bulk-topup check' again and have its code approved"
    ),
    "approval.differs": (
        "nothing was sent: this is not the plan that was approved as {plan}, the changes stand above; undo them, or "
        "run 'bulk-topup check' again and have its code approved"
    ),
    "approval.unwritable": (
        "this plan can't be approved from here, because {path} can't be written ({why:words}); make room, or check the "
        "sheet in a folder where you may save files"
    ),
    "approval.account": "the account was {before}, and is {now} now",
    "approval.base_url": "the provider's address was {before}, and is {now} now",
    "approval.file": "the file was {before}, and is {now} now",
    "approval.tab": 'the tab was "{before}", and is "{now}" now',
    "approval.month": "the month was {before:date}, and is {now:date} now",
    "approval.follows": (
        "the approved plan is for another batch of this sheet than the one that would be paid now; if that one is "
        "meant, leave out --new-batch"
    ),
    "approval.budget": "the budget was {before:money}, and is {now:money} now",
    "approval.budget_new": "there was no budget, and it is {now:money} now",
    "approval.budget_gone": "the budget was {before:money}, and there is none now",
    "approval.overlap": "{rows:number} rows were paid by batch {batch} on {day:date}, which is not in the approved plan",
    "approval.product": "row {row}: {number} was {product}, and is {product_now} now",
    "approval.number": "row {row}: {product} was for {number}, and is for {number_now} now",
    "approval.nth": "row {row}: {number} was top-up {nth} of the day, and is top-up {nth_now} now",
    "approval.changed": "row {row}: was {product} for {number}, and is {product_now} for {number_now} now",
    "approval.changed_many": "{count:number} rows were changed: {rows}",
    "approval.new": "row {row} is new: {product} for {number}",
    "approval.new_many": "{count:number} rows are new: {rows}",
    "approval.gone": "row {row} is gone: {product} for {number}",
    "approval.gone_many": "{count:number} rows are gone: {rows}",
    "approval.held": "row {row} is held back now: {why}",
    "approval.held_many": "{count:number} rows are held back now: {rows}",
    "approval.moved": "row {before} is row {row} now: {number}",
    "approval.moved_many": "{count:number} rows have moved in the sheet, and are now {rows}",
    "approval.used": (
        "nothing was sent: plan {plan} was approved for batch {batch} and sent on {day:date}; if the same is due once more, "
        "run check again and have that plan approved"
    ),
    "approval.again": "row {row} failed or was closed by hand, and would be sent once more: {product} for {number}",
    "approval.again_many": "{count:number} rows failed or were closed by hand, and would be sent once more: {rows}",
    "approval.price": "{rows}: {product} costs {now:money}, approved {before:money}",
    "plan.over_budget": (
        "the plan costs {cost:money}, with {before:money} spent before, and the budget is {budget:money}: 'run' would "
        "send nothing; raise --budget, or take rows out"
    ),
    "plan.unwritable": "The plan could not be saved as {path}: {why:words}. Choose another folder or name with --output.",
    "plan.tab": "Plan",
    "plan.tab_rehearsal": "Plan SANDBOX",
    "plan.row_order": "send",
    "plan.row_warned": "send, see the warning",
    "plan.row_attempted": "sent before",
    "plan.row_held": "held",
    "column.check": "check",
    "column.to_do": "what to do",
    "column.checked_number": "checked number",
    "column.checked_product": "checked product",
    "column.checked_nominal": "checked nominal",
    "column.checked_price": "checked price",
    "column.sheet_row": "sheet row",
    "column.why": "why it is not paid",
    "column.row": "row",
    "column.number": "number",
    "column.product_sent": "product sent",
    "column.price": "price",
    "column.sent_at": "sent at (WIB)",
    "column.status": "status",
    "column.reason": "reason",
    "column.to_ask": "what to ask",
    "column.invoice": "invoice",
    "summary.code": "plan code",
    "summary.file": "file",
    "summary.sha256": "SHA-256 of the file",
    "summary.tab": "tab",
    "summary.account": "account",
    "summary.base_url": "provider's address",
    "summary.checked_at": "checked at (WIB)",
    "summary.rows": "rows",
    "summary.rupiah": "rupiah",
    "summary.warnings": "warnings",
    "summary.budget": "budget",
    "summary.last_deposit": "last known deposit",
    "summary.deposit_at": "    stated at {moment:date} (WIB), in batch {batch}",
    "summary.missing": "to be added to it for this plan",
    "summary.approved_by": "approved by",
    "summary.sent_from": "sent from (WIB), run by",
    "sending.not_approved": "not approved",
    "sending.not_known": "not known",
    "sending.again": "(open rows once more)",
    "summary.batch": "batch",
    "summary.first_sent": "first top-up sent (WIB)",
    "summary.last_sent": "last top-up sent (WIB)",
    "summary.tie": "paid + not paid + ask provider = rows in",
    "summary.rows_in": "rows in",
    "summary.removed": "of these, removed from the sheet after they were sent",
    "summary.by_hand": "of these, closed by hand",
    "summary.by_status": "by status",
    "summary.by_operator": "by operator",
    "summary.no_operator": "no operator (held back)",
    "summary.sum": "sum",
    "summary.chart": "Rupiah by status",
    "summary.deposit": "deposit at the provider",
    "summary.opening": "balance at the start",
    "summary.debits": "debits of paid and pending rows",
    "summary.unexplained": "left besides these debits (unexplained)",
    "summary.came_in": "came in, not from a refund (unexplained)",
    "summary.closing": "last balance stated ({moment:date} WIB)",
    "summary.not_among": "not among the debits",
    "summary.undebited": "paid or pending rows whose debit no answer stated, at the listed price",
    "summary.failed": "debits of failed rows, which the provider pays back",
    "summary.may_be_debited": "accepted or unknown rows, at the listed price",
    "summary.mispriced": "debited other than the listed price",
    "summary.overcharged": "over the listed price",
    "summary.left": "what is left",
    "summary.to_do": "rows in the tab To do",
    "summary.to_ask": "rows in the tab Ask provider",
    "sign.here": "to sign",
    "sign.name": "name",
    "sign.date": "date",
    "sign.signature": "signature",
    "sign.prepared": "Prepared by",
    "sign.checked": "Checked by",
    "sign.approved": "Approved by",
    "plan.more_findings": "  … and {count:number} more; 'bulk-topup check' shows all",
    "row": "row {row}, {found}",
    "rows.alike": "{count:number} rows, {kind} ({rows}). The first is {first}",
    "rows.one": "row {first}",
    "rows.many": "rows {first}",
    "rows.more": "rows {first} and {more:number} more",
    "tally.title": "Results: {rows:row|rows}",
    "tally.results": "Results sheet: {path}",
    "next.label": "Next:",
    "next.all_paid": "every row is paid",
    "next.nothing_left": "nothing is left to send",
    "next.sign": "{done:words}: print the tab Summary of {path}, have it signed, and file it.",
    "next.file": "{done:words}: file {path}.",
    "next.results": "{done:words}; the results sheet to sign is written again by:",
    "next.hidden": (
        "{count:row is|rows are} hidden in the sheet and left out, as asked. If they are to be paid, too, unhide them, "
        "save the sheet and run it again."
    ),
    "next.go_on": "go on with what is not sent yet, {count:row|rows} for {rupiah:money}:",
    "next.unknown_today": (
        "{count:row is|rows are} unknown: today before 23:50 WIB, have what is unknown sent once more; what the provider "
        "already has, it refuses:"
    ),
    "next.decide": (
        "{count:row is|rows are} new and go to numbers that this batch already paid: delete them, or, if they are meant "
        "besides, send them:"
    ),
    "next.duplicate": (
        "{count:row was|rows were} topped up already, or stood twice in the sheet: there is nothing to send."
    ),
    "next.pending": "{count:row is|rows are} pending: ask again later how it ended.",
    "next.unknown": (
        "{count:row is|rows are} unknown: ask the provider, fill in what it says (tab Ask provider of the results "
        "sheet), then have it read."
    ),
    "next.unknown_resend": (
        "Or, today before 23:50 WIB, have the unknown sent again: what the provider already has, it refuses."
    ),
    "next.accepted": (
        "{count:row is|rows are} held by the provider without an invoice: ask it for the invoice, fill it in (tab Ask "
        "provider of the results sheet), then have it read."
    ),
    "next.gagal": (
        "{count:row|rows} failed at the provider: correct what the results sheet says is wrong, then send again."
    ),
    "next.gagal_by_hand": (
        "{count:row|rows} failed at the provider or were closed by hand: correct what the results sheet says is wrong, then "
        "send again."
    ),
    "next.unsent": "{count:row is|rows are} not sent yet: go on.",
    "next.outdated": (
        "{count:row is|rows are} not sent yet, and the sheet was changed since it was approved: look at its plan, and have "
        "that one approved."
    ),
    "next.invalid": "{count:row was|rows were} held back: correct the sheet, save it and run it again.",
    "progress.paid": "{count:number} paid",
    "progress.failed": "{count:number} failed",
    "progress.unsent": "{count:number} not sent",
    "progress.pending": "{count:number} pending",
    "progress.accepted": "{count:number} accepted",
    "progress.unknown": "{count:number} unknown",
    "progress.left": "{time} left",
    "progress.pace": "{rate}/s",
    "time.seconds": "{seconds} s",
    "time.minutes": "{minutes} min",
    "time.hours": "{hours} h {minutes} min",
    "progress.line": "{done:number} of {total:row|rows}: {counts}; {rate} a second, about {left} left",
    "progress.all_sent": "All sent; asking after {count:pending top-up|pending top-ups} for up to {seconds} s.",
    "progress.waiting": "Asking after {count:pending top-up|pending top-ups} for up to {seconds} s.",
    "paid.yes": "paid",
    "paid.no": "not paid",
    "paid.ask": "ask provider",
    "status.sukses": "paid",
    "status.pending": "the provider is still working on it",
    "status.accepted": "the provider holds it, its invoice never reached us",
    "status.unknown": "no clear answer reached us, it may be paid",
    "status.gagal": "failed at the provider",
    "status.gagal_by_hand": "failed at the provider, or closed by hand ({count:number})",
    "status.duplicate": "already topped up, or twice in the sheet",
    "status.invalid": "held back by a check",
    "status.unsent": "not sent",
    # -- kinds of held rows -------------------------------------------------------------------------------
    "kind.cell.error": "an Excel error instead of a value",
    "kind.cell.date": "a date instead of a value",
    "kind.cell.boolean": "a yes/no cell instead of a value",
    "kind.cell.decimal": "a decimal number",
    "kind.cell.no_value": "a formula without its result",
    "kind.cell.merged": "covered by a merged cell",
    "kind.cell.two_readings": "shown as one thing, stored as another",
    "kind.cell.format": "shown otherwise by its number format",
    "kind.cell.unknown": "a value that no spreadsheet program saves",
    "kind.hidden.skipped": "hidden row, left out",
    "kind.number.missing": "no phone number",
    "kind.number.digits_not_ascii": "phone number in digits of another script",
    "kind.number.scientific": "phone number in scientific notation",
    "kind.number.several": "more than one number in a cell",
    "kind.number.letter_o": "letter O in a phone number",
    "kind.number.letters": "letters in a phone number",
    "kind.number.decimal_zero": "phone number saved as a decimal",
    "kind.number.decimal": "phone number with a decimal point",
    "kind.number.amount": "a phone number or an amount",
    "kind.number.foreign": "foreign number",
    "kind.number.characters": "odd characters in a phone number",
    "kind.number.spelling": "odd punctuation in a phone number",
    "kind.number.length": "phone number too short or too long",
    "kind.number.length_with_zero": "phone number too short or too long",
    "kind.number.landline": "landline number",
    "kind.number.prefix": "not a mobile prefix",
    "kind.number.lost_digits": "phone number has lost digits",
    "kind.product.missing": "no product code",
    "kind.product.invisible": "a character in a product code that cannot be seen",
    "kind.product.foreign": "a character in a product code that no code has",
    "kind.product.foreign_near": "a character in a product code that no code has",
    "kind.product.unknown": "product code not in the price list",
    "kind.product.unknown_near": "product code not in the price list",
    "kind.product.closed": "product closed today",
    "kind.product.no_price": "product without a price",
    "kind.product.nominal_missing": "product without a nominal in the price list",
    "kind.product.nominal_unusable": "product without a usable nominal in the price list",
    "kind.product.listed_twice": "product listed twice, with different facts",
    "kind.total.row": "row that adds up the others",
    "kind.section.row": "heading across the table",
    "kind.note.row": "a note, or neither a number nor a product code",
    "kind.header.row": "the header, once more",
    "kind.example.row": "example row of the template",
    "kind.nominal.differs": "nominal does not match the product",
    "kind.nominal.unreadable": "nominal is not an amount",
    "kind.itrx.not_a_count": "count is not 1, 2, 3 …",
    "kind.operator.differs": "number is of another operator",
    "kind.duplicate.sheet": "same number and amount twice in the sheet",
    "kind.duplicate.other_batch": "already topped up by another batch",
    "kind.duplicate.open_elsewhere": "still open in another batch",
    "kind.duplicate.results": "already paid or open by its results columns",
    "kind.duplicate.results_invoice": "already paid or open by its results columns",
    "kind.recent.other_batch": "paid the same lately by another batch",
    "kind.changed.already_sent": "new row to a number this batch already sent to",
}


# -- the language ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Language:
    """How a language says things.

    `translate` takes a context (a code, or `HELP`) and the English text. `months` are the names by which
    dates are spelled out; without them, dates stay as ISO 8601 has them.
    """

    translate: Callable[[str, str], str]
    thousands: str
    decimal: str
    months: Sequence[str] = ()


ENGLISH = Language(lambda _context, english: english, thousands=",", decimal=".")
HELP = "help"
"""The context of help texts, which stand beside their commands and options."""

_spoken = ENGLISH


def speak(language: Language) -> None:
    """Say everything in this language from now on, in the whole process; English until then."""
    global _spoken
    _spoken = language


def help_text(english: str) -> str:
    return _spoken.translate(HELP, english)


class _Formatter(string.Formatter):
    """`{cost:money}` is rupiah, `{count:number}` a number, `{count:row|rows}` one with what is counted, and
    `{day:date}` a date (an ISO text, with or without a time), `{why:words}` what may be a code itself, worded
    with the same facts; a fact that is not given shows as nothing, never as an error.
    """

    def __init__(self, facts: Mapping[str, object]) -> None:
        self._facts = facts

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002
        return kwargs.get(str(key), "")

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "money":
            return money(int(value)) if value != "" else ""
        if format_spec == "date":
            return printable(date(str(value)))
        if format_spec == "words":
            return self._worded(value) if str(value) in WORDS else printable(str(value))
        if format_spec != "number" and "|" not in format_spec:
            return printable(format(value, format_spec))
        counted = number(int(value)) if str(value).isdecimal() else printable(str(value))
        if format_spec == "number":
            return counted
        one, many = format_spec.split("|")
        return f"{counted} {one if str(value) == '1' else many}"

    def _worded(self, code: object) -> str:
        """Without the code itself among the facts: a wording that asked for it would never end."""
        return text(str(code), **{name: fact for name, fact in self._facts.items() if fact != code})


def text(code: str, /, **facts: object) -> str:
    """The wording of `code` with these facts; the code itself where there is no wording for it."""
    english = WORDS.get(code)
    return code if english is None else _Formatter(facts).vformat(_spoken.translate(code, english), (), facts)


def money(rupiah: int) -> str:
    return f"Rp{number(rupiah)}"


def number(value: int) -> str:
    return f"{value:,}".replace(",", _spoken.thousands)


def plain(value: float) -> str:
    """With the decimal places that it has, and no others."""
    return f"{value:g}".replace(".", _spoken.decimal)


def decimal(value: float) -> str:
    """To one decimal place."""
    return f"{value:.1f}".replace(".", _spoken.decimal)


_ISO_DATE = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(?:-(\d\d))?(?!\d)")


def date(text: str) -> str:
    """`2026-11-25 14:03`, `2026-11-25` or `2026-11` as people write it; any other text as it is."""
    found = _ISO_DATE.match(text)
    if found is None or not _spoken.months:
        return text
    year, month, day = found.groups()
    spelled = f"{_spoken.months[int(month) - 1]} {year}"
    return (f"{int(day)} {spelled}" if day else spelled) + text[found.end() :]


def to_the_minute(moment: str) -> str:
    """`2026-11-25 14:03` of an ISO text; "" of none."""
    return moment[:16].replace("T", " ")


def printable(value: str) -> str:
    """Nothing from a sheet or the provider can move the cursor, ring a bell or hide in a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in value)


def deposit(known: Deposit, cost: int) -> str:
    """The last known deposit, and what it lacks for what is to be sent."""
    facts = {"balance": known.balance, "moment": known.moment, "batch": known.batch}
    code = "deposit.enough" if known.balance >= cost else "deposit.short"
    return text(code, **facts, missing=cost - known.balance)


def error(problem: BulkTopupError) -> str:
    return text(problem.code, **problem.facts)


def finding(found: Finding) -> str:
    """`row 12, No HP: 0812… has …`"""
    return text("row", row=found.row, found=finding_in_row(found))


def finding_in_row(found: Finding) -> str:
    words = text(found.code, **{"value": found.value, "text": found.value, **found.facts})
    return f"{printable(found.column)}: {words}" if found.column else words


def rows(numbers: Sequence[int], most: int) -> str:
    """`row 4`, or `rows 4, 9, 12 and 30 more`."""
    first, more = ", ".join(map(str, numbers[:most])), len(numbers) - most
    if len(numbers) == 1:
        return text("rows.one", first=first)
    return text("rows.more", first=first, more=more) if more > 0 else text("rows.many", first=first)


def closed_by_hand(at: str, who: str, note: str) -> str:
    """Who closed a row, when (an ISO time) and why."""
    return text("closed_by_hand", who=who, at=to_the_minute(at), note=note or "-")


def sending(at: str, who: str, plan_code: str, approved_by: str, orders: int) -> str:
    """An approver answers for what was sent under that plan, and for nothing else of the batch."""
    facts = {"moment": to_the_minute(at), "who": who, "count": orders}
    if not at:
        return text("batch.part_unknown", **facts)
    if not plan_code:
        return text("batch.part_again", **facts)
    return text("batch.part", **facts, code=plan_code, approved=approved(approved_by))


def approved(by: str) -> str:
    """`by` is "" where nobody did."""
    return text("sending.approved" if by else "sending.not_approved", who=by)


def attempt(status: Status, code: str, reason: str | None) -> str:
    """Why an attempted row stands where it stands, with the provider's words; nothing for a plain success."""
    if status is Status.SUKSES:
        return ""
    words = text(code)
    return f"{words} {text('provider_says', reason=reason)}" if reason else words
