"""The way out: a message is accepted, waits in its lane, is sent once, and its outcome is recorded."""
