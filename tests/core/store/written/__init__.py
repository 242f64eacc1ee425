"""Records as released versions wrote them, as text, and how they are written and loaded."""
