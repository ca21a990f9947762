"""Where runs are executed, and by whom: drivers, workers, the tasks they own, and what holds the processes together."""
