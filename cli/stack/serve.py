"""`python -m cli.stack.serve --data DIR`: a broker and a database for work by hand, until Ctrl-C or SIGTERM."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from cli.stack.processes import StackError
from cli.stack.providers import local_providers


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m cli.stack.serve", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds their data and logs")
    folder: Path = parser.parse_args().data
    asked_to_end = threading.Event()
    # A signal during the start is kept until everything runs and can be stopped in order.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked_to_end.set())
    try:
        with local_providers(folder) as providers:
            sys.stdout.write(f"RINGLEDGER_POSTGRES_DSN={providers.postgres.dsn()}\n")
            sys.stdout.write(f"RINGLEDGER_KAFKA_BOOTSTRAP_SERVERS={providers.kafka.bootstrap_servers}\n")
            sys.stdout.flush()
            asked_to_end.wait()
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
