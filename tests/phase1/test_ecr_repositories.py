"""Repositories of Amazon ECR."""

from stackproof.core.controls import control
from stackproof.judgement.deputies import unbound_services
from stackproof.judgement.policy import open_grants, undeclared


@control("ECR-02", severity="medium")
def test_repositories_scan_expire_and_let_nobody_else_in(ecr_repositories, profile, subtests):
    """An image that was never scanned, or that somebody else has pushed, is run like any other."""
    for repository in ecr_repositories:
        with subtests.test(repository.name):
            assert repository.scans_on_push
        with subtests.test(repository.name):
            assert repository.keeps_tags, "a tag can be pushed again, with another image"
        with subtests.test(repository.name):
            assert repository.expires_images
        with subtests.test(repository.name):
            for policy in repository.policies:
                assert open_grants(policy) == []
        with subtests.test(repository.name):
            for policy in repository.policies:
                assert undeclared(policy, profile.own_principals) == []
        with subtests.test(repository.name):
            for policy in repository.policies:
                assert unbound_services(policy, profile.told_account) == []
