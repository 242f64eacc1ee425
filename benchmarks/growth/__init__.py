"""How cost grows: with length, pixels, codec and faces, with workers, and with jobs in Redis."""
