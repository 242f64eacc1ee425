"""HTTP itself: the bounds of requests, their one form, headers and errors."""
