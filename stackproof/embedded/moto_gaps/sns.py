"""SNS operations that moto answers otherwise than AWS, put right."""

from typing import Any

from moto.sns.models import Topic

from stackproof.embedded.moto_gaps.registry import reports


@reports(Topic, "subscriptions_confimed", "sns:GetTopicAttributes SubscriptionsConfirmed", "moto counts no subscription")
def subscriptions_confirmed(topic: Topic, _: Any) -> int:
    """How many there are: here each is confirmed at once, as moto's list of them says."""
    return sum(one.topic is topic for one in topic.sns_backend.subscriptions.values())
