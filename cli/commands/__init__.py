"""The groups of `ringledger` commands, one file each."""
