"""Message templates: their definitions, their review, what a send of one has to fit, and how one looks."""
