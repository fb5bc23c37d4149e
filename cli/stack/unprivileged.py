"""The system user under whom PostgreSQL runs when the stack is started by root, and what that user must reach."""

import os
import pwd
import stat
import subprocess
from pathlib import Path

SYSTEM_USER = "ringledger"
FALLBACK_USER = "nobody"


def unprivileged_user() -> pwd.struct_passwd | None:
    """The user to run PostgreSQL as, which refuses to run as root; None when we are not root anyway."""
    if os.geteuid() != 0:
        return None
    return _find(SYSTEM_USER) or _create(SYSTEM_USER) or pwd.getpwnam(FALLBACK_USER)


def let_in(user: pwd.struct_passwd, *, folder: Path, programs: Path) -> None:
    """Make `folder` the user's own, and `programs` readable for everyone.

    The folders above get no more than the right to be passed through (not listed), and only where it
    is missing: a checkout in /root would otherwise be out of reach.
    """
    os.chown(folder, user.pw_uid, user.pw_gid)
    for path in (folder, programs):
        for parent in path.parents:
            _add_mode(parent, stat.S_IXOTH)
    for path in (programs, *programs.rglob("*")):
        passable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        _add_mode(path, stat.S_IROTH | (stat.S_IXOTH if passable else 0))


def _add_mode(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(stat.S_IMODE(mode) | bits)


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create(name: str) -> pwd.struct_passwd | None:
    """Create a system user without home or shell; None where the machine has no means to."""
    try:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--user-group", "--shell", "/usr/sbin/nologin", name],
            capture_output=True,
            check=True,
            timeout=20,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return _find(name)
