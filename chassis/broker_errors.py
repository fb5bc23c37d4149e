"""What goes wrong when a broker is asked or told something and is not well: waited out, never a reason to end."""

from aiokafka.errors import KafkaError

BROKER_ERRORS: tuple[type[BaseException], ...] = (KafkaError, OSError, RuntimeError)
"""RuntimeError is what uvloop raises for a write to a connection that was closed a moment ago."""
