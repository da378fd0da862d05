"""Talking to AWS: who is asking, what may be asked, and what an answer or an error means."""
