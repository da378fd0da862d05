"""Typed resources, a file a service: nouns that answer questions and know where each answer came from."""
