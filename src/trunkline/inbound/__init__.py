"""The way in: providers' webhook posts are kept, then turned into facts about our messages."""
