"""What tools, skills and long conversations cost: ``python -m benchmarks.tools``."""
