"""What is wrong with a row or doubtful about it, and the kinds of such rows in the plan."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "row": "row {row}, {found}",
    "rows.alike": "{count:number} rows, {kind} ({rows}). The first is {first}",
    "rows.one": "row {first}",
    "rows.many": "rows {first}",
    "rows.more": "rows {first} and {more:number} more",
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
    "number.lost_digits": (
        "{value} has lost digits: the cell is stored as a number, and a long one keeps 15 digits at most, or fewer "
        "once it was shown as 8.12E+10; format the column as Text and paste it again"
    ),
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
    "nominal.differs": (
        "the sheet says {value}, but {product} tops up {nominal}; correct the product code or the nominal"
    ),
    "nominal.unreadable": "{value} is not an amount in rupiah; write it as 50000, or leave it empty",
    "itrx.not_a_count": "{value} is not a count; write 1, 2, 3 … for the first, second, third top-up of the day",
    "operator.differs": "{value} is a number of {own}, but {product} is for {operator}; check the product code",
    "hidden.skipped": "the row is hidden in the sheet and was left out, as asked with --hidden skip; unhide it to send it",
    "hidden.ask": "The sheet has hidden or filtered rows that nobody sees in it ({rows}): are they to be paid, too?",
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
    "turned_away.earlier": (
        "{value} was turned away on {day:date} by the provider's server, after it had left; should it have been taken all "
        "the same, it would be paid twice: if you are not sure, look the number up first"
    ),
    "closed.not_sent": (
        "{value} was sent on {day:date} and closed by hand as not sent; look it up with the provider again before it is "
        "sent once more: should the provider have it, it would be paid twice"
    ),
    "recent.other_batch": "{value} was paid the same amount by batch {batch} (row {row}) on {day:date}; check that it is due again",
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
