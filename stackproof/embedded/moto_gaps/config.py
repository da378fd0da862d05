"""AWS Config operations that moto lacks."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

from moto.config.responses import ConfigResponse

from stackproof.embedded.moto_gaps.registry import corrects


@corrects(
    ConfigResponse,
    "describe_delivery_channel_status",
    "config:DescribeDeliveryChannelStatus",
    "moto's raises NotImplementedError",
)
def describe_delivery_channel_status(_: Callable[..., str], self: ConfigResponse) -> str:
    """A channel whose stream of changes was delivered, once the recorder was started."""
    started = max((one.status.last_start_time or 0 for one in self.config_backend.recorders.values()), default=0)
    delivered = {"lastStatus": "Success", "lastStatusChangeTime": started or datetime.now(UTC).timestamp()}
    channels = self.config_backend.describe_delivery_channels([])
    info = {"configStreamDeliveryInfo": delivered} if started else {}
    return json.dumps({"DeliveryChannelsStatus": [{"name": one["name"], **info} for one in channels]})
