"""A line to PostgreSQL that breaks at COMMIT, before the server has heard it or before its answer is heard."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

Break = Literal["before", "after"] | None
"""Where a COMMIT is broken off: the server never hears it, or nobody hears that it is done."""


@dataclass(slots=True, kw_only=True)
class BreakingLine:
    """Passes bytes on; `next_break` is asked at every COMMIT."""

    host: str
    port: int
    next_break: Callable[[], Break]
    broken: list[Break] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client."""
        from_server, to_server = await asyncio.open_connection(self.host, self.port)
        answers = asyncio.create_task(_pass_on(from_server, writer))
        try:
            while data := await reader.read(65_536):
                chosen = self.next_break() if b"COMMIT" in data else None
                if chosen is None:
                    to_server.write(data)
                    await to_server.drain()
                    continue
                self.broken.append(chosen)
                answers.cancel()
                if chosen == "after":
                    to_server.write(data)
                    await from_server.read(65_536)
                return
        except ConnectionError:
            return
        finally:
            answers.cancel()
            writer.close()
            to_server.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        return
    finally:
        writer.close()


@asynccontextmanager
async def breaking_line(dsn: str, next_break: Callable[[], Break]) -> AsyncIterator[tuple[str, BreakingLine]]:
    """(the same database reached over the line, the line)."""
    parts = urlsplit(dsn)
    assert parts.hostname is not None
    line = BreakingLine(host=parts.hostname, port=parts.port or 5432, next_break=next_break)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    place = f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{port}"
    try:
        yield urlunsplit(parts._replace(netloc=place)), line
    finally:
        server.close()
        await server.wait_closed()
