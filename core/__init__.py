"""What turns bytes into a verdict, and what gateway, workers, training and commands share."""
