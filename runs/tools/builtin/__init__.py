"""Tools that the server itself carries out."""
