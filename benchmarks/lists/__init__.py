"""What the list of threads costs a person who has many."""
