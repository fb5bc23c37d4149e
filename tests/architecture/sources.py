"""The project's own files, read once: what git tracks or would track."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ("contracts", "chassis", "services", "cli", "tests")


@cache
def project_files() -> tuple[Path, ...]:
    """Every file of the project relative to its root, without what .gitignore names."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = (Path(name) for name in sorted(set(listed.stdout.split("\0"))) if name)
    return tuple(path for path in paths if (ROOT / path).is_file())


@cache
def text_of(path: Path) -> str:
    """The file's text; empty for a file that is not UTF-8 text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def files_under(*folders: str, suffix: str = ".py") -> list[Path]:
    """The project's files with that suffix in those folders; fails when there are none, so no check is vacuous."""
    found = [path for path in project_files() if path.parts[0] in folders and path.suffix == suffix]
    assert found, f"no {suffix} file in {', '.join(folders)}"
    return found


def expect_none(found: list[str]) -> None:
    """Fail with one finding to a line."""
    assert not found, "\n" + "\n".join(found)
