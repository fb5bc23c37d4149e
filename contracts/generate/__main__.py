"""`python -m contracts.generate [--check]`: write, or only compare, everything written from the contracts."""

import argparse
import sys
from pathlib import Path

from contracts.generate.files import generated_files, incompatible_changes, stale_files, write_files

STALE = 1
INCOMPATIBLE = 2


def main(arguments: list[str], root: Path) -> int:
    """Exit status: 0 all current or written; 1 stale files (`--check`); 2 a change that is no addition."""
    parser = argparse.ArgumentParser(prog="python -m contracts.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 naming stale files")
    check = parser.parse_args(arguments).check
    files = generated_files()
    refused = incompatible_changes(root, files)
    for reason in refused:
        sys.stderr.write(f"not an addition: {reason}\n")
    if refused:
        sys.stderr.write("Give the event a new major version on a new topic (docs/decisions/0002).\n")
        return INCOMPATIBLE
    if check:
        stale = stale_files(root, files)
        sys.stderr.writelines(f"stale: {path}\n" for path in stale)
        return STALE if stale else 0
    sys.stdout.writelines(f"written: {path}\n" for path in write_files(root, files))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).parents[2]))
