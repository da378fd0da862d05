"""Write ``stackproof/judgement/managed_policies.json.gz``: the documents of AWS managed policies, out of the installed moto (Apache-2.0).

usage: python scripts/managed_policies.py

moto takes them from AWS itself (ListPolicies, GetPolicyVersion). Names of statements are left out, and so are the policies of
service-linked roles.
"""

import gzip
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data

FILE = Path(__file__).parents[1] / "stackproof" / "judgement" / "managed_policies.json.gz"
OF_SERVICES = "/aws-service-role/"


def main() -> None:
    """Write the file; the same moto makes the same bytes."""
    known = json.loads(aws_managed_policies_data)
    policies = {
        f"{policy['Path'].removeprefix('/')}{name}": _shortened(policy["Document"])
        for name, policy in sorted(known.items())
        if policy["Path"] != OF_SERVICES
    }
    content = {
        "source": f"moto {version('moto')} (Apache-2.0), which takes them from AWS",
        "date": max(policy["UpdateDate"] for policy in known.values())[:10],
        "policies": policies,
    }
    FILE.write_bytes(gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0))
    print(f"{FILE.name}: {len(policies)} policies, of {content['date']}")


def _shortened(document: dict[str, Any]) -> dict[str, Any]:
    statements = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    order = ("Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")
    return {
        "Version": document["Version"],
        "Statement": [{element: one[element] for element in order if element in one} for one in statements],
    }


if __name__ == "__main__":
    main()
