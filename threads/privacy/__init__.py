"""Privacy of anonymous threads: what is personal in a text, and what stands in its place."""
