"""What the environment says: `.env.production.example` has the names."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """The environment variables of the backend, by their names in lower case. A wrong value stops the start, and is named."""

    environment: str = "local"
    aws_region: str = "ap-northeast-2"
    aws_endpoint_url: str | None = None
    """An emulator in AWS's place."""
    base_url: str = "http://localhost:8000"
    s3_bucket_name: str = "triflow-ai-local"
    database_secret_name: str | None = None
    """The secret that keeps the password up to date when it rotates."""

    rds_address: str = "localhost"
    rds_port: int = Field(default=5432, ge=1, le=65535)
    rds_database: str = "triflow"
    rds_username: str = "triflow_admin"
    rds_password: SecretStr = SecretStr("")
    rds_sslmode: str = Field(default="require", pattern="^(disable|allow|prefer|require|verify-ca|verify-full)$")
    rds_sslrootcert: str | None = None
    """The certificates that ``verify-ca`` and ``verify-full`` trust."""

    llm_log_group: str | None = None
    """The CloudWatch log group of the records of LLM calls; None: they go to stdout alone."""
    error_log_group: str | None = None
    """The CloudWatch log group of errors; None: they go to stdout alone."""
