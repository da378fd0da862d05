"""Topics of Amazon SNS."""

from stackproof.core.controls import control
from stackproof.judgement.outsiders import outsiders


@control("SEC-SNS-01", severity="high")
def test_topics_are_used_by_nobody_from_outside(sns_topics, profile, subtests):
    """Whoever may publish to a topic speaks to all that listen, in the stack's name; whoever may subscribe listens, too."""
    for topic in sns_topics:
        with subtests.test(topic.name):
            assert topic.policy is None or outsiders(topic.policy, profile.told_account) == []
