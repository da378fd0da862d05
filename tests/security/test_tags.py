"""Tags of resources."""

from stackproof.core.controls import control
from stackproof.judgement.tags import tag_problems


@control("SEC-TAG-01", severity="low")
def test_resources_say_whose_they_are_by_their_tags(tagged_resources, profile, subtests):
    """Every tag that the profile asks for is there, with a legal value."""
    for resource in tagged_resources:
        with subtests.test(resource.name):
            assert tag_problems(resource.tags, profile.tags.required) == []
