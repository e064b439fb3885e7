"""Puts the app on a Hugging Face Space."""
