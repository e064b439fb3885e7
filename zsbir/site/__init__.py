"""The page without a server: a folder of static files, in which everything is computed in the visitor's browser."""
