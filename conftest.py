"""Where a project registers collections and resources of its own, for the controls that it writes beside these.

A collection is a function that is decorated with `stackproof.collections.registry.collection`; controls ask for it by its name. A resource
class is registered with `stackproof.resources.register`, which lets the guard allow its read operations. This repository needs neither:
what its controls ask for comes with the package.
"""
