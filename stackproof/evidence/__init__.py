"""The evidence of a run: what was asked, answered and read, kept so that others can check it (docs/evidence.md).

An evidence folder has

- ``run.json``, ``environment.json``, ``waivers.toml``: what was judged, by what, and what was expected and accepted;
- ``calls/``: a file for each AWS call, with its answer;
- ``documents/``: the plans that were judged, as Terraform wrote them;
- ``observations/``: what was found out by other means, as by Terraform, checkov and git;
- ``manifest``: the digest of every file of the run, its reports included; ``manifest.sig``: a signature of the manifest, if there is a key.
"""
