"""The application: probes open to all, portal's own operations to whom their policies allow, the rest handed on."""

from dataclasses import dataclass

from fastapi import FastAPI

from chassis.probes import Probes
from chassis.web import service_api
from services.portal.api.events import events_operation
from services.portal.api.gateway import gateway
from services.portal.api.openapi import description_of
from services.portal.api.own import own_operations
from services.portal.domain.access import POLICIES
from services.portal.handlers.description import Description
from services.portal.handlers.forwarding import Forwarding
from services.portal.handlers.front_door import FrontDoor
from services.portal.handlers.people import People
from services.portal.handlers.platform_events import PlatformEvents


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the application is made of."""

    door: FrontDoor
    people: People
    forwarding: Forwarding
    events: PlatformEvents


def application(parts: Parts, probes: Probes) -> tuple[FastAPI, Description]:
    """Everything that portal answers but its pages, and the description of it."""
    once = parts.forwarding.once
    own = own_operations(parts.people, parts.door.api_keys, once)
    app = service_api("portal", parts.door, POLICIES, probes, *own, events_operation(parts.events, once))
    description = Description(services=parts.forwarding.services, own=app.openapi)
    app.include_router(description_of(description))
    # Last, for it takes every path under /api/v1 that nothing before it took.
    app.include_router(gateway(parts.door, parts.forwarding))
    return app, description
