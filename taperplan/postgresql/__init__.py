"""PostgreSQL as Django knows it, which writes the rows of the caseload before it commits: see `base`."""
