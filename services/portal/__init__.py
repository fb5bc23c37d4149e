"""portal: the front door: people, machines, the public API and the Billing page."""
