"""What is used again: templates and schedules."""
