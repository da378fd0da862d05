"""The inventory: what is declared is there, and nothing else is."""

from stackproof.core.controls import control


@control("SEC-INV-01", severity="high")
def test_databases_are_those_that_are_declared(database_inventory, subtests):
    """An instance that is declared and gone is an outage; one that nobody declared is one that nobody reviews."""
    for one in database_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-02", severity="high")
def test_load_balancers_are_those_that_are_declared(load_balancer_inventory, subtests):
    """One that nobody declared is a way in that nobody looks after."""
    for one in load_balancer_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-03", severity="high")
def test_services_are_those_that_are_declared(service_inventory, subtests):
    """One that nobody declared runs with the rights of the others."""
    for one in service_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-04", severity="high")
def test_networks_are_those_that_are_declared(network_inventory, subtests):
    """What is in a VPC that nobody declared is behind walls that nobody has seen."""
    for one in network_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-05", severity="high")
def test_buckets_are_those_that_are_declared(storage_inventory, subtests):
    """One that nobody declared holds data that nobody answers for."""
    for one in storage_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-06", severity="high")
def test_keys_are_those_that_are_declared(encryption_inventory, subtests):
    """One that nobody declared may be what data cannot be read without."""
    for one in encryption_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-07", severity="high")
def test_secrets_are_those_that_are_declared(secrets_inventory, subtests):
    """One that nobody declared is rotated by nobody."""
    for one in secrets_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-08", severity="high")
def test_roles_are_those_that_are_declared(identity_inventory, subtests):
    """One that nobody declared is a way to rights that nobody has granted knowingly."""
    for one in identity_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-09", severity="high")
def test_repositories_are_those_that_are_declared(registry_inventory, subtests):
    """Images out of one that nobody declared are run without anybody's knowing whose they are."""
    for one in registry_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-10", severity="high")
def test_trails_are_those_that_are_declared(audit_inventory, subtests):
    """One that is declared and gone records nothing."""
    for one in audit_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-11", severity="high")
def test_functions_are_those_that_are_declared(function_inventory, subtests):
    """One that nobody declared does what its role may do, for whoever calls it."""
    for one in function_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-12", severity="high")
def test_tables_are_those_that_are_declared(dynamodb_table_inventory, subtests):
    """One that nobody declared holds data that nobody answers for."""
    for one in dynamodb_table_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-13", severity="high")
def test_apis_are_those_that_are_declared(api_inventory, subtests):
    """One that nobody declared is a way in that nobody looks after."""
    for one in api_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-14", severity="high")
def test_queues_are_those_that_are_declared(sqs_queue_inventory, subtests):
    """In one that nobody declared messages wait that nobody processes."""
    for one in sqs_queue_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-15", severity="high")
def test_topics_are_those_that_are_declared(sns_topic_inventory, subtests):
    """An alarm to one that is declared and gone reaches nobody."""
    for one in sns_topic_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-16", severity="high")
def test_file_systems_are_those_that_are_declared(efs_file_system_inventory, subtests):
    """One that nobody declared holds data that nobody answers for."""
    for one in efs_file_system_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-17", severity="high")
def test_event_buses_are_those_that_are_declared(event_bus_inventory, subtests):
    """Whoever may put events on one that nobody declared starts what nobody reviews."""
    for one in event_bus_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-18", severity="high")
def test_caches_are_those_that_are_declared(cache_inventory, subtests):
    """One that nobody declared holds a copy of the data that nobody answers for."""
    for one in cache_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-19", severity="high")
def test_state_machines_are_those_that_are_declared(state_machine_inventory, subtests):
    """One that nobody declared does work that nobody reviews, with a role that nobody looks at."""
    for one in state_machine_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"


@control("SEC-INV-20", severity="high")
def test_distributions_are_those_that_are_declared(distribution_inventory, subtests):
    """What nobody declared is open to everybody on the internet, in the name of the stack."""
    for one in distribution_inventory:
        with subtests.test(one.name):
            assert one.is_there, "it is declared, and does not exist"
        with subtests.test(one.name):
            assert one.is_declared, "the profile says that there is none"
