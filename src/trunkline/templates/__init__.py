"""Templates: what is known of them, kept true to the provider, and asked by whoever sends."""
