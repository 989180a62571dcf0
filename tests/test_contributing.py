"""CONTRIBUTING.md and what checks a change elsewhere: held against the repository."""

from __future__ import annotations

import re
import tomllib

import pytest

from bulk_topup import __version__
from tests.markdown import ROOT, code_in, page, table

PAGE = page("CONTRIBUTING.md")
LINTERS = ("ruff check .", "ruff format --check .", "mypy")
HERE = re.compile(r"(?:bulk_topup|tests|samples|docs|\.ci)/[\w./]*")


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md"])
def test_every_page_linked_to_is_there(name: str) -> None:
    targets = set(re.findall(r"\]\((?!https?:)([^)#]+)\)", page(name)))
    assert targets
    assert [target for target in targets if not (ROOT / target).is_file()] == []


def test_every_file_named_is_there() -> None:
    named = [name for name in code_in(PAGE) if HERE.fullmatch(name) and "NAME" not in name]
    assert len(named) > 15
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_marker_named_is_one(pytestconfig: pytest.Config) -> None:
    registered = {re.split(r"[:(]", line)[0] for line in pytestconfig.getini("markers")}
    assert {marker.strip("`") for marker, _ in table(PAGE, "marker")} <= registered


def test_every_program_of_the_tests_that_is_named_is_there() -> None:
    named = set(re.findall(r"python -m tests\.(\w+)", PAGE))
    assert {"bench", "campaign", "catalogue"} <= named
    folder = ROOT / "tests"
    assert [n for n in named if not ((folder / f"{n}.py").is_file() or (folder / n).is_dir())] == []


def test_the_linters_are_the_same_before_a_commit_and_in_ci() -> None:
    ci = page(".ci/run").splitlines()
    assert [linter for linter in LINTERS if f".venv/bin/{linter}" not in ci] == []
    hooked = re.findall(r"args: \[(.+)\]", page(".pre-commit-config.yaml"))
    assert [" ".join(args.split(", ")) for args in hooked] == list(LINTERS)


def test_the_lock_holds_every_dependency_with_hashes_and_names_no_host() -> None:
    lock = page("requirements-dev.txt")
    project = tomllib.loads(page("pyproject.toml"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    named = {re.split(r"[^\w-]", line)[0] for group in groups for line in group} - {project["name"]}
    locked = re.findall(r"^([\w-]+)==.* \\\n    --hash=", lock, re.MULTILINE)
    assert named <= set(locked)
    assert len(locked) == len(re.findall(r"^[\w-]+==", lock, re.MULTILINE))
    assert "://" not in lock
    assert "index" not in lock


def test_the_workflow_runs_the_oldest_python_and_all_of_ci() -> None:
    workflow = page(".github/workflows/ci.yml")
    oldest = tomllib.loads(page("pyproject.toml"))["project"]["requires-python"].removeprefix(">=")
    assert workflow.count(f'python: ["{oldest}", ') == workflow.count("matrix:") == 2
    assert "run: .ci/run\n" in workflow
    assert '-m "not postgres and not libreoffice"' in workflow


def test_the_changelog_begins_with_this_version_and_dates_each() -> None:
    versions = re.findall(r"^## (\S+) - (\d{4}-\d\d-\d\d)$", page("CHANGELOG.md"), re.MULTILINE)
    assert len(versions) == page("CHANGELOG.md").count("\n## ")
    assert versions[0][0] == __version__ == tomllib.loads(page("pyproject.toml"))["project"]["version"]
    assert [day for _, day in versions] == sorted((day for _, day in versions), reverse=True)
