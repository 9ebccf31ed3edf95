"""Short addresses in messages, one for each recipient and link, and who followed them.

`shorten.py` puts them into new messages, in the transaction that stores those; `follow.py` leads whoever
opens one to where the sender said, and counts it. Without the setting `links.public_url` there are none.
"""

from trunkline.short_links.shorten import Tracking, shorten_many, tracking

__all__ = ["Tracking", "shorten_many", "tracking"]
