"""Compose files: pinned images, health checks, and ports that this machine alone reaches (https://docs.docker.com/reference/compose-file)."""

import re
from collections.abc import Mapping
from ipaddress import ip_address

TOP_LEVEL = {"name", "services", "networks", "volumes", "configs", "secrets", "include", "models"}

# fmt: off
SERVICE = {
    "annotations", "attach", "blkio_config", "build", "cap_add", "cap_drop", "cgroup", "cgroup_parent", "command", "configs",
    "container_name", "cpu_count", "cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares",
    "cpus", "cpuset", "credential_spec", "depends_on", "deploy", "develop", "device_cgroup_rules", "devices", "dns", "dns_opt",
    "dns_search", "domainname", "entrypoint", "env_file", "environment", "expose", "extends", "external_links", "extra_hosts",
    "gpus", "group_add", "healthcheck", "hostname", "image", "init", "ipc", "isolation", "label_file", "labels", "links",
    "logging", "mac_address", "mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit", "models", "network_mode",
    "networks", "oom_kill_disable", "oom_score_adj", "pid", "pids_limit", "platform", "ports", "post_start", "pre_stop",
    "privileged", "profiles", "provider", "pull_policy", "read_only", "restart", "runtime", "scale", "secrets", "security_opt",
    "shm_size", "stdin_open", "stop_grace_period", "stop_signal", "storage_opt", "sysctls", "tmpfs", "tty", "ulimits",
    "use_api_socket", "user", "userns_mode", "uts", "volumes", "volumes_from", "working_dir",
}
# fmt: on
"""The keys of a service, in the Compose specification."""


def unknown_keys(given: Mapping[str, object], known: set[str]) -> tuple[str, ...]:
    """The keys of a compose file that the specification does not know; ``x-`` begins whatever the author likes.

    >>> unknown_keys({"version": "3", "services": {}, "x-common": {}}, TOP_LEVEL)
    ('version',)
    """
    return tuple(key for key in given if key not in known and not key.startswith("x-"))


def is_pinned(image: str) -> bool:
    """True if an image has a digest, or a tag with a version of at least two numbers, which is not somebody's to choose.

    >>> is_pinned("localstack/localstack:4.14.0"), is_pinned("pgvector/pgvector:0.8.1-pg17")
    (True, True)
    >>> is_pinned("localstack/localstack"), is_pinned("localstack/localstack:latest"), is_pinned("postgres:17")
    (False, False, False)
    >>> is_pinned("localhost:5000/localstack"), is_pinned("localstack/localstack:${TAG:-4.14.0}")
    (False, False)
    >>> is_pinned("localstack/localstack@sha256:" + "a" * 64)
    True
    """
    if "$" in image:
        return False
    if re.search(r"@sha256:[0-9a-f]{64}$", image):
        return True
    tag = image.rpartition("/")[2].partition(":")[2]
    return bool(re.match(r"v?\d+\.\d+", tag))


def is_health_checked(check: object) -> bool:
    """True if a service has a health check that asks something.

    >>> is_health_checked({"test": ["CMD", "pg_isready"]}), is_health_checked({"test": "curl localhost"})
    (True, True)
    >>> is_health_checked(None), is_health_checked({"test": ["NONE"]}), is_health_checked({"test": "true", "disable": True})
    (False, False, False)
    """
    if not isinstance(check, Mapping) or check.get("disable"):
        return False
    test = check.get("test")
    return bool(test) and test != ["NONE"] and test != "NONE"


def exposed(service: Mapping[str, object]) -> tuple[str, ...]:
    """The ports of a service that are published on more than the loopback.

    >>> exposed({"ports": ["127.0.0.1:4566:4566", "[::1]:80:80", {"target": 80, "published": 80, "host_ip": "127.0.0.1"}]})
    ()
    >>> exposed({"ports": ["4566:4566", "0.0.0.0:4566:4566", 5432, {"target": 80}, "${ADDRESS:-127.0.0.1}:1:1"]})
    ('4566:4566', '0.0.0.0:4566:4566', '5432', "{'target': 80}", '${ADDRESS:-127.0.0.1}:1:1')
    >>> exposed({"network_mode": "host"})
    ('network_mode: host',)
    """
    ports = service.get("ports") or ()
    if not isinstance(ports, list | tuple):
        return (f"ports: {ports}",)
    found = [str(port) for port in ports if not _is_loopback(_address(port))]
    return (*(["network_mode: host"] if service.get("network_mode") == "host" else []), *found)


def _address(port: object) -> str:
    """The address of this machine that a port is published on; nothing if it is on all of them."""
    if isinstance(port, Mapping):
        return str(port.get("host_ip", ""))
    match = re.match(r"\[?(?P<address>[^\]$]+?)\]?:[\d-]*:[\d-]+(/\w+)?$", str(port))
    return match["address"] if match else ""


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
