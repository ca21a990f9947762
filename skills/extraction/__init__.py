"""Turns what people upload into text: by its content, in a process that can be stopped."""
