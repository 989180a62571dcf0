"""The record of what was paid is kept out of folders that a sync program or another computer writes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bulk_topup.core.errors import InputError
from bulk_topup.record.folder import assert_trusted, synced_by
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's own folder, apart from where it stands."""
    home = tmp_path / "rina"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    return home.resolve()


def made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    "name",
    [
        *("Dropbox", "Dropbox (Kantor)", "OneDrive - PT Maju", "Google Drive", "GoogleDrive-rina@maju.id"),
        *("Library/Mobile Documents/com~apple~CloudDocs", "Library/CloudStorage/Box-Box", "iCloud Drive"),
        *("Nextcloud", "ownCloud", "pCloudDrive", "Creative Cloud Files", "Box Sync"),
        *("Box", "MEGA", "MEGAsync", "My Drive"),
    ],
)
def test_a_folder_that_sync_programs_are_known_by_is_refused_with_the_option_that_moves_the_file(
    home: Path, name: str
) -> None:
    folder = made(home / name / "gaji")

    with pytest.raises(InputError) as refused:
        assert_trusted(folder / "bonus.checkpoint.db", "--checkpoint")

    assert "--checkpoint" in say.error(refused.value)
    assert str(refused.value.facts["kind"]) in name


@pytest.mark.parametrize("name", ["box", "Mega", "my drive"])
def test_a_common_word_is_a_sign_only_directly_in_the_users_folder(
    home: Path, tmp_path: Path, name: str
) -> None:
    for folder in (home / "Documents" / name, tmp_path / name, home / f"{name}es"):
        assert synced_by(made(folder)) == ""


@pytest.mark.parametrize(
    "marker",
    [
        *(".stfolder", ".dropbox", ".dropbox.cache", ".owncloudsync.log", ".nextcloudsync.log"),
        *(".sync_0a1b2c3d4e5f.db", "._sync_0a1b2c3d4e5f.db", ".tmp.drivedownload", ".megaignore"),
    ],
)
def test_a_marker_of_a_sync_program_in_the_folder_or_above_it_is_a_sign_whatever_its_name(
    home: Path, marker: str
) -> None:
    watched = made(home / "kantor")
    folder = made(watched / "2026" / "gaji")
    assert synced_by(folder) == ""

    (watched / marker).touch()

    assert synced_by(folder) == synced_by(watched) == marker


def test_syncthings_marker_may_be_a_folder(home: Path) -> None:
    made(home / "kantor" / ".stfolder")

    assert synced_by(home / "kantor") == ".stfolder"


def test_the_settings_of_a_sync_program_in_the_users_folder_say_nothing_of_the_rest(home: Path) -> None:
    for settings in (".dropbox", ".config/syncthing", ".mega", ".box"):
        made(home / settings)

    assert synced_by(made(home / "Documents" / "gaji")) == ""


def test_an_ordinary_folder_is_trusted(home: Path) -> None:
    assert_trusted(made(home / "Documents" / "gaji") / "bonus.checkpoint.db", "--checkpoint")
