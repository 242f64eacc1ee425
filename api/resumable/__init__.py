"""Uploads in several requests: one store, and two dialects of HTTP, tus and the IETF's draft."""
