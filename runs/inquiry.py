"""Questions about many runs: an agent reads a selection and cites what it says by links."""
