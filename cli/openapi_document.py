"""The merged OpenAPI document of everything under `/api/v1`, put together without a running service."""

import json
from typing import Any

from fastapi import FastAPI

from chassis.clock import monotonic_s, system_clock, system_random
from chassis.guard import Guard
from chassis.probes import Probes
from services.billing_units.api.application import application as billing_units
from services.billing_units.handlers.commands import Commands
from services.portal.api.application import Parts
from services.portal.api.application import application as portal
from services.portal.app import parts_of
from services.portal.clients import Services, open_client
from services.portal.clients.platform_topics import PlatformTopics
from services.portal.handlers.description import merged
from services.portal.handlers.pace import Pace
from services.portal.handlers.passwords import Passwords
from services.portal.handlers.platform_events import PlatformEvents
from services.portal.handlers.signing_keys import KeySecret
from services.reporting.api import api as reporting
from services.usage_rating.api.application import api as usage_rating
from services.usage_rating.handlers.plans import PlansHandler
from services.usage_rating.handlers.pricing import PlanCache
from services.usage_rating.handlers.reratings import ReratingsHandler


def openapi_document() -> str:
    """As portal answers it, with keys in the order of the alphabet, so that a change shows as its own lines."""
    probes = Probes(live=_nobody, ready={})
    own, _ = portal(_portal_parts(), probes)
    others = {service: app.openapi() for service, app in _services(probes).items()}
    return json.dumps(merged(own.openapi(), others), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _services(probes: Probes) -> dict[str, FastAPI]:
    """The services' applications as nobody can ask them: they have no database."""
    now: dict[str, Any] = {"clock": system_clock, "random": system_random}
    plans = PlansHandler(pool=None, schema="usage_rating", **now)
    reratings = ReratingsHandler(pool=None, schema="usage_rating", **now)
    commands = Commands(pool=None, schema="billing_units", **now)
    return {
        "billing_units": billing_units(commands, None, _guard("billing_units"), probes),
        "reporting": reporting(None, _guard("reporting"), probes, **now),
        "usage_rating": usage_rating(plans, reratings, PlanCache(1), None, _guard("usage_rating"), probes),
    }


def _portal_parts() -> Parts:
    """Portal's parts; a client and a producer connect with their first request only."""
    return parts_of(
        None,
        _guard("portal"),
        Services(addresses={}, authorize=lambda caller, service: "", client=open_client()),
        Passwords(),
        Pace(per_minute=1, monotonic_s=monotonic_s),
        events=PlatformEvents(PlatformTopics("", "portal"), record_max_bytes=1),
        secret=KeySecret(secret=b""),
    )


def _guard(audience: str) -> Guard:
    return Guard(audience=audience, clock=system_clock)


async def _nobody() -> str | None:
    return None
