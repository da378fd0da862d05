"""Find workflows by what they mean and by parts of their name.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index(
        "workflows_embedding",
        "workflows",
        ["embedding"],
        schema="core",
        postgresql_using="hnsw",
        postgresql_ops={"embedding": "vector_cosine_ops"},
    )
    op.create_index(
        "workflows_name",
        "workflows",
        ["name"],
        schema="core",
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
    )


def downgrade() -> None:
    op.drop_index("workflows_name", "workflows", schema="core")
    op.drop_index("workflows_embedding", "workflows", schema="core")
