"""Public data sets: fetched from their addresses and laid out for train.py, one module a data set."""
