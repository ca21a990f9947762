"""What a model is shown of earlier runs, as the person chose: summaries in their place, runs left out, what calls saw."""
