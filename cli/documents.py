"""`python -m cli.documents [--check]`: flow table, settings, who may do what and OpenAPI, from the code."""

import argparse
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from chassis.settings import ServiceSettings
from cli.access_table import access_page
from cli.openapi_document import openapi_document
from contracts.topics import SERVICES, TOPICS

README = Path("README.md")
SETTINGS = Path("docs/settings.md")
ACCESS = Path("docs/access.md")
OPENAPI = Path("docs/openapi.json")
_BEGIN = "<!-- flow: generated from contracts/topics.py -->\n"
_END = "<!-- end of flow -->\n"


def flow_table() -> str:
    """One line a topic, in the order of a call's way."""
    lines = ["| topic | says | key | from | to | partitions | kept |", "|---|---|---|---|---|---|---|"]
    for topic in TOPICS:
        kept = "for ever" if topic.retention_days is None else f"{topic.retention_days} days"
        readers = ", ".join(topic.consumers) or "whoever wants it"
        lines.append(
            f"| `{topic.name}` | {topic.summary} | {topic.key} | {topic.producer} | {readers} "
            f"| {topic.partitions} | {kept} |"
        )
    return "\n".join(lines) + "\n"


def readme(text: str) -> str:
    """README with its flow table renewed. Raises ValueError when the marks around it are gone."""
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{README} lacks the marks around its flow table")
    return before + begin + flow_table() + end + after


def settings_page() -> str:
    """Every environment variable of every service, with its default and what it is for."""
    parts = [
        "# Settings\n\nGenerated from the services' `settings.py` by `make schemas`. "
        "A variable without a default is needed by the role named.\n"
    ]
    for service in SERVICES:
        settings = _settings_of(service)
        rows = "".join(f"| `{name}` | {default} | {meaning} |\n" for name, default, meaning in _rows(settings))
        parts.append(f"\n## {service}\n\n| variable | default | meaning |\n|---|---|---|\n{rows}")
    return "".join(parts)


def _settings_of(service: str) -> type[ServiceSettings]:
    module = import_module(f"services.{service}.settings")
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, ServiceSettings) and value is not ServiceSettings
    )


def _rows(settings: type[ServiceSettings]) -> Iterator[tuple[str, str, str]]:
    prefix = settings.model_config.get("env_prefix", "")
    for name, field in settings.model_fields.items():
        roles = [role for role, names in settings.needs.items() if name in names]
        if field.default is PydanticUndefined:
            default = "needed"
        elif roles:
            default = "needed by " + ", ".join(roles)
        else:
            default = f"`{_plain(field.default)}`"
        yield f"{prefix}{name}".upper(), default, (field.description or "").replace("|", "or")


def _plain(value: Any) -> str:
    shown = value.get_secret_value() if isinstance(value, SecretStr) else value
    return "none" if shown is None else str(shown) or "empty"


def main(arguments: list[str], root: Path) -> int:
    """Write all of them, or with `--check` compare only: 1 when one is stale."""
    parser = argparse.ArgumentParser(prog="python -m cli.documents", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 naming stale files")
    check = parser.parse_args(arguments).check
    wanted = {
        README: readme((root / README).read_text("utf-8")),
        SETTINGS: settings_page(),
        ACCESS: access_page(),
        OPENAPI: openapi_document(),
    }
    stale = [path for path, text in wanted.items() if _read(root / path) != text]
    for path in stale:
        if check:
            sys.stderr.write(f"stale: {path}; run `make schemas`\n")
        else:
            (root / path).write_text(wanted[path], "utf-8")
            sys.stdout.write(f"written: {path}\n")
    return 1 if check and stale else 0


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).parents[1]))
