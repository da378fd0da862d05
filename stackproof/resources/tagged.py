"""Resources of any type, as far as their tags tell whose they are."""

from stackproof.core.resource import Resource, field


class Tagged(Resource):
    """A planned resource that can have tags."""

    tags: dict[str, str] = field()
    """With those that the provider gives everything that it makes (``default_tags``)."""
