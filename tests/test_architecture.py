"""ARCHITECTURE.md is held against the code: its arrows, its pure modules, its owners of libraries."""

from __future__ import annotations

import ast
import graphlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.markdown import ROOT, code_in, page, section, table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = ROOT / "bulk_topup"
PAGE = page("ARCHITECTURE.md")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


PURE_STDLIB = _names(
    """
    __future__ bisect collections collections.abc dataclasses datetime difflib email.utils enum errno
    functools hashlib html.entities itertools json math operator re string types typing unicodedata
    """
)
"""What a pure module may use of the standard library: nothing here opens, sends, sleeps or draws lots."""

IMPURE_CALLS = frozenset({"open", "print", "input", "now", "utcnow", "today", "read_text", "write_text"})


# -- what the page says ------------------------------------------------------------------------------------

DRAWN = {module.strip("`"): set(code_in(imports)) for module, _, imports in table(PAGE, "module")}
OWNERS = {library.strip("`"): set(code_in(modules)) for library, modules in table(PAGE, "library")}
PURE = set(code_in(PAGE[PAGE.index("Pure modules") :].split("\n\n", 1)[0]))


# -- what the code does ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Import:
    """One imported name. `module` is the top-level module of ours that it stands in."""

    module: str
    name: str
    types_only: bool
    where: str

    @property
    def ours(self) -> str | None:
        """The top-level module of ours that is imported."""
        parts = self.name.split(".")
        return parts[1] if parts[0] == PACKAGE.name and parts[1] in MODULES else None


MODULES = {
    path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
}


def imports_of(path: Path) -> Iterator[Import]:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    for node, types_only in imports_below(ast.parse(path.read_text(encoding="utf-8"))):
        for name in imported_names(node):
            yield Import(parts[0], name, types_only, f"{path.relative_to(ROOT)}:{node.lineno}")


def imports_below(
    node: ast.AST, types_only: bool = False
) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Every import statement, at any depth, and whether only the type checker sees it."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node, types_only
    elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        for statement in node.body:
            yield from imports_below(statement, types_only=True)
        for statement in node.orelse:
            yield from imports_below(statement, types_only)
    else:
        for child in ast.iter_child_nodes(node):
            yield from imports_below(child, types_only)


def imported_names(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute, so that they can be read off"
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return [alias.name for alias in node.names]


IMPORTS = [found for path in sorted(PACKAGE.rglob("*.py")) for found in imports_of(path)]


def arrows_of(module: str) -> set[str]:
    found = {i.ours for i in IMPORTS if i.module == module and not i.types_only}
    return {name for name in found if name is not None and name != module}


# -- the tests ---------------------------------------------------------------------------------------------


def test_the_page_stays_short() -> None:
    assert len(PAGE.splitlines()) < 120


def test_every_module_is_on_the_map() -> None:
    assert set(DRAWN) == MODULES - {"__init__"}


@pytest.mark.parametrize("module", sorted(MODULES - {"__init__"}))
def test_the_arrows_drawn_are_the_imports_made(module: str) -> None:
    drawn, made = DRAWN.get(module, set()), arrows_of(module)
    assert made == drawn, f"{module}: not drawn {made - drawn or 'none'}, not made {drawn - made or 'none'}"


def test_arrows_never_lead_back() -> None:
    graphlib.TopologicalSorter({module: arrows_of(module) for module in MODULES}).prepare()


def test_the_sandbox_knows_nothing_of_the_rest_and_only_cli_and_tools_know_it() -> None:
    assert [i.where for i in IMPORTS if i.module == "sandbox" and i.ours not in {None, "sandbox"}] == []
    users = {i.module for i in IMPORTS if i.ours == "sandbox"} - {"sandbox"}
    assert users <= {"cli", "connect"}


@pytest.mark.parametrize("library", sorted(OWNERS))
def test_an_owned_library_is_known_to_its_owners_and_to_nobody_else(library: str) -> None:
    knowing = {i.module for i in IMPORTS if f"{i.name}.".startswith(f"{library}.")}
    assert knowing == OWNERS[library]


def test_the_deciding_modules_are_among_the_pure() -> None:
    assert {"batch", "checks", "numbers", "outcomes", "plan"} <= PURE <= MODULES


def test_pure_modules_know_only_each_other_and_harmless_libraries() -> None:
    strangers = [f"{i.where} imports {i.name}" for i in IMPORTS if i.module in PURE and not is_harmless(i)]
    assert strangers == []


def is_harmless(found: Import) -> bool:
    if found.ours is not None:
        return found.ours in PURE
    allowed = PURE_STDLIB | {"pandas", "numpy"} | ({"pathlib"} if found.types_only else set())
    return found.name in allowed or found.name.rpartition(".")[0] in allowed


@pytest.mark.parametrize("module", sorted(PURE))
def test_pure_modules_neither_read_a_clock_nor_touch_a_file(module: str) -> None:
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert [f"line {call.lineno}: {name_of(call)}" for call in calls if name_of(call) in IMPURE_CALLS] == []


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_the_invariants_name_modules_that_exist() -> None:
    listed = section(PAGE, "Invariants")
    items = [" ".join(item.split()) for item in re.split(r"\n(?=\d+\. )", listed)[1:]]
    assert [int(item.split(".")[0]) for item in items] == list(range(1, len(items) + 1))
    for item in items:
        held_by = set(code_in(item[item.rindex("(") :]))
        assert held_by, item
        assert held_by <= MODULES, item


def test_whatever_is_caught_blindly_is_raised_again_or_says_why() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{handler.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for handler in handlers_in(path)
        if is_blind(handler) and not raises_again(handler) and not says_why(path, handler)
    ]
    assert silent == []


def handlers_in(path: Path) -> Iterator[ast.ExceptHandler]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler))


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
