"""The plan document: one JSON shape, schema 1, in which a rate plan is stored, published and reviewed.

    {"schema": 1, "plan_id": "retail", "version": 1, "name": "Retail", "currency": "EUR",
     "effective_from": "2026-01-01T00:00:00Z", "rounding": {"mode": "half_up", "scale": 6},
     "time_zone": "Europe/Berlin", "holidays": ["2026-04-03", "12-25"],
     "windows": {"day": {"weight": 1, "spans": [{"days": ["mon", "tue"], "from": "08:00", "until": "18:00"}]}},
     "calls": {
       "prices": {"p1": {"bands": [{"from_s": 0, "per_minute": "0.2"},
                                   {"from_s": 60, "per_minute": "0.1", "increment_s": 1}],
                         "connection_fee": "0.1", "connection_fee_as": "addition",
                         "initial_increment_s": 30, "increment_s": 6, "minimum_s": 0, "minimum_charge": "0",
                         "cost_cap": {"amount": "5", "strategy": "free"}},
                  "p2": {"windows": [{"window": "day", "price": "p1"}], "otherwise": "p3"},
                  "p4": {"by_channel": {"dialer": "p3"}, "otherwise": "p2"}},
       "outbound": {"rates": [{"prefix": "49", "destination": "Germany", "country": "DE", "price": "p2",
                               "valid_from": "…", "valid_until": "…"},
                              {"prefix": "4919", "destination": "Premium", "refused": true}]},
       "inbound": {"price": "p1", "by_caller_prefix": [{"prefix": "49", "destination": "Germany", "price": "p3"}],
                   "by_number_type": {"toll_free": {"price": "p3"}}},
       "internal": {"price": "p3"}},
     "messages": {…}, "detections": {…}, "recordings": {…}, "analytics": {…}, "metered": {…}}

Money is text, seconds are whole numbers, times of day are those of `time_zone`. Prices are named and rates point to
them, so that what a price can say may grow without touching 36,000 rates. The shape grows by new keys only, and
a reader refuses every key it does not know by name: a price with more to it is never rated as if it had less.
Keys that begin with `x-` are notes and are ignored.
"""

from services.usage_rating.domain.document.parsing import SCHEMA, parse_document
from services.usage_rating.domain.document.writing import canonical_text, digest_of, to_document

__all__ = ["SCHEMA", "canonical_text", "digest_of", "parse_document", "to_document"]
