"""Still pictures: opened by format, loaded within the limits, upright."""
