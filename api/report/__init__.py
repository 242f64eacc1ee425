"""The report on a job: what was found, by what, how far it can be trusted, and how to repeat it."""
