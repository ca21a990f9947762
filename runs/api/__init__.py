"""REST and event streams of runs, and what threads show of their runs."""
