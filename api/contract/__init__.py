"""What the gateway promises to clients: the OpenAPI document, and which changes of it break them."""
