"""One upload from its socket to its queued job: submission, then body and form, then blob."""
