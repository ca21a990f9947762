"""What leaves and comes in: exports, imports, shared snapshots."""
