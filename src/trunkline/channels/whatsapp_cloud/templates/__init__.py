"""Templates of Meta's WhatsApp: checked, linted, matched with sends, drawn, and Meta's calls."""
