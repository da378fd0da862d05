"""The table of a profile that names who mends what a control finds."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field

from stackproof.profile.base import Table


class Owners(Table):
    """The teams or roles that mend what controls find, which every report names. The closest that is given counts."""

    default: str = ""
    """Of every control that the others say nothing of; nobody is named where this is not given either."""
    severities: Mapping[Literal["critical", "high", "medium", "low"], str] = {}
    """By the severity of the control."""
    folders: Mapping[str, str] = {}
    """By the folder of the control (``security``); counts before the severity."""
    controls: Mapping[str, str] = {}
    """By the id of the control (``SEC-RDS-01``); counts before all others."""

    days: Mapping[Literal["critical", "high", "medium", "low"], Annotated[int, Field(ge=0)]] = {
        "critical": 1,
        "high": 7,
        "medium": 30,
        "low": 90,
    }
    """Days until what is open must be mended, by severity; a severity that is left out has no such day."""

    def of(self, control: str, folder: str, severity: str) -> str:
        """The owner of a control; empty where none is given.

        >>> owners = Owners(default="platform", folders={"security": "security"}, controls={"SEC-RDS-01": "data"})
        >>> owners.of("SEC-RDS-01", "security", "high"), owners.of("SEC-S3-01", "security", "high"), owners.of("TF-01", "phase0", "low")
        ('data', 'security', 'platform')
        """
        by_severity = next((owner for name, owner in self.severities.items() if name == severity), "")
        return self.controls.get(control) or self.folders.get(folder) or by_severity or self.default

    def due(self, severity: str, today: date) -> date | None:
        """The day by which what is found today must be mended; None where the severity has none.

        >>> Owners().due("high", date(2026, 11, 28))
        datetime.date(2026, 12, 5)
        """
        return next((today + timedelta(days) for name, days in self.days.items() if name == severity), None)
