"""The operator's command, `ringledger`: one Typer application, one file per group of commands."""

import typer

from cli.commands import (
    apikey,
    audit,
    cdrs,
    conflicts,
    demo,
    directory,
    dlq,
    migrate,
    numbers,
    operator_key,
    people,
    plans,
    quote,
    rate,
    rerate,
    stack,
    suspense,
    teams,
    units,
    users,
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
verify.register(app)
suspense.register(app)
conflicts.register(app)
dlq.register(app)
units.register(app)
numbers.register(app)
users.register(app)
teams.register(app)
plans.register(app)
directory.register(app)
cdrs.register(app)
rate.register(app)
quote.register(app)
rerate.register(app)
people.register(app)
apikey.register(app)
audit.register(app)
operator_key.register(app)

if __name__ == "__main__":
    app()
