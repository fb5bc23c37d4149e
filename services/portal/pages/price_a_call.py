"""What a call would cost: a form whose answer is told step by step; nothing is recorded."""

from fastapi.responses import Response

from chassis.clock import Clock
from services.portal.clients.asking import Refused
from services.portal.domain.quote_form import CHANNELS, DIRECTIONS, read_quote_form
from services.portal.domain.tabs import PRICE_A_CALL
from services.portal.pages.choosing import prices_for, units_for
from services.portal.pages.guarded import GuardedPages, Visit


class PriceACallPage:
    """The form is in the address, so that a quote can be kept and shown to others."""

    def __init__(self, pages: GuardedPages, clock: Clock) -> None:
        self._services = pages.services
        self._clock = clock
        pages.add("GET", PRICE_A_CALL.path, self.show)

    async def show(self, visit: Visit) -> Response:
        """An empty form, or one with its answer."""
        zone = await units_for(visit, self._services).zone()
        form = read_quote_form(visit.query, self._clock().astimezone(zone))
        quote, problems = None, list[str]()
        if visit.query("seconds"):
            body = form.read(zone)
            if isinstance(body, list):
                problems = body
            else:
                said = await prices_for(visit, self._services).quote(body)
                quote, problems = (None, said.sentences()) if isinstance(said, Refused) else (said, [])
        return visit.show_in(
            PRICE_A_CALL,
            "price_a_call.html",
            status=422 if problems else 200,
            form=form,
            quote=quote,
            problems=problems,
            directions=DIRECTIONS,
            channels=CHANNELS,
            zone=zone,
        )
