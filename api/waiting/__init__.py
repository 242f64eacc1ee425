"""Clients that wait for a job: long polls and event streams."""
