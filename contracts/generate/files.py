"""The generated files: what each should hold now, which are stale, and which may not be replaced."""

import json
from collections.abc import Mapping
from pathlib import Path

from contracts.generate.asyncapi import as_yaml, asyncapi_document
from contracts.generate.compatibility import refusals
from contracts.generate.contact_centre import example_events
from contracts.generate.schemas import event_schema, event_types

SCHEMAS = Path("contracts/schemas")
EXAMPLES = Path("contracts/examples")
ASYNCAPI = Path("docs/asyncapi.yaml")


def generated_files() -> dict[Path, str]:
    """Every generated file by its path in the project, with the text it should hold."""
    files = {SCHEMAS / f"{name}.json": _as_json(event_schema(kind)) for name, kind in event_types().items()}
    files |= {EXAMPLES / f"{name}.json": _as_json(json.loads(event)) for name, event in example_events().items()}
    files[ASYNCAPI] = as_yaml(asyncapi_document())
    return files


def stale_files(root: Path, files: Mapping[Path, str]) -> list[Path]:
    """Files under `root` that differ from what is generated, are missing, or are left over."""
    wrong = {path for path, text in files.items() if _text(root / path) != text}
    present = {path.relative_to(root) for folder in (SCHEMAS, EXAMPLES) for path in (root / folder).glob("*")}
    return sorted(wrong | (present - files.keys()))


def incompatible_changes(root: Path, files: Mapping[Path, str]) -> list[str]:
    """Why the committed schemas under `root` may not be replaced; empty when all changes are additions.

    The committed schema is the published contract. A type nobody was ever given is renewed by deleting its
    schema file, which a reviewer sees.
    """
    found = []
    for committed in sorted((root / SCHEMAS).glob("*.json")):
        name = committed.stem
        generated = files.get(SCHEMAS / committed.name)
        if generated is None:
            found.append(f"{name}: the event type is gone")
            continue
        reasons = refusals(json.loads(committed.read_text(encoding="utf-8")), json.loads(generated))
        found += [f"{name}: {reason}" for reason in reasons]
    return found


def write_files(root: Path, files: Mapping[Path, str]) -> list[Path]:
    """Write what is stale and remove what is left over; the paths that changed."""
    stale = stale_files(root, files)
    for path in stale:
        if path in files:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(files[path], encoding="utf-8")
        else:
            (root / path).unlink()
    return stale


def _as_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
