"""What measures speed, run as `python -m benchmarks.NAME` in a clone. Not in the wheel."""
