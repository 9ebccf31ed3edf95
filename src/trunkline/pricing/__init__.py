"""What messages cost, for any provider: money, dated rate cards with volume tiers, and the meter. Pure."""
