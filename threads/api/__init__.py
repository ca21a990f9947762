"""REST of threads: what a thread is by itself. What needs its runs is added in ``runs.api``."""
