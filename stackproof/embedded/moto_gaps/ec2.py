"""EC2 operations that moto answers otherwise than AWS, put right."""

import ipaddress
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.flow_logs import FlowLogsBackend
from moto.ec2.models.subnets import Subnet, SubnetBackend
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.logs.models import logs_backends

from stackproof.embedded.moto_gaps.registry import corrects


class InsufficientFreeAddresses(ServiceException):
    """As AWS answers for a subnet that is full."""

    code = "InsufficientFreeAddressesInSubnet"


@corrects(NetworkInterface, "__init__", "ec2:CreateNetworkInterface", "moto draws addresses at random, from other subnets too")
def create_network_interface(
    original: Callable[..., None],
    self: NetworkInterface,
    backend: Any,
    subnet: Any,
    private_ip_address: Any,
    private_ip_addresses: Any = None,
    **settings: Any,
) -> None:
    """NAT gateways and tasks get a free address of their subnet; a VPC without DNS host names has no name for it."""
    subnet = backend.get_subnet(subnet) if isinstance(subnet, str) else subnet
    is_asked_for = private_ip_address and ipaddress.ip_address(private_ip_address) in ipaddress.ip_network(subnet.cidr_block)
    if not private_ip_addresses and not is_asked_for:
        private_ip_address = _free_address(backend, subnet)
    original(self, backend, subnet, private_ip_address, private_ip_addresses, **settings)
    vars(self).setdefault("private_dns_name", None)  # moto's tasks ask for it


def _free_address(backend: Any, subnet: Any) -> str:
    """The next one that no interface has: not one that was given back just now, while there are others."""
    network = ipaddress.ip_network(subnet.cidr_block)
    usable = range(4, network.num_addresses - 1)  # "Subnet sizing": AWS reserves the first four addresses and the last
    taken = {interface.private_ip_address for interface in backend.enis.values()}
    start = vars(subnet).get("next_address", 0)
    for number in range(len(usable)):
        turn = (start + number) % len(usable)
        address = str(network[usable[turn]])
        if address not in taken:
            vars(subnet)["next_address"] = turn + 1
            return address
    raise InsufficientFreeAddresses(f"There are not enough free addresses in subnet '{subnet.id}' to satisfy the request.")


@corrects(FlowLogsBackend, "create_flow_logs", "ec2:CreateFlowLogs", "moto fails to deliver to a log group named by ARN")
def create_flow_logs(original: Callable[..., Any], self: Any, *args: Any, **kw: Any) -> Any:
    """Delivery succeeds where the log group exists."""
    result = original(self, *args, **kw)
    groups = logs_backends[self.account_id][self.region_name].groups
    for flow_log in result[0]:
        if (flow_log.log_destination or "").rpartition(":log-group:")[2].removesuffix(":*") in groups:
            flow_log.deliver_logs_status, flow_log.deliver_logs_error_message = "SUCCESS", None
    return result


@corrects(
    ElasticBlockStore,
    "describe_snapshots",
    "ec2:DescribeSnapshots RestorableByUserIds",
    "moto tells all, whoever can restore them",
)
def describe_snapshots(original: Callable[..., ActionResult], self: ElasticBlockStore) -> ActionResult:
    """The snapshots of the account that everybody can restore, if that is what is asked."""
    if self._get_param("RestorableByUserIds", []) != ["all"]:
        return original(self)
    found = [one for one in self.ec2_backend.describe_snapshots() if "all" in one.create_volume_permission_groups]
    return ActionResult({"Snapshots": found})


@corrects(
    SubnetBackend, "create_subnet", "ec2:CreateSubnet DefaultForAz", "moto takes the first subnet of a zone for its default one"
)
def create_subnet(original: Callable[..., Subnet], self: SubnetBackend, vpc_id: str, *args: Any, **kw: Any) -> Subnet:
    """Only a subnet of the default VPC is the default of its zone, and gives public addresses unless it is told not to."""
    subnet = original(self, vpc_id, *args, **kw)
    if not self.get_vpc(vpc_id).is_default:  # type: ignore[attr-defined]  # the whole backend has it
        subnet.default_for_az = subnet.map_public_ip_on_launch = False
    return subnet
