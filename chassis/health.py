"""Asks a process on this machine whether it is ready; the compose file's health check.

Usage: `python -m chassis.health --port 8080 [--path /readyz]`; exit code 0 when ready.
"""

import argparse
import sys
import urllib.error
import urllib.request

TIMEOUT_S = 3


def answer(port: int, path: str) -> tuple[bool, str]:
    """Whether the process answered 200, and what it said."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=TIMEOUT_S) as response:
            return response.status == 200, response.read(2000).decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return False, error.read(2000).decode("utf-8", "replace")
    except (urllib.error.URLError, OSError) as error:
        return False, str(error)


def main() -> int:
    """Print the answer; 0 when ready, 1 when not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/readyz?verbose")
    options = parser.parse_args()
    ready, text = answer(options.port, options.path)
    sys.stdout.write(text + "\n")
    return 0 if ready else 1


if __name__ == "__main__":
    raise SystemExit(main())
