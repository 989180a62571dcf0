"""Opens an encrypted workbook in memory. Runs in the child."""

from __future__ import annotations

import io

from bulk_topup.core.errors import InputError
from bulk_topup.sheet.detect import OLE2

_NOBODYS = "VelvetSweatshop"
"""Excel's own password for workbooks that are only protected against changes; it is never asked for."""


def unlocked(data: bytes, password: str | None) -> bytes:
    """The decrypted workbook. Raises InputError if it needs a password, or another one.

    Only Excel's own encryption is supported, not LibreOffice's.
    """
    from msoffcrypto.exceptions import InvalidKeyError  # type: ignore[import-untyped]

    if not data.startswith(OLE2):
        raise InputError("sheet.password_remove")
    try:
        return _decrypted(data, _NOBODYS if password is None else password)
    except MemoryError:
        raise
    except InvalidKeyError as error:
        raise InputError("sheet.password" if password is None else "sheet.wrong_password") from error
    except Exception as error:  # Old and damaged encryption fails in a dozen ways.
        raise InputError("sheet.password_remove") from error


def _decrypted(data: bytes, password: str) -> bytes:
    import msoffcrypto  # type: ignore[import-untyped]

    locked, opened = msoffcrypto.OfficeFile(io.BytesIO(data)), io.BytesIO()
    locked.load_key(password=password)
    locked.decrypt(opened)
    return opened.getvalue()
