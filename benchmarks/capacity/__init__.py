"""How many jobs so many workers, gateways and one Redis can take, and what a million cost."""
