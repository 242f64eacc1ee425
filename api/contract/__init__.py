"""What the gateway promises to clients: its OpenAPI document, and what would break them."""
