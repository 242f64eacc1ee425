"""The gateway: takes media over HTTP, queues it, and answers what became of it."""
