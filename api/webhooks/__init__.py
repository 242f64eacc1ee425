"""Where a tenant's webhooks go."""
