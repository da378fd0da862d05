"""The proofs: every control passes on what is compliant, and on nothing else.

A proof is an edit of something compliant (a recording of the embedded cloud, a plan, the sources) and the verdict that must follow.
"""
