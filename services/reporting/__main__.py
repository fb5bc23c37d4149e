"""`python -m services.reporting --role ingest|api`."""

from chassis.start import start
from services.reporting.app import run
from services.reporting.settings import ReportingSettings

if __name__ == "__main__":
    start("reporting", ReportingSettings, run)
