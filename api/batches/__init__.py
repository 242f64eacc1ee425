"""Many files as one."""
