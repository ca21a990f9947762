"""What an operator sees of runs: metrics, traces, health."""
