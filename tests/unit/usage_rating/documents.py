"""Plan documents for tests, and what becomes of one."""

from typing import Any

from services.usage_rating.domain.document import parse_document
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.problems import Problems

USES: dict[str, Any] = {
    "messages": {
        "sms": {
            "outbound": {
                "rates": [{"prefix": "49", "destination": "Germany", "country": "DE", "per_segment": "0.07"}],
                "per_segment": "0.10",
            },
            "inbound": {"per_segment": "0.01"},
        },
        "whatsapp": {"outbound": {"per_message": "0.03"}},
    },
    "detections": {"price": "0.005"},
    "recordings": {"per_minute": "0.002", "increment_s": 60, "initial_increment_s": 30, "minimum_s": 5},
    "analytics": {"per_minute": "0.01", "increment_s": 1},
    "metered": {"recording_storage": {"model": "unit", "price": "0.025"}},
}
"""The sections of what is no call."""


def a_document() -> dict[str, Any]:
    """A document that says everything a document can say today."""
    return {
        "schema": 1,
        "plan_id": "retail",
        "version": 3,
        "name": "Retail · été",
        "currency": "EUR",
        "effective_from": "2026-01-01T00:00:00+01:00",
        "rounding": {"mode": "up", "scale": 4},
        "x-note": "agreed by phone",
        "calls": {
            "prices": {
                "land": {
                    "bands": [{"from_s": 0, "per_minute": "0.20"}],
                    "connection_fee": "0.10",
                    "initial_increment_s": 30,
                    "increment_s": 6,
                    "minimum_s": 12,
                    "minimum_charge": "0.05",
                },
                "in": {"bands": [{"from_s": 0, "per_minute": "0.01"}], "increment_s": 60},
            },
            "outbound": {
                "rates": [
                    {"prefix": "4930", "destination": "Berlin", "price": "land"},
                    {
                        "prefix": "49",
                        "destination": "Germany",
                        "country": "DE",
                        "price": "land",
                        "valid_from": "2026-01-01",
                        "valid_until": "2026-06-01T00:00:00Z",
                    },
                ]
            },
            "inbound": {"price": "in"},
        },
    }


def parsed(document: dict[str, Any]) -> RatePlan:
    plan = parse_document(document)
    assert isinstance(plan, RatePlan), plan
    return plan


def refused(document: dict[str, Any]) -> list[tuple[str, str]]:
    found = parse_document(document)
    assert isinstance(found, Problems)
    return [(problem.field, problem.value) for problem in found.items]


def a_whole_document() -> dict[str, Any]:
    """A document with every key that calls are rated by."""
    document = a_document()
    document |= {
        "time_zone": "Europe/Berlin",
        "holidays": ["12-25", "2026-04-03"],
        "windows": {
            "day": {"spans": [{"days": ["mon", "fri"], "from": "08:00", "until": "18:30"}], "weight": 1},
            "holiday": {"spans": [{"days": ["holiday"], "from": "00:00", "until": "24:00"}], "weight": 2},
        },
    }
    calls = document["calls"]
    calls["prices"] |= {
        "banded": {
            "bands": [
                {"from_s": 0, "per_minute": "0.2"},
                {"from_s": 60, "per_minute": "0.1", "increment_s": 1},
                {"from_s": 600, "per_minute": "0.05"},
            ],
            "increment_s": 60,
            "connection_fee": "0.01",
            "connection_fee_as": "minimum_cost",
            "cost_cap": {"amount": "5", "strategy": "disconnect"},
        },
        "timed": {
            "windows": [{"window": "day", "price": "land"}, {"window": "holiday", "price": "banded"}],
            "otherwise": "in",
        },
        "made": {"by_channel": {"dialer": "timed", "queue_callback": "in"}, "otherwise": "banded"},
    }
    calls["outbound"]["rates"] += [
        {"prefix": "4915", "destination": "Mobile", "price": "made"},
        {"prefix": "4919", "destination": "Premium", "refused": True},
    ]
    calls["inbound"] |= {
        "by_caller_prefix": [{"prefix": "33", "destination": "France", "price": "timed"}],
        "by_number_type": {"toll_free": {"price": "land"}},
    }
    calls["internal"] = {"price": "in"}
    return document | USES
