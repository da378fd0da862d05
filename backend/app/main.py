"""The ASGI application: ``uvicorn app.main:app --no-server-header --no-access-log``."""

import logging
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from anyio import CapacityLimiter
from fastapi import FastAPI

from app import __version__, completions, database, health, logs
from app.aws.client import client
from app.aws.log_shipping import CloudWatchHandler
from app.aws.secrets import Secrets
from app.llm import EchoProvider, Provider
from app.logs import ErrorFormatter, JsonFormatter
from app.requests import RequestLog
from app.settings import Settings


def create_app(settings: Settings, provider: Provider | None = None) -> FastAPI:
    """The application. What it opens, it opens when it starts, and closes when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.provider = provider or EchoProvider()
        app.state.pings = CapacityLimiter(4)
        secrets = Secrets(client("secretsmanager", settings)) if settings.database_secret_name else None
        app.state.engine = database.engine(settings, secrets)
        with ExitStack() as shipping:
            _ship(settings, shipping)
            logging.getLogger(__name__).info("Started", extra={"fields": {"environment": settings.environment}})
            yield
            logging.getLogger(__name__).info("Stopped")
        app.state.engine.dispose()

    app = FastAPI(title="TriFlow AI", version=__version__, lifespan=lifespan)
    app.include_router(health.router)
    app.include_router(completions.router)
    app.add_middleware(RequestLog)
    return app


def _ship(settings: Settings, until: ExitStack) -> None:
    """Send records to CloudWatch groups, where the environment names them."""
    for group, logger, level, formatter in (
        (settings.llm_log_group, logs.LLM_CALLS, logging.INFO, JsonFormatter()),
        (settings.error_log_group, logging.getLogger(), logging.ERROR, ErrorFormatter()),
    ):
        if group:
            handler = CloudWatchHandler(client("logs", settings), group)
            handler.setLevel(level)
            handler.setFormatter(formatter)
            logger.addHandler(handler)
            until.callback(handler.close)
            until.callback(logger.removeHandler, handler)


logs.configure()
app = create_app(Settings())
