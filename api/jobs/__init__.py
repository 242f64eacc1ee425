"""Jobs, lists of them, and what is kept beside them."""
