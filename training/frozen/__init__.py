"""A detector made of a network that stays as it is and a linear head that is fitted to it."""
