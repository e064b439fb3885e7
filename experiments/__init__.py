"""What made the figures and pictures of docs/, run as `python -m experiments.NAME` in a clone. Not in the wheel."""
