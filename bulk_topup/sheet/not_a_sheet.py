"""Identifies a file that is not a sheet, by its content: a picture of one, a link to one, a note next to
one.
"""

from __future__ import annotations

import re

from bulk_topup.core.errors import InputError

_HEAD_BYTES = 4096


def refuse(data: bytes) -> None:
    """Raises InputError that names what it is, if it is a known kind of file that is not a current
    spreadsheet.
    """
    head = data[:_HEAD_BYTES]
    if _LINK.match(head):
        raise InputError("sheet.google_link" if _GOOGLE.search(head) else "sheet.shortcut")
    for begins, code in _KINDS:
        if begins.match(head):
            raise InputError(code)
    if _is_owner_file(data):
        raise InputError("sheet.lock_file")


# -- how files begin ---------------------------------------------------------------------------------------

_LINK = re.compile(
    rb"""
    \[InternetShortcut\] | \[Desktop\ Entry\]                      # .url, .desktop
    | L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46             # .lnk
    | <\?xml[^>]*>\s*<!DOCTYPE\ plist.*<key>URL</key>              # .webloc
    | bplist0.(?=.*URL)(?!.*NSURLNameKey)
    | \{[^{}]*"doc_id"[^{}]*\}\s*\Z                                # .gsheet
    | \{\s*"url"\s*:\s*"https://docs\.google\.com/[^{}]*\}\s*\Z
    | (?:\xef\xbb\xbf)?\s*https?://[^\s,;|]+\s*\Z
    """,
    re.DOTALL | re.VERBOSE,
)
_GOOGLE = re.compile(rb'docs\.google\.com|"doc_id"')

_KINDS = [
    (re.compile(begins, re.DOTALL | re.MULTILINE | re.VERBOSE), code)
    for begins, code in (
        (rb"(?:\xef\xbb\xbf)?\s*%PDF-", "sheet.pdf"),
        (rb"\{\\rtf", "sheet.not_a_spreadsheet"),
        (rb"\x89PNG\r\n | \xff\xd8\xff | GIF8 | II\*\0 | MM\0\* | RIFF....WEBP", "sheet.picture"),
        (rb"....ftyp(?:hei[cfsx]|mif1|avif)", "sheet.picture"),
        (rb"(?:<\?xml[^>]*>)?\s*(?:<!DOCTYPE\ svg[^>]*>\s*)?<svg\b", "sheet.picture"),
        (
            rb"\x1f\x8b\x08 | 7z\xbc\xaf\x27\x1c | Rar!\x1a\x07 | \xfd7zXZ\0 | \x28\xb5\x2f\xfd",
            "sheet.archive",
        ),
        (rb"BZh[1-9]1AY&SY | .{257}ustar[\0\ ]", "sheet.archive"),
        (rb"bplist0..*NSURLNameKey", "sheet.placeholder"),
        (rb"\0\x05\x16[\0\x07]\0\x02\0\0", "sheet.apple_double"),
        (rb"[\w-]+:\ [^\n]*\n(?:[\w-]+:\ |[\ \t])[^\0]*?^(?:MIME-Version|Message-ID):\ ", "sheet.email"),
        (rb"MIME-Version:", "sheet.html"),
        (rb"TABLE\r?\n0,1\r?\n | ID;P[^\r\n]*\r?\n[BCFOP];", "sheet.old_kind"),
        (rb"\0\0\x02\0 | \0\0\x1a\0 | \xff\0\x02\0", "sheet.old_kind"),
        (rb",[^,\n]*,[^,\n]*,[0-9.]{10}\ [0-9:]{5},(?:file:[^\n]*)?;\s*\Z", "sheet.lock_file"),
    )
]
"""The code of the message that says what it is. Old kinds are DIF, SYLK, Lotus and Works; the last one is
LibreOffice's lock file.
"""

_OWNER_FILE_BYTES = 165


def _is_owner_file(data: bytes) -> bool:
    """`~$payroll.xlsx`, which marks a workbook as open in Excel: the user's name twice, each after its
    length.
    """
    return len(data) == _OWNER_FILE_BYTES and data[0] == data[55] and data[0] < 55 and data[56] == 0
