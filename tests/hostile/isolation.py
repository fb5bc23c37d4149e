"""Asks every operation for what is another account's, in every place where an id can stand, and looks for a trace.

Each request is asked twice: with an id of the other account, and with one of the same shape that nobody has. Both
must be answered alike, neither may tell anything of the other account, and nothing of the other account may change.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
import orjson

from tests.hostile.answers import Plain, leaves_of
from tests.hostile.callers import ADMIN, clients_of
from tests.hostile.places import ALIASES, Asked, Maker, Place
from tests.hostile.values import TELLING_LENGTH, Belongings, Columns, belongings_of, digests_of, ghosts_of
from tests.hostile.world import OURS, THEIRS, World

REPLAYED = "idempotency-replayed"
KNOWN_KEY = ("idempotency_key_reused", "in_flight")
DENIED_ENOUGH = 1
"""So often a caller is refused an operation before it asks for it no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What must not be. kind: `leaked`, `differs`, `failed` (5xx) or `changed`."""

    kind: str
    where: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}: {self.detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One id of the other account, in one place of one operation, asked by one caller."""

    caller: str
    asked: Asked
    place: Place
    value: str

    @property
    def operation(self) -> str:
        """As policies name it."""
        return f"{self.asked.method} {self.asked.path}"

    def __str__(self) -> str:
        named = f"{self.place.where} {self.place.name}{f'/{self.place.parts}' if self.place.parts else ''}"
        return f"{self.asked.method} {self.asked.path} ({named} = {self.value!r}) as {self.caller}"


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What was asked, how it was answered, and what was found."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    callers: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def kinds(self) -> set[str]:
        """The kinds of what was found."""
        return {finding.kind for finding in self.findings}

    def said(self) -> str:
        """The whole in a line, and the first of what was found."""
        statuses = ", ".join(f"{count} × {status}" for status, count in sorted(self.statuses.items()))
        line = (
            f"{self.requests} requests: {len(self.operations)} operations, {len(self.places)} places, "
            f"{len(self.ids)} ids, {len(self.callers)} callers ({statuses}); {len(self.findings)} findings"
        )
        return "\n".join([line, *map(str, self.findings[:20])])


@dataclass(kw_only=True)
class Hunt:
    """One run. secrets: what tells of the other account; told: what we said of it ourselves and may hear again."""

    clients: Mapping[str, httpx.AsyncClient]
    ours: Belongings
    secrets: set[str]
    ghosts: Mapping[str, str]
    outcome: Outcome = field(default_factory=Outcome)
    denied: Counter[tuple[str, str]] = field(default_factory=Counter)
    keys: set[tuple[str, str]] = field(default_factory=set)
    told: str = ""
    given: set[str] = field(default_factory=set)
    """Ids and ghosts that a command of ours took: names of our own things, perhaps."""

    def is_worth_asking(self, case: Case) -> bool:
        """Whoever may not use an operation at all is told so whatever they name: a few times is enough."""
        return self.denied[case.caller, case.operation] < DENIED_ENOUGH

    async def ask(self, case: Case) -> None:
        """Ask for the id and for its ghost, and compare; where they differ, once more.

        A command that changed something for the one may find it changed for the other; then it does for both.
        """
        answers, plain = await self._pair(case)
        if case.place.where == "header":
            self._look_at_key(case, answers[0])
            return
        if plain[0] != plain[1]:
            answers, plain = await self._pair(case)
        if plain[0] != plain[1] and not self._gave_as_name(case):
            self._found("differs", case, f"{plain[0]} beside {plain[1]}")
        if all(answer.status_code == 403 for answer in answers):
            self.denied[case.caller, case.operation] += 1

    def _gave_as_name(self, case: Case) -> bool:
        """Whether something of our own may bear the value as its name by now and not its ghost, or otherwise."""
        return case.place.name == "name" and case.value in self.given

    async def _pair(self, case: Case) -> tuple[list[httpx.Response], list[Plain]]:
        ghost, turn = self.ghosts[case.value], self.outcome.requests
        sent = case.place.put(case.asked, case.value).anew(turn)
        twin = case.place.put(case.asked, ghost).anew(turn + 1)
        client = self.clients[case.caller]
        answers = [await send(client, sent), await send(client, twin)]
        self._count(case, answers)
        if sent.method != "GET" and answers[0].is_success:
            self.told += f" {case.value}"
            self.given |= {case.value, ghost}
        for answer in answers:
            self._look_at(case, answer)
        return answers, [
            Plain.of(answer, stands_for=one, given=self.given, known=self.ours.all)
            for answer, one in zip(answers, (case.value, ghost), strict=True)
        ]

    def _look_at_key(self, case: Case, answer: httpx.Response) -> None:
        """A key that the caller uses for the first time is new, whoever else has used it."""
        known = REPLAYED in answer.headers or any(code in answer.text for code in KNOWN_KEY)
        if known and (case.caller, case.value) not in self.keys:
            self._found("leaked", case, f"the key is known: {answer.status_code} {answer.text[:200]}")
        self.keys.add((case.caller, case.value))

    def _look_at(self, case: Case, answer: httpx.Response) -> None:
        if answer.status_code >= 500:
            self._found("failed", case, f"{answer.status_code} {answer.text[:200]}")
        heard, said = f"{answer.text} {dict(answer.headers)}", f"{case.value} {self.told}"
        leaked = [secret for secret in self.secrets if secret in heard and secret not in said]
        if leaked:
            self._found("leaked", case, f"{leaked[:5]} in {answer.text[:300]}")

    def _count(self, case: Case, answers: Sequence[httpx.Response]) -> None:
        outcome = self.outcome
        outcome.requests += len(answers)
        outcome.statuses.update(answer.status_code for answer in answers)
        outcome.operations.add(case.operation)
        outcome.places.add(f"{case.operation} {case.place}")
        outcome.callers.add(case.caller)
        outcome.ids.add(case.value)

    def _found(self, kind: str, case: Case, detail: str) -> None:
        self.outcome.findings.append(Finding(kind=kind, where=str(case), detail=detail))


async def send(client: httpx.AsyncClient, asked: Asked) -> httpx.Response:
    """Ask."""
    return await client.request(
        asked.method, asked.url, params=dict(asked.query), headers=dict(asked.headers), content=asked.content
    )


async def hunt(world: World, *, requests: int, seed: int) -> Outcome:
    """Ask about so many requests: all that only read, then all that would change something."""
    async with clients_of(world.front, THEIRS) as their_clients:
        theirs = await belongings_of(world.dsn, THEIRS)
        seen = await all_seen(world, their_clients[ADMIN], theirs)
    async with clients_of(world.front) as clients:
        ours, theirs = await belongings_of(world.dsn, OURS), await belongings_of(world.dsn, THEIRS)
        ours_seen = await all_seen(world, clients[ADMIN], ours)
        secrets = theirs.beside(ours) | {one for one in seen - ours_seen if len(one) >= TELLING_LENGTH}
        ids = theirs.ids_beside(ours)
        known = ours.all | theirs.all | {OURS, THEIRS}
        hunting = Hunt(clients=clients, ours=ours, secrets=secrets, ghosts=ghosts_of(ids, known))
        maker = Maker(document=world.document, own=own_of(ours, theirs))
        cases = list(cases_of(maker, list(clients), ids, theirs.columns, Random(seed), layers=1 + requests // 500))
        before = await digests_of(world.dsn, THEIRS)
        for reading, budget in ((True, requests // 2), (False, requests)):
            for case in cases:
                if hunting.outcome.requests >= budget:
                    break
                if (case.asked.method == "GET") is reading and hunting.is_worth_asking(case):
                    await hunting.ask(case)
        after = await digests_of(world.dsn, THEIRS)
    for table in sorted(before):
        if before[table] != after[table]:
            finding = Finding(kind="changed", where=table, detail=f"{before[table]} became {after[table]}")
            hunting.outcome.findings.append(finding)
    return hunting.outcome


async def all_seen(world: World, client: httpx.AsyncClient, of: Belongings) -> set[str]:
    """Every text and figure that an Admin of the account is answered with by what only reads."""
    found: set[str] = set()
    for asked, _ in Maker(document=world.document, own=of.columns).operations():
        if asked.method == "GET":
            answer = await send(client, asked)
            if answer.is_success:
                found |= {leaf for line in lines_of(answer) for leaf in leaves_of(orjson.loads(line))}
    return found


def lines_of(answer: httpx.Response) -> list[bytes]:
    """The documents of an answer: an export has one on each line."""
    exported = answer.headers["content-type"].startswith("application/x-ndjson")
    return answer.content.splitlines() if exported else [answer.content]


def own_of(ours: Belongings, theirs: Belongings) -> dict[str, list[str]]:
    """The account's values by column, those first that the other account has not."""
    return {name: sorted(found, key=lambda one: one in theirs.all) for name, found in ours.columns.items()}


def cases_of(
    maker: Maker, callers: Sequence[str], ids: Sequence[str], columns: Columns, random: Random, *, layers: int
) -> Iterator[Case]:
    """One id for each caller and place, then another for each, and so on, so many layers.

    The first is of the kind that the place asks for, such as a key's where a key is named: it goes furthest.
    """
    groups = [
        (caller, asked, place, _kind_first(random.sample(fitting, len(fitting)), columns, place))
        for asked, places in maker.operations()
        for place in places
        if (fitting := [value for value in ids if place.takes(value)])
        for caller in callers
    ]
    random.shuffle(groups)
    for layer in range(min(layers, len(ids))):
        for caller, asked, place, fitting in groups:
            if layer < len(fitting):
                yield Case(caller=caller, asked=asked, place=place, value=fitting[layer])


def _kind_first(ids: Sequence[str], columns: Columns, place: Place) -> list[str]:
    name = place.name.partition("/")[0]
    kind = set(columns.get(ALIASES.get(name, name), []))
    first = [one for one in ids if one in kind][:1]
    return [*first, *(one for one in ids if one not in first)]


async def right_requests(world: World) -> dict[str, Any]:
    """How an Admin is answered who asks each operation for what is their own: cases begin from what works."""
    async with clients_of(world.front) as clients:
        own = own_of(await belongings_of(world.dsn, OURS), await belongings_of(world.dsn, THEIRS))
        found = {}
        for asked, _ in Maker(document=world.document, own=own).operations():
            if asked.headers.get("Content-Type", "application/json") == "application/json":
                answer = await send(clients[ADMIN], asked.anew(len(found)))
                found[f"{asked.method} {asked.path}"] = (answer.status_code, answer.text[:200])
    return found
