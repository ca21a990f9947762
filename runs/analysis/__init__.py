"""What runs came to: compared with each other, and each along its time."""
