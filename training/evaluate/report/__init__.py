"""``report.html``: one file without outside requests, for people."""
