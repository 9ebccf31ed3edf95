"""Short addresses in messages, one for each recipient and link, and who followed them."""
