"""Schema core: tenants, users, workflows.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.types import UserDefinedType

revision = "0001"
down_revision = None

EXTENSIONS = ("pg_trgm", "vector")


class Vector(UserDefinedType):
    """pgvector's type."""

    cache_ok = True

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions

    def get_col_spec(self) -> str:
        return f"public.vector({self.dimensions})"


def upgrade() -> None:
    if not op.get_context().as_sql:
        require_extensions()
    op.execute("CREATE SCHEMA core")
    op.create_table(
        "tenants",
        id_column(),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        created_column(),
        schema="core",
    )
    op.create_table(
        "users",
        id_column(),
        tenant_column(),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("display_name", sa.Text, nullable=False, server_default=""),
        created_column(),
        sa.UniqueConstraint("tenant_id", "email"),
        schema="core",
    )
    op.create_table(
        "workflows",
        id_column(),
        tenant_column(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("definition", JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
        sa.Column("embedding", Vector(1536)),
        created_column(),
        sa.UniqueConstraint("tenant_id", "name"),
        schema="core",
    )


def downgrade() -> None:
    for table in ("workflows", "users", "tenants"):
        op.drop_table(table, schema="core")
    op.execute("DROP SCHEMA core")


def require_extensions() -> None:
    """Creating an extension is a step of its own, which takes rights that a migration need not have."""
    there = set(op.get_bind().scalars(sa.text("SELECT extname FROM pg_extension")))
    missing = [name for name in EXTENSIONS if name not in there]
    if missing:
        raise CommandError(f"the database has no extension {', '.join(missing)}: run scripts/create-extensions.sql there first")


def id_column() -> sa.Column:
    return sa.Column("id", UUID, primary_key=True, server_default=sa.text("gen_random_uuid()"))


def tenant_column() -> sa.Column:
    return sa.Column("tenant_id", UUID, sa.ForeignKey("core.tenants.id", ondelete="CASCADE"), nullable=False)


def created_column() -> sa.Column:
    return sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.text("now()"))
