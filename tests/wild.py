"""A folder of real spreadsheets, gathered from public repositories, where there is one.

It has a folder for each format (`xlsx`, `csv` …); what a file really is, its content says.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bulk_topup.sheet import detect
from bulk_topup.sheet.password import unlocked
from bulk_topup.sheet.process import child
from tests.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulk_topup.sheet.tabs import Tab

FOLDER = Path(os.environ.get("BULK_TOPUP_WILD_SHEETS", ROOT.parent / "shared" / "wild-sheets"))
PATHS = sorted(path for path in FOLDER.glob("*/*") if path.is_file())

needed = pytest.mark.skipif(
    not PATHS, reason="the folder of real spreadsheets is not here (BULK_TOPUP_WILD_SHEETS)"
)

PASSWORDS = {
    "ExcelDataReader_ExcelDataReader__src__TestData__Test_git_issue_477_crypto_keylength40.xls": "password",
    "ExcelDataReader_ExcelDataReader__src__TestData__agile_AES128_SHA1_CBC_pwd_password.xlsb": "password",
    "ExcelDataReader_ExcelDataReader__src__TestData__standard_AES192_SHA1_ECB_pwd_password.xlsb": "password",
    "ExcelDataReader_ExcelDataReader__src__TestData__standard_AES256_SHA1_ECB_pwd_password.xlsb": "password",
    "jqnatividad_qsv__resources__test__password-protected-password123.xlsx": "password123",
    "qax-os_excelize__test__encryptSHA1.xlsx": "password",
    "qax-os_excelize__test__encryptSHA512.xlsx": "password",
}


def opened(path: Path) -> tuple[bytes, detect.Format]:
    """The file's bytes, out of any encryption, and its format. Raises InputError as the product does."""
    data = detect.read_bytes(path)
    if detect.is_encrypted_package(data):
        data = unlocked(data, PASSWORDS.get(path.name))
    return data, detect.format_of(data)


def tabs_of(path: Path) -> Sequence[Tab]:
    """The tabs of a workbook, none of a text file. Raises InputError as the product does."""
    data, form = opened(path)
    return [] if form is detect.Format.TEXT else child._tabs(data, form, PASSWORDS.get(path.name))
