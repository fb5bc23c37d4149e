"""The operator's command, `ringledger`: one Typer application, one file per group of commands."""

import typer

from cli.commands import (
    cdrs,
    conflicts,
    demo,
    directory,
    dlq,
    migrate,
    operator_key,
    people,
    plans,
    rate,
    stack,
    suspense,
    units,
    verify,
)

app = typer.Typer(
    name="ringledger",
    help="Event-driven billing for cloud contact centres.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

demo.register(app)
stack.register(app)
migrate.register(app)
people.register(app)
operator_key.register(app)
verify.register(app)
suspense.register(app)
conflicts.register(app)
dlq.register(app)
units.register(app)
plans.register(app)
directory.register(app)
cdrs.register(app)
rate.register(app)
people.register(app)
operator_key.register(app)

if __name__ == "__main__":
    app()
