"""Values that travel between the stages: frozen, without I/O, importing nothing of the rest."""
