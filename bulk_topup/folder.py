"""Whether a folder can be trusted with a SQLite file: its locks and its log must live on this machine.

Network folders do not lock reliably, and a sync program copies a database while it is being written.
"""

from __future__ import annotations

from pathlib import Path

from bulk_topup.errors import InputError

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


def assert_trusted(path: Path, option: str) -> None:
    """Raises InputError, naming the option that moves the file, where SQLite can't be trusted."""
    folder = path.expanduser().resolve().parent
    kind = synced_by(folder) or network_of(folder)
    if kind:
        raise InputError("folder.untrusted", path=path, kind=kind, option=option)


def synced_by(folder: Path) -> str:
    """The part of the path that a sync program's name stands in, "" for none."""
    return next((part for part in folder.parts if part.casefold().startswith(SYNCED)), "")


def network_of(folder: Path) -> str:
    """The kind of network file system that holds this folder, "" for a local one."""
    if folder.drive.startswith("\\\\"):
        return "a network folder"
    import psutil

    mounts = {Path(disk.mountpoint): disk for disk in psutil.disk_partitions(all=True)}
    holder = next((mounts[parent] for parent in (folder, *folder.parents) if parent in mounts), None)
    if holder is None:
        return ""
    is_remote = holder.fstype.casefold() in NETWORK or "remote" in holder.opts.split(",")
    return holder.fstype if is_remote else ""
