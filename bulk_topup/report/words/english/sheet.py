"""A file that can't be read as a sheet, and what is said about one that can."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "file.not_text": "the name of {file} has bytes that are no letters (it is not UTF-8); rename the file, then try again",
    "file.long_name": "{file}: a file's name has at most {most} bytes; give the right name",
    "sheet.not_found": "{file}: there is no such file; check the name and the folder",
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
}
