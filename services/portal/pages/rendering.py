"""Templates as answers: escaped, never cached, allowed to load from this origin only."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from services.portal.domain.credentials import form_token
from services.portal.domain.moves import in_column, written
from services.portal.domain.tabs import (
    API_KEYS,
    AUDIT_LOG,
    BILLING,
    CHARGES,
    NEW_KEY,
    NEW_UNIT,
    PRICE_A_CALL,
    TABS,
    UNASSIGNED,
    UNITS_TAB,
)
from services.portal.domain.unit_costs import category_name
from services.portal.handlers.front_door import COOKIE
from services.portal.handlers.sign_in import Visitor

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Forms need their Origin: with `no-referrer` browsers say `null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-store",
}

_TEMPLATES = Environment(
    loader=PackageLoader("services.portal"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _version_of(name: str) -> str:
    return sha256(files("services.portal").joinpath("static", name).read_bytes()).hexdigest()[:12]


_TEMPLATES.globals |= {
    "stylesheet": f"/static/site.css?v={_version_of('site.css')}",
    "script": f"/static/htmx.min.js?v={_version_of('htmx.min.js')}",
    "billing": BILLING,
    "new_unit": NEW_UNIT,
    "units_tab": UNITS_TAB,
    "unassigned": UNASSIGNED,
    "charges": CHARGES,
    "api_keys": API_KEYS,
    "new_key": NEW_KEY,
    "tabs": TABS,
    "audit_log": AUDIT_LOG,
    "price_a_call": PRICE_A_CALL,
}


def local(text: str | datetime, zone: ZoneInfo) -> str:
    """An instant as a clock in the account shows it."""
    instant = datetime.fromisoformat(text) if isinstance(text, str) else text
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def exact(amount: Decimal, currency: str) -> Markup:
    """An amount in a column, what is beyond the currency's smallest coin in a softer ink."""
    paid, beyond = in_column(amount, currency)
    return Markup('{}<span class="beyond">{}</span> {}').format(paid, beyond, currency)


_TEMPLATES.filters |= {"local": local, "amount": written, "category": category_name, "exact": exact}


def page(
    request: Request, template: str, visitor: Visitor | None, *, status: int = 200, **shown: Any
) -> HTMLResponse:
    """A whole page. visitor: whose it is; their name and their form token are put into it."""
    token = form_token(request.cookies.get(COOKIE, "")) if visitor else ""
    text = _TEMPLATES.get_template(template).render(visitor=visitor, form_token=token, **shown)
    return HTMLResponse(text, status_code=status, headers=HEADERS)


def redirect(path: str) -> Response:
    """Go on there with GET."""
    return Response(status_code=303, headers={**HEADERS, "Location": path})


def field(fields: Mapping[str, Sequence[str]], name: str) -> str:
    """The first value of a field, empty where there is none."""
    return next(iter(fields.get(name, ())), "")
