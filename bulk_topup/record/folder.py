"""Whether a folder can be trusted with a SQLite file, whose locks and log must be on this machine.

Network folders do not lock reliably, and a sync program copies a database while it is being written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from bulk_topup.core.errors import InputError

NETWORK = (
    "nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "webdav", "davfs", "davfs2", "9p",
    "afs", "ceph", "lustre", "ncpfs", "glusterfs", "vboxsf", "prl_fs", "fuse.davfs2", "fuse.sshfs",
    "fuse.rclone", "fuse.gvfsd-fuse", "fuse.s3fs", "fuse.onedriver", "fuse.google-drive-ocamlfuse",
    "fuse.glusterfs", "fuse.vmhgfs-fuse",
)  # fmt: skip
SYNCED = (
    "onedrive", "dropbox", "google drive", "googledrive", "icloud drive", "icloud~", "mobile documents",
    "cloudstorage", "nextcloud", "owncloud", "pcloud", "box sync", "synologydrive", "creative cloud files",
)  # fmt: skip
"""How the name of a synced folder begins, wherever it is."""

SYNCED_AT_HOME = ("box", "my drive", "mega", "megasync")
"""Names that other folders may have, too, unless directly in the user's own folder."""

MARKERS = (
    ".stfolder", ".dropbox.cache", ".owncloudsync.log", ".nextcloudsync.log", ".csync_journal.db",
    ".sync_*.db", "._sync_*.db", ".tmp.drivedownload", ".tmp.driveupload", ".megaignore",
)  # fmt: skip
"""Files that a sync program puts in the folder that it watches."""


def assert_trusted(path: Path, option: str) -> None:
    """Raises InputError, naming the option that moves the file, if SQLite can't be trusted there."""
    folder = Path(os.path.realpath(path.expanduser())).parent
    kind = synced_by(folder) or network_of(folder)
    if kind:
        raise InputError("folder.untrusted", path=path, kind=kind, option=option)


def synced_by(folder: Path) -> str:
    """The part of the path, or the marker in it, that shows that a sync program watches it; "" if none."""
    named = (part for part in folder.parts if part.casefold().startswith(SYNCED))
    return next(named, "") or _at_home(folder) or next(_markers(folder), "")


def _at_home(folder: Path) -> str:
    try:
        home = Path.home().resolve()
    except RuntimeError:  # A system account, without a home.
        return ""
    if home not in folder.parents:
        return ""
    name = folder.relative_to(home).parts[0]
    return name if name.casefold() in SYNCED_AT_HOME else ""


def _markers(folder: Path) -> Iterator[str]:
    for parent in (folder, *folder.parents):
        # The folder ~/.dropbox is Dropbox's own settings; the marker is a file.
        if (parent / ".dropbox").is_file():
            yield ".dropbox"
        yield from (found.name for pattern in MARKERS for found in parent.glob(pattern))


def network_of(folder: Path) -> str:
    """The kind of network file system of this folder, "" if it is local."""
    if folder.drive.startswith("\\\\"):
        return "why.network_folder"
    import psutil

    mounts = {Path(disk.mountpoint): disk for disk in psutil.disk_partitions(all=True)}
    holder = next((mounts[parent] for parent in (folder, *folder.parents) if parent in mounts), None)
    if holder is None:
        return ""
    is_remote = holder.fstype.casefold() in NETWORK or "remote" in holder.opts.split(",")
    return holder.fstype if is_remote else ""
