"""The sender of webhooks: a process without a model and without a decoder."""
