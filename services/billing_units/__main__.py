"""`python -m services.billing_units --role ingest|api`."""

from chassis.start import start
from services.billing_units.app import run
from services.billing_units.settings import BillingUnitsSettings

if __name__ == "__main__":
    start("billing_units", BillingUnitsSettings, run)
