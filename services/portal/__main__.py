"""`python -m services.portal --role ingest|api`."""

from chassis.start import start
from services.portal.app import run
from services.portal.settings import PortalSettings

if __name__ == "__main__":
    start("portal", PortalSettings, run)
