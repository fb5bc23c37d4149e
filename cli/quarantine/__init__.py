"""Records that contradict what is known under their identity: looked at, and decided by somebody with a name."""
