"""The application: probes open to all, portal's own operations to whom their policies allow."""

from dataclasses import dataclass

from fastapi import FastAPI

from chassis.probes import Probes
from chassis.web import service_api
from services.portal.api.front_door import FrontDoor
from services.portal.api.own import own_operations
from services.portal.domain.access import POLICIES
from services.portal.handlers.people import People

SERVICE = "portal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the application is made of."""

    door: FrontDoor
    people: People


def application(parts: Parts, probes: Probes) -> FastAPI:
    """Everything that portal answers."""
    return service_api(SERVICE, parts.door, POLICIES, probes, *own_operations(parts.people, parts.door.api_keys))
