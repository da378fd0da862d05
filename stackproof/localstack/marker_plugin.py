"""A pytest plugin for the backend's own tests: tells the proxy which test begins. It runs in the backend's environment."""

import gc
import os
import urllib.request

gc.set_threshold(100_000)  # to look for garbage takes a sixth of the time, and the process ends within a second


def pytest_runtest_logstart(nodeid: str) -> None:
    """Ask for ``/_about/test_s3_upload``; see `stackproof.localstack.recording_proxy`."""
    name = nodeid.rpartition("::")[2].partition("[")[0]
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    direct.open(f"{os.environ['AWS_ENDPOINT_URL']}/_about/{name}", timeout=10).close()
