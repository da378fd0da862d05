"""Where the project keeps what can be made again."""

CACHE = ".stackproof"
"""The folder, in the repository, of everything that can be made again."""
