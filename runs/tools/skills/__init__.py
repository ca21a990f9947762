"""Tools of skills."""
