"""Whether the backend can do its work: the load balancer asks, and people do."""

import logging
from datetime import UTC, datetime
from typing import Literal

import anyio
import psycopg
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.aws.errors import AwsError
from app.database import ping

DEADLINE = 3.0
"""Seconds. The load balancer waits for 5."""
_log = logging.getLogger(__name__)
router = APIRouter()


class Health(BaseModel):
    """Healthy or not, and when that was found out. Why not is for the log alone."""

    status: Literal["healthy", "unhealthy"]
    timestamp: str
    """UTC, ISO 8601, seconds."""


@router.get("/health", responses={503: {"model": Health}})
@router.get("/api/v1/health", responses={503: {"model": Health}})
async def health(request: Request, response: Response) -> Health:
    """Whether the database answers, now."""
    response.headers["Cache-Control"] = "no-store"
    if await is_answering(request.app.state.engine, request.app.state.pings):
        return Health(status="healthy", timestamp=_now())
    response.status_code = 503
    return Health(status="unhealthy", timestamp=_now())


async def is_answering(engine: Engine, pings: CapacityLimiter) -> bool:
    """Whether the database answers before the deadline. ``pings`` bounds the threads that a database which hangs can hold."""
    try:
        with anyio.fail_after(DEADLINE):
            await to_thread.run_sync(ping, engine, abandon_on_cancel=True, limiter=pings)
    except TimeoutError:
        _log.error("The database did not answer within %s s", DEADLINE)
        return False
    except (SQLAlchemyError, psycopg.Error, AwsError) as error:
        _log.error("The database does not answer: %s", error)
        return False
    return True


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
