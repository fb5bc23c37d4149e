"""`ringledger dlq`: records that failed alone, looked at and sent again to the group that failed."""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.failures import BAD_INPUT, INFRASTRUCTURE, fail

if TYPE_CHECKING:
    from cli.dead_letters import DeadLetter
    from cli.verify.log import Log

EPILOG = "Exit codes: 0 done · 1 broker not reached · 2 no such dead letter, or nothing chosen."
Answer = TypeVar("Answer")

TopicOption = Annotated[str | None, typer.Option("--topic", help="Only of this topic, like telephony.calls.v1.")]
ServiceOption = Annotated[
    str | None, typer.Option("--service", help="Only those that failed in it, like usage_rating.")
]
CodeOption = Annotated[str | None, typer.Option("--code", help="Only with this code, like invalid.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="The newest so many; counts are of all.")]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
RevealOption = Annotated[bool, typer.Option("--reveal", help="Show phone numbers in full.")]
AddressArgument = Annotated[str, typer.Argument(help="topic/partition/offset of the record.", show_default=False)]
AddressesArgument = Annotated[
    list[str] | None, typer.Argument(help="topic/partition/offset of records.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    group = typer.Typer(help="Dead letters: records that failed alone.", no_args_is_help=True)
    group.command("list", epilog=EPILOG)(list_)
    group.command("show", epilog=EPILOG)(show)
    group.command("replay", epilog=EPILOG)(replay)
    app.add_typer(group, name="dlq")


def list_(
    topic: TopicOption = None,
    service: ServiceOption = None,
    code: CodeOption = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
) -> None:
    """List dead letters, the newest last, with their number by code.

    Examples:

    $ ringledger dlq list

    $ ringledger dlq list --topic telephony.calls.v1 --code invalid
    """
    letters = _letters(topic=topic, service=service, code=code)
    codes = Counter(letter.code for letter in letters)
    if as_json:
        _print_json(
            {"count": len(letters), "codes": dict(codes), "letters": [_told(one) for one in letters[-limit:]]}
        )
        return
    if not letters:
        Console().print("No dead letters.")
        return
    counts = ", ".join(f"{count:,} {code}" for code, count in codes.most_common())
    Console().print(f"{len(letters):,} dead letters: {counts}", markup=False)
    table = Table(box=None, pad_edge=False)
    for name in ("Failed at", "Record", "In", "Code", "Replays", "What"):
        table.add_column(name, overflow="fold", no_wrap=name in ("Code", "In"))
    for letter in letters[-limit:]:
        told = (
            letter.failed_at[:19],
            letter.address,
            letter.service,
            letter.code,
            str(letter.replays),
            letter.detail,
        )
        table.add_row(*(escape(text) for text in told))
    Console(width=max(Console().width, 120)).print(table)


def show(
    address: AddressArgument,
    service: ServiceOption = None,
    reveal: RevealOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show one record that failed: why, with its key, value and headers; phone numbers are masked.

    Examples:

    $ ringledger dlq show telephony.calls.v1/3/1042

    $ ringledger dlq show telephony.calls.v1/3/1042 --reveal --json
    """
    letters = _chosen(_letters(service=service), [address])
    documents = [_told(letter) | _contents(letter, reveal=reveal) for letter in letters]
    if as_json:
        _print_json(documents)
        return
    for document in documents:
        for name, value in document.items():
            Console().print(f"{name:>10}  {value}", markup=False, highlight=False, soft_wrap=True)


def replay(
    addresses: AddressesArgument = None,
    topic: TopicOption = None,
    service: ServiceOption = None,
    code: CodeOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Every dead letter that fits the filters.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also those that were sent again before.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent; send nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Send dead letters again, unchanged, to the group that failed and to no other.

    Examples:

    $ ringledger dlq replay telephony.calls.v1/3/1042

    $ ringledger dlq replay --code failed --service usage_rating --dry-run

    $ ringledger dlq replay --all

    A record that was taken in the meantime is a duplicate and changes nothing. With --code or --all, those
    sent before are left out unless --again is given.
    """
    if not addresses and not everything and code is None:
        fail("name records (topic/partition/offset), or choose with --code or --all", code=BAD_INPUT)
    letters = _letters(topic=topic, service=service, code=code)
    if addresses:
        chosen = _chosen(letters, addresses)
    else:
        chosen = [letter for letter in letters if again or not letter.replays]
    if chosen and not dry_run:
        _replay(chosen)
    if as_json:
        _print_json({"sent": 0 if dry_run else len(chosen), "letters": [_told(letter) for letter in chosen]})
        return
    for letter in chosen:
        Console().print(f"{letter.address} → {letter.service}", markup=False, highlight=False)
    verb = "would be sent" if dry_run else "sent"
    Console().print(f"{len(chosen):,} of {len(letters):,} dead letters {verb} again.", highlight=False)


def _letters(
    *, topic: str | None = None, service: str | None = None, code: str | None = None
) -> "list[DeadLetter]":
    from contracts.topics import SERVICES, TOPICS

    if service is not None and service not in SERVICES:
        fail(f"no service {service!r}; there are {', '.join(SERVICES)}", code=BAD_INPUT)
    if topic is not None and topic not in {declared.name for declared in TOPICS}:
        fail(f"no topic {topic!r} is declared; name the topic that was read, not its .dlq", code=BAD_INPUT)

    async def read(log: "Log") -> "list[DeadLetter]":
        from cli.dead_letters import list_dead_letters

        return await list_dead_letters(log, topic=topic, service=service, code=code)

    return _with_log(read)


def _chosen(letters: "Sequence[DeadLetter]", addresses: Sequence[str]) -> "list[DeadLetter]":
    from cli.dead_letters import at

    chosen = []
    for address in addresses:
        found = at(letters, address)
        if not found:
            fail(f"no dead letter {address}; `ringledger dlq list` names those there are", code=BAD_INPUT)
        chosen += found
    return chosen


def _with_log(work: "Callable[[Log], Coroutine[Any, Any, Answer]]") -> Answer:
    import logging

    from cli.stack.addresses import kafka_bootstrap_servers
    from cli.stack.processes import StackError
    from cli.verify.log import LogUnavailable, open_log

    async def connected() -> Answer:
        async with open_log(kafka_bootstrap_servers()) as log:
            return await work(log)

    # The client's own complaints would come between; what it raises is told in one sentence instead.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        return asyncio.run(connected())
    except (StackError, LogUnavailable) as error:
        fail(str(error), code=INFRASTRUCTURE)


def _replay(letters: "Sequence[DeadLetter]") -> None:
    from cli.dead_letters import replay as send_again
    from cli.stack.addresses import kafka_bootstrap_servers
    from cli.verify.log import LogUnavailable

    try:
        asyncio.run(send_again(kafka_bootstrap_servers(), letters))
    except LogUnavailable as error:
        fail(str(error), code=INFRASTRUCTURE)


def _told(letter: "DeadLetter") -> dict[str, Any]:
    return {
        "address": letter.address,
        "topic": letter.topic,
        "service": letter.service,
        "code": letter.code,
        "detail": letter.detail,
        "failed_at": letter.failed_at,
        "replays": letter.replays,
    }


def _contents(letter: "DeadLetter", *, reveal: bool) -> dict[str, Any]:
    from cli.masking import shown

    return {
        "headers": {
            shown(name.encode("utf-8", "surrogateescape"), reveal=reveal): shown(value, reveal=reveal)
            for name, value in letter.headers
        },
        "key": shown(letter.key, reveal=reveal),
        "value": shown(letter.value, reveal=reveal),
    }


def _print_json(document: object) -> None:
    from contracts.events.envelope import to_json

    sys.stdout.write(to_json(document).decode() + "\n")
