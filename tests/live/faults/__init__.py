"""Real services under real faults: a load and an oracle outside the system, a seeded schedule, a verdict."""
