"""Which pictures there are, where their faces are, and how they become batches."""
