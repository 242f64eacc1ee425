"""What a file says of its own origin: signed in credentials, or claimed in its metadata."""
