"""The embedded stack behind `deepfake serve`: Redis, workers and a gateway as children."""
