"""The work of installing: plans, runs, reports."""
