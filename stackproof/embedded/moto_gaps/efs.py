"""EFS operations that moto lacks."""

import json

from moto.efs.responses import EFSResponse

from stackproof.embedded.moto_gaps.registry import supplies


@supplies(EFSResponse, "efs:PutBackupPolicy", "moto keeps of backups what a file system was made with")
def put_backup_policy(self: EFSResponse) -> str:
    """Turn the automatic backups of a file system on or off."""
    policy = self._get_param("BackupPolicy")
    system = self.efs_backend.file_systems_by_id[self._get_param("FileSystemId")]
    system._backup = policy["Status"] in ("ENABLED", "ENABLING")
    return json.dumps({"BackupPolicy": policy})
