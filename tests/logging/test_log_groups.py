"""Log groups by the central logging design."""

from stackproof.core.controls import control
from stackproof.judgement.subscriptions import export_problems, link_problems, recipient_problem
from stackproof.judgement.tags import in_design, tag_problems


@control("LOG-01", severity="medium")
def test_log_groups_are_named_by_the_design(log_groups, profile, now, subtests):
    """``/aws/{service}/{resource-name}/{log-type}``. Another name has a declared reason, is in use, and not for longer than agreed."""
    for group in log_groups:
        with subtests.test(group.name):
            assert profile.logs.rule(group.group_name)
    for exception in profile.logs.exceptions:
        with subtests.test(f"exception {exception.name}"):
            assert not exception.is_expired(now.date()), f"accepted until {exception.expires}"
            assert exception.name in [group.group_name for group in log_groups]


@control("LOG-02", severity="high")
def test_log_groups_are_those_that_are_declared(logs_inventory, subtests):
    """A group that is missing is made by whatever writes to it first: without a key, and for ever. And so is one that nobody declared."""
    for one in logs_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("LOG-03", severity="medium")
def test_log_groups_keep_their_events_as_long_as_their_kind_asks(log_groups, profile, subtests):
    """Retention follows the kind of log; a group that never expires is wrong too."""
    for group in log_groups:
        with subtests.test(group.name):
            assert group.retention_days is not None, "its events are kept for ever"
            assert group.retention_days == profile.logs.retention_of(group.group_name)


@control("LOG-06", severity="low")
def test_log_groups_say_what_they_are_by_their_tags(tagged_log_groups, profile, subtests):
    """Every tag of the design is there with a legal value, and true."""
    for group in tagged_log_groups:
        with subtests.test(group.name):
            assert tag_problems(group.tags, profile.logs.tags) == []
        with subtests.test(group.name):
            said = in_design(group.tags, profile.logs.tags)
            assert "RetentionDays" not in said or said["RetentionDays"] == str(group.retention_days)
        with subtests.test(group.name):
            said = in_design(group.tags, profile.logs.tags)
            assert "LogType" not in said or said["LogType"] == profile.logs.log_type_of(group.group_name)


@control("LOG-08", severity="high")
def test_log_groups_are_linked_as_their_tags_say_and_nobody_else_gets_their_events(
    subscribed_log_groups, log_recipients, profile, subtests
):
    """Sentry gets errors and Langfuse gets model calls where that is enabled; nobody gets events who is not foreseen, by no way."""
    links = profile.logs.links
    for group in subscribed_log_groups:
        for link in links:
            with subtests.test(f"{group.name} {link.tag}"):
                slots, shared = profile.logs.filter_slots, group.account_subscriptions
                assert link_problems(group.tags, link, group.subscription_filters, shared, slots) == []
    for group, recipient in log_recipients:
        with subtests.test(f"{group.name} to {recipient.name}"):
            assert recipient_problem(recipient, group, links, profile.logs.recipients, profile.account_id) is None


@control("LOG-13", severity="medium")
def test_log_groups_are_exported_exactly_where_their_tags_say_so(subscribed_log_groups, subtests):
    """Every event goes to Firehose as it comes, to be kept for longer than CloudWatch Logs keeps it; of other groups none does."""
    for group in subscribed_log_groups:
        with subtests.test(group.name):
            assert export_problems(group.tags, [*group.subscription_filters, *group.account_subscriptions]) == []
