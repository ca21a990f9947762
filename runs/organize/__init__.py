"""What people put runs in order with, to find them again."""
