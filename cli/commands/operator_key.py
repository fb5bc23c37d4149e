"""`ringledger operator-key`: a key pair by which services know this command line."""

import typer

EPILOG = "Example: ringledger operator-key >> .env"


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("operator-key", epilog=EPILOG)(operator_key)


def operator_key() -> None:
    """Make a new key pair, as two settings.

    RINGLEDGER_OPERATOR_KEY is the secret of who runs `ringledger`; services are given
    RINGLEDGER_OPERATOR_PUBLIC_KEY and take statements signed with its other half.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from chassis.statements import private_text, public_text
    from cli.service_api import OPERATOR_KEY

    key = Ed25519PrivateKey.generate()
    typer.echo(f"{OPERATOR_KEY}={private_text(key)}")
    typer.echo(f"RINGLEDGER_OPERATOR_PUBLIC_KEY={public_text(key.public_key())}")
