"""Topics of Amazon SNS."""

from stackproof.core.controls import control
from stackproof.judgement.outsiders import outsiders


@control("SEC-SNS-01", severity="high")
def test_topics_are_used_by_nobody_from_outside(used_topics, profile, subtests):
    """Whoever may publish to a topic speaks to all that listen, in the stack's name; whoever may subscribe listens, too."""
    for topic in used_topics:
        with subtests.test(topic.name):
            assert topic.policy is None or outsiders(topic.policy, profile.told_account) == []


@control("SEC-SNS-02", severity="medium")
def test_topics_are_encrypted(sns_topics, profile, subtests):
    """A message waits in the topic's storage for as long as a subscriber does not take it."""
    for topic in sns_topics:
        with subtests.test(topic.name):
            assert topic.is_encrypted or topic.name in profile.sns_topic.plain
