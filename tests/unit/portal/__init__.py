"""What portal decides by values alone."""
