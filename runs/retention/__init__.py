"""What is not kept for ever: pruning by policy, and erasing a person."""
