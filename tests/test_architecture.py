"""The house held against the code: the line of its rooms, no circle, who knows which library, what is pure.

Every import counts: at any depth, and those that only the type checker sees.
"""

from __future__ import annotations

import ast
import graphlib
import importlib
import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.markdown import ROOT, code_in, page, section

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = ROOT / "bulk_topup"
PAGE = page("ARCHITECTURE.md")

LINE = ("commands", "report", "sending", "record", "rules", "provider", "sheet", "core")
"""Each room imports itself and rooms to its right."""

DESK_KNOWS = {"desk", "core", "report"}
"""The desk stands beside the line: it runs the commands as processes, and knows the words of the report."""

MAY_START_THE_SANDBOX = {"sandbox", "sending", "commands"}

LIBRARIES = {
    "click": {"commands"},
    "cryptography": {"commands", "rules"},
    "filelock": {"record"},
    "jinja2": {"desk"},
    "keyring": {"commands"},
    "lxml": {"sheet"},
    "msoffcrypto": {"sheet"},
    "openpyxl": set(),
    "platformdirs": {"record"},
    "psutil": {"desk", "record", "sheet"},
    "psycopg": {"record"},
    "requests": {"provider"},
    "sqlalchemy": {"record"},
    "sqlite3": {"record", "sandbox"},
    "starlette": {"desk"},
    "tqdm": {"commands"},
    "urllib3": {"provider"},
    "uvicorn": {"desk"},
    "xlrd": {"sheet"},
    "xlsxwriter": {"report"},
}
"""Which rooms know a library; one that is not named here is known to any."""

PURE = (
    "core/chain.py",
    *("core/columns.py", "core/errors.py", "core/languages.py", "core/model.py", "core/results_columns.py"),
    "core/row_names.py",
    *(
        "core/status.py",
        "sheet/header.py",
        "sheet/layout.py",
        "sheet/names.py",
        "sheet/periods.py",
        "sheet/sayings.py",
        "sheet/sections.py",
    ),
    *("provider/fields.py", "provider/outcomes.py", "provider/price_list.py", "provider/wire.py"),
    *("rules/", "record/lines.py", "report/words/say.py", "report/words/english/"),
)
HARMLESS = {
    *(
        "__future__",
        "bisect",
        "cryptography",
        "collections",
        "dataclasses",
        "datetime",
        "difflib",
        "email",
        "enum",
        "functools",
    ),
    *(
        "hashlib",
        "html",
        "itertools",
        "json",
        "math",
        "numpy",
        "operator",
        "pandas",
        "pathlib",
        "re",
        "string",
    ),
    *("types", "typing", "unicodedata"),
}
"""What a pure file may use beside our code: nothing here sleeps, sends or draws lots. Paths are values."""
IMPURE_CALLS = {"open", "print", "input", "now", "utcnow", "today", "read_text", "write_text", "exists"}

MOST_LINES, FEWEST_LINES = 400, 30


class Import(NamedTuple):
    """`module` imports `target`: a module of ours by its whole name, or a library's top-level name."""

    module: str
    target: str
    where: str


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


FILES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}


def imports_of(name: str) -> Iterator[Import]:
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute, so that they can be read off"
            found = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for target in found:
            yield Import(name, module_in(target), f"{FILES[name].relative_to(ROOT)}:{node.lineno}")


def module_in(target: str) -> str:
    if not target.startswith("bulk_topup."):
        return target.partition(".")[0]
    return target if target in FILES else target.rpartition(".")[0]


def room_of(name: str) -> str:
    return name.split(".")[1] if name.count(".") else ""


IMPORTS = [found for name in FILES for found in imports_of(name)]
OURS = [found for found in IMPORTS if found.target in FILES and room_of(found.target)]


def test_a_room_imports_only_rooms_to_its_right() -> None:
    assert {room_of(name) for name in FILES} == {"", "sandbox", "desk", "__main__", *LINE}
    right = {room: set(LINE[place:]) for place, room in enumerate(LINE)} | {"desk": DESK_KNOWS}
    wrong = [f for f in OURS if room_of(f.target) not in {"sandbox", "desk"}]
    assert [f for f in wrong if room_of(f.target) not in right.get(room_of(f.module), {*LINE})] == []


def test_the_desk_runs_commands_and_knows_words_alone() -> None:
    assert {f.module for f in OURS if room_of(f.target) == "desk" != room_of(f.module)} == {
        "bulk_topup.commands.desk"
    }
    of_report = {f.target for f in OURS if room_of(f.module) == "desk" and room_of(f.target) == "report"}
    assert of_report == {"bulk_topup.report.words.say", "bulk_topup.report.words.translation"}


def test_no_circle_of_files() -> None:
    arrows = {name: {f.target for f in OURS if f.module == name} - {name} for name in FILES}
    graphlib.TopologicalSorter(arrows).prepare()


def test_the_sandbox_knows_nothing_of_the_rest() -> None:
    of_ours = [f for f in OURS if room_of(f.module) == "sandbox" and room_of(f.target) != "sandbox"]
    assert of_ours == []
    assert {room_of(f.module) for f in OURS if room_of(f.target) == "sandbox"} <= MAY_START_THE_SANDBOX


def test_the_faults_of_the_tests_know_the_sandbox_alone() -> None:
    paths = sorted((ROOT / "tests" / "faults").glob("*.py"))
    nodes = [node for path in paths for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    modules = {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    ours = {name for name in modules if name.startswith(("bulk_topup", "tests"))}
    assert ours
    assert {name for name in ours if not name.startswith(("bulk_topup.sandbox", "tests.faults"))} == set()


@pytest.mark.parametrize("library", sorted(LIBRARIES))
def test_a_library_is_known_to_its_rooms_alone(library: str) -> None:
    assert {room_of(f.module) for f in IMPORTS if f.target == library} == LIBRARIES[library]


def pure_files() -> Iterator[str]:
    for name, path in FILES.items():
        if path.relative_to(PACKAGE).as_posix().startswith(PURE):
            yield name


def test_pure_files_know_only_each_other_and_harmless_libraries() -> None:
    pure = set(pure_files())
    assert len(pure) > 15
    strangers = [f for f in IMPORTS if f.module in pure and f.target not in HARMLESS | pure]
    assert strangers == []


def test_pure_files_neither_read_a_clock_nor_touch_a_file() -> None:
    calls = ((name, node) for name in pure_files() for node in ast.walk(TREES[name]))
    called = [(name, node) for name, node in calls if isinstance(node, ast.Call)]
    assert [f"{name}:{node.lineno}" for name, node in called if called_as(node) in IMPURE_CALLS] == []


def called_as(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_a_file_is_neither_long_nor_a_crumb() -> None:
    lines = {
        path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8").count("\n")
        for path in FILES.values()
        if path.name not in {"__init__.py", "__main__.py"} and "commands" not in path.parts
    }
    long = {
        path.relative_to(PACKAGE).as_posix()
        for path in FILES.values()
        if path.read_text(encoding="utf-8").count("\n") > MOST_LINES
    }
    assert long == set()
    assert {name for name, count in lines.items() if count < FEWEST_LINES} == set()


def test_the_page_stays_short() -> None:
    assert len(PAGE.splitlines()) <= 100


def test_the_page_names_the_rooms_and_files_that_exist() -> None:
    for room in (*LINE, "sandbox"):
        assert f"`{room}`" in PAGE, room
    items = re.split(r"\n(?=\d+\. )", "\n" + section(PAGE, "Invariants"))[1:]
    assert [int(item.split(".")[0]) for item in items] == list(range(1, len(items) + 1))
    for item in items:
        held_by = code_in(item[item.rindex("(") :])
        assert held_by, item
        for name in held_by:
            assert (PACKAGE / name).exists(), f"{name}: {item}"


def test_whatever_is_caught_blindly_is_raised_again_or_says_why() -> None:
    silent = [
        f"{FILES[name].relative_to(ROOT)}:{handler.lineno}"
        for name, tree in TREES.items()
        for handler in ast.walk(tree)
        if isinstance(handler, ast.ExceptHandler)
        and is_blind(handler)
        and not raises_again(handler)
        and not says_why(FILES[name], handler)
    ]
    assert silent == []


def is_blind(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in {"Exception", "BaseException"} for kind in caught)


def raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def says_why(path: Path, handler: ast.ExceptHandler) -> bool:
    line = path.read_text(encoding="utf-8").splitlines()[handler.lineno - 1]
    comment = line.partition("#")[2].partition("noqa: BLE001")
    return len((comment[2] or comment[0]).split()) > 3


IMPORT_IN_A_SCRIPT = re.compile(r"\bfrom (bulk_topup[\w.]*|tests[\w.]*) import (\w[\w, ]*)")


def test_what_the_scripts_of_tests_import_is_there() -> None:
    """A stand-in that can't start dies just as a hostile one does."""
    found = {
        (path.relative_to(ROOT).as_posix(), module, name.strip())
        for path in (ROOT / "tests").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for module, names in IMPORT_IN_A_SCRIPT.findall(node.value)
        for name in names.split(",")
    }
    assert len(found) > 10
    assert {entry for entry in found if not is_there(*entry[1:])} == set()


def is_there(module: str, name: str) -> bool:
    try:
        return hasattr(importlib.import_module(module), name) or is_there(f"{module}.{name}", "__name__")
    except ImportError:
        return False
