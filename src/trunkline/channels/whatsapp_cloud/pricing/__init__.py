"""What Meta charges: markets, categories, rules by period, estimates, and what was really billed. Pure."""
