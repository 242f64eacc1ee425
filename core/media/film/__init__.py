"""Films: when their pictures are shown, and decoding as little of them as the wanted ones need."""
