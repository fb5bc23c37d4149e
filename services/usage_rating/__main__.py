"""`python -m services.usage_rating --role ingest|api`."""

from chassis.start import start
from services.usage_rating.app import run
from services.usage_rating.settings import UsageRatingSettings

if __name__ == "__main__":
    start("usage_rating", UsageRatingSettings, run)
