"""Tools whose arguments the page draws: charts, tables, diagrams, documents."""
