"""What people put runs and threads in order with."""
