"""What made the figures of docs/results.md: `python -m experiments.NAME` in the root of a clone. Not in the wheel."""
