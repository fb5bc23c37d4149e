"""The audit log in words: actions, fields, and values as people read them."""

from zoneinfo import ZoneInfo

import pytest

from services.portal.domain.audit_words import LOGS, Difference, action_words, differences
from services.portal.domain.routing import STREAMED, service_of

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("unit.create", "Billing unit added"),
        ("membership.delete", "Team membership removed"),
        ("api-key.revoke", "API key revoked"),
        ("plan.import", "Prices imported"),
        ("sign-in", "Signed in"),
        ("budget.raise-limit", "Budget raise limit"),
    ],
)
def test_an_action_is_called_so(action: str, words: str) -> None:
    assert action_words(action) == words


def test_a_field_that_changed_tells_both_and_one_that_stays_is_told_once() -> None:
    found = differences(
        '{"member": "+44", "until_at": null, "version": 1}',
        '{"member": "+44", "until_at": "2026-07-01T11:00:00Z", "version": 2}',
        LONDON,
    )
    assert found == [
        Difference(field="member", was=None, now="+44"),
        Difference(field="until", was="none", now="2026-07-01 12:00:00"),
    ]


def test_values_are_words() -> None:
    after = (
        '{"role": "member", "access_groups": ["edit_billing"], "units": [], "active": false, "left_out": ["name"]}'
    )
    said = {one.field: one.now for one in differences(None, after, LONDON)}
    assert said == {
        "role": "member",
        "access groups": "edit billing",
        "units": "none",
        "active": "no",
        "also changed, content not kept": "name",
    }
    assert differences(None, '{"units": null}', LONDON)[0].now == "all"
    policy = '{"split_changes": [{"from_at": "2026-08-01T00:00:00Z", "policy": "weighted"}]}'
    assert differences(None, policy, LONDON)[0].now == "from 2026-08-01 01:00:00, policy weighted"


def test_what_is_gone_and_what_is_no_json_is_still_told() -> None:
    assert differences('{"sessions": 3}', None, LONDON) == [Difference(field="sessions", was="3", now=None)]
    assert differences(None, "[1", LONDON) == [Difference(field="value", was=None, now="[1")]
    assert differences(None, None, LONDON) == []


def test_every_log_is_answered_by_its_service() -> None:
    for log in LOGS:
        assert service_of(log.path) == log.service
    assert {f"{log.path}/export" for log in LOGS if log.service} == STREAMED
