"""Connections to other servers that a client named: checked, pinned, and nothing else."""
