"""A program of its own: plays the campaign on copies of the program, each in a fork that has the libraries.

Each line that it is given, `["FOLDER", "OPTION", ...]`, is answered with an empty one when that campaign is
over. To import the libraries anew would take longer than a schedule. It imports nothing of the program.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
from typing import Never

LIBRARIES = (
    "click",
    "cryptography.hazmat.primitives.serialization",
    "filelock",
    "lxml.etree",
    "openpyxl",
    "pandas",
    "platformdirs",
    "psutil",
    "psycopg",
    "python_calamine",
    "requests",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
    "tqdm",
    "xlrd",
    "xlsxwriter",
)


def main() -> None:
    for name in LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _play(*json.loads(line))
        os.waitpid(pid, 0)
        print(flush=True)


def _play(folder: str, *options: str) -> Never:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    os.chdir(folder)
    sys.path.insert(0, folder)
    sys.argv = ["campaign", *options]
    try:
        runpy.run_module("tests.campaign", run_name="__main__", alter_sys=True)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
