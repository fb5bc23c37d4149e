"""What each operation of portal itself asks of its caller; what it hands on, the services decide."""

from contracts.values.access import ANYBODY, Policies, Policy, Privilege

_ADMINISTER = Policy(any_of=frozenset({Privilege.ADMINISTER}))

POLICIES: Policies = {
    "GET /api/v1/me": ANYBODY,
    "GET /api/v1/people": _ADMINISTER,
    "POST /api/v1/people": _ADMINISTER,
    "PATCH /api/v1/people/{person_id}": _ADMINISTER,
    "POST /api/v1/people/{person_id}/sign-out": _ADMINISTER,
    "GET /api/v1/api-keys": _ADMINISTER,
    "POST /api/v1/api-keys": _ADMINISTER,
    "POST /api/v1/api-keys/{key_id}/revoke": _ADMINISTER,
    "GET /api/v1/audit": _ADMINISTER,
    "GET /api/v1/audit/export": _ADMINISTER,
    "POST /api/v1/events": Policy(any_of=frozenset({Privilege.PUBLISH_EVENTS})),
}
