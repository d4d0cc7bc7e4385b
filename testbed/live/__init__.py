"""What a run tells those who watch it: its events, decimated samples and a tag's energy, over PUB/SUB.

A run waits for nobody here: without a watcher nothing is worked out or sent, a watcher that is too slow loses messages
and sees by their numbers that it did, and what a run records is the same either way.
"""
