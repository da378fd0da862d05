"""Queues of Amazon SQS."""

from stackproof.core.controls import control
from stackproof.judgement.outsiders import outsiders


@control("SEC-SQS-01", severity="critical")
def test_queues_are_used_by_nobody_from_outside(used_queues, profile, subtests):
    """Whoever may send to a queue feeds what reads from it; whoever may receive takes messages away for good."""
    for queue in used_queues:
        with subtests.test(queue.name):
            assert queue.policy is None or outsiders(queue.policy, profile.told_account) == []


@control("SEC-SQS-02", severity="medium")
def test_queues_are_encrypted(sqs_queues, subtests):
    """Messages wait in a queue for days, and longest where something is broken."""
    for queue in sqs_queues:
        with subtests.test(queue.name):
            assert queue.is_encrypted


@control("SEC-SQS-03", severity="low")
def test_queues_keep_the_messages_that_nobody_can_process(sqs_queues, subtests):
    """One bad message is tried again and again until it expires, in front of the good ones, and then it is gone."""
    for queue in sqs_queues:
        with subtests.test(queue.name):
            assert queue.keeps_what_fails or queue.is_for_dead_letters
