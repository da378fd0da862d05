"""Public frameworks as data, and what of their requirements a run covers.

A file a framework: its version, the ids of all its requirements, and for those that controls say something about which controls, how far
(fully or partly), and why, in our own words. The texts of the frameworks are their publishers'. ``unmapped.toml`` has the controls that no
requirement asks for.
"""
