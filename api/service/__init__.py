"""The service itself: its health, its limits, its load."""
