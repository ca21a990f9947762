"""What is used again: templates of runs in versions, and schedules that start them."""
