"""Structured logs, one JSON object a line, in which phone numbers are masked."""

import logging
import re
import sys
from typing import Any

import orjson
import structlog

_NUMBER = re.compile(r"\+([0-9]{3,11})[0-9]{4}", re.ASCII)


class LibraryLines(logging.Formatter):
    """What libraries log, in the shape of our own lines and masked as they are."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object on one line, whatever the message holds."""
        line = {"level": record.levelname.lower(), "logger": record.name, "event": record.getMessage()}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _serialise(line)


def masked_text(text: str) -> str:
    """The text with the last four digits of every E.164 number in it hidden."""
    return _NUMBER.sub(r"+\1****", text) if "+" in text else text


def _serialise(value: Any, **_: Any) -> str:
    return masked_text(orjson.dumps(value, default=str).decode())


def configure_logs(service: str, instance: str, level: str = "info") -> None:
    """Send our own lines and the libraries' warnings to standard error as JSON."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_serialise),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service, instance=instance)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LibraryLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def get_logger(name: str) -> Any:
    """A bound logger that names the module that speaks."""
    return structlog.get_logger(module=name)
