"""The five desks of the demo's contact centre: who sits there, what numbers they use, what calls they have."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.events.call import Channel
from contracts.events.directory import NumberKind


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberBlock:
    """`count` numbers of one country and kind."""

    region: str
    kind: NumberKind
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A team and its work.

    unit: the name of the billing unit that the team and its numbers belong to, none for the back office.
    seats: how many users. share: weight of the desk in the month's calls. channels: weights of its calls.
    reach: weights of the countries it talks to. talk_s: the median conversation in seconds.
    open_at_night: it is also there on Sundays and, with few people, at night.
    """

    team: str
    unit: str | None
    seats: int
    share: int
    numbers: tuple[NumberBlock, ...]
    channels: Mapping[Channel, int]
    reach: Mapping[str, int]
    talk_s: int
    queue: str | None = None
    campaign: str | None = None
    open_at_night: bool = False


CUSTOMER_CARE = "Customer care"
SALES = "Sales"
ALPINA = "Alpina hotline"
UNITS = (CUSTOMER_CARE, SALES, ALPINA)
"""Two departments and a client for whom the centre answers: each wants to see what it causes."""

DESKS = (
    Desk(
        team="Care Berlin",
        unit=CUSTOMER_CARE,
        seats=10,
        share=34,
        numbers=(
            NumberBlock(region="DE", kind="local", count=14),
            NumberBlock(region="DE", kind="toll_free", count=3),
        ),
        channels={"inbound": 70, "queue_callback": 18, "manual": 12},
        reach={"DE": 88, "AT": 2, "TR": 4, "PL": 3, "GB": 2, "US": 1},
        talk_s=230,
        queue="care-de",
        open_at_night=True,
    ),
    Desk(
        team="Care Vienna",
        unit=CUSTOMER_CARE,
        seats=7,
        share=16,
        numbers=(
            NumberBlock(region="AT", kind="local", count=8),
            NumberBlock(region="PL", kind="local", count=2),
        ),
        channels={"inbound": 66, "queue_callback": 14, "manual": 20},
        reach={"AT": 74, "CZ": 9, "PL": 11, "IT": 5, "BR": 1},
        talk_s=250,
        queue="care-at",
    ),
    Desk(
        team="Outbound sales",
        unit=SALES,
        seats=9,
        share=28,
        numbers=(
            NumberBlock(region="DE", kind="mobile", count=8),
            NumberBlock(region="FR", kind="local", count=4),
            NumberBlock(region="GB", kind="local", count=4),
            NumberBlock(region="US", kind="local", count=2),
        ),
        channels={"dialer": 68, "click_to_call": 22, "manual": 6, "inbound": 4},
        reach={"DE": 68, "FR": 13, "GB": 11, "US": 5, "ES": 2, "IN": 1},
        talk_s=95,
        campaign="autumn-2026",
    ),
    Desk(
        team="Alpina line",
        unit=ALPINA,
        seats=8,
        share=17,
        numbers=(
            NumberBlock(region="CH", kind="local", count=7),
            NumberBlock(region="CH", kind="national", count=2),
            NumberBlock(region="NL", kind="local", count=2),
        ),
        channels={"inbound": 62, "click_to_call": 20, "manual": 18},
        reach={"CH": 76, "NL": 9, "FR": 8, "IT": 5, "AE": 1, "JP": 1},
        talk_s=280,
        queue="alpina",
    ),
    Desk(
        team="Back office",
        unit=None,
        seats=6,
        share=5,
        numbers=(NumberBlock(region="DE", kind="local", count=4),),
        channels={"manual": 62, "click_to_call": 20, "inbound": 18},
        reach={"DE": 60, "AT": 14, "CH": 14, "US": 6, "IN": 4, "SE": 2},
        talk_s=180,
    ),
)

GIVEN_NAMES = (
    "Anna Ben Clara David Elif Felix Greta Hugo Ines Jonas Klara Leon Mila Noah Olga Paul Rosa Samir Tara Uwe"
)
FAMILY_NAMES = "Adler Berg Celik Dietz Ebert Frank Gruber Huber Ivanov Jansen"
