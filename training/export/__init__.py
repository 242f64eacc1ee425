"""From a trained or foreign network to a bundle that the service loads."""
