"""Tests on real processes: started, killed, paused, restarted."""
