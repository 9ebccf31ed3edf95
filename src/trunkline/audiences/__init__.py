"""WHO IS MEANT: people and what is known of them, lists, live segments, and imports of tables."""
