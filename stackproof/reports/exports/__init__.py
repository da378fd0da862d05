"""A finished run in the formats that other tools read: pure functions from the results to a document (docs/exports.md).

In none of them does a control that was waived, not verified, not known yet, not declared or not applicable become a pass.
"""
