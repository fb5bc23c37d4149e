"""Prepares the partitions that charges of this month and the next ones go to."""

from datetime import date

from chassis.database import Connection
from services.billing_units.store.charges import make_charge_partitions


async def prepare_partitions(connection: Connection, today: date, months_ahead: int) -> int:
    """Make what is missing from this month on; how many were made. Until then the default partition holds."""
    return await make_charge_partitions(connection, today, months_ahead + 1)
