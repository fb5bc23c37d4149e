"""The operator's command, `ringledger`."""
