"""Deployed zips, each unpacked once, with the file modes that the zip gives (an exec wrapper must be 0755)."""

import hashlib
import io
import threading
import zipfile
from pathlib import Path


class PackageFolder:
    """Unpacks zips below one folder; the folder's owner removes it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()

    def unpack(self, code: bytes) -> Path:
        """The folder that stands for `/var/task`. Same code, same folder."""
        target = self._root / hashlib.sha256(code).hexdigest()[:32]
        with self._lock:
            if not target.exists():
                partial = target.with_suffix(".partial")
                with zipfile.ZipFile(io.BytesIO(code)) as archive:
                    for member in archive.infolist():
                        path = Path(archive.extract(member, partial))
                        mode = member.external_attr >> 16 & 0o777
                        if mode and not member.is_dir():
                            path.chmod(mode)
                partial.mkdir(exist_ok=True, parents=True)
                partial.rename(target)
        return target
