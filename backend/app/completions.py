"""``POST /api/v1/complete``: one call of the language model, and its record."""

import logging
import time

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, Field

from app.llm import Provider, ProviderError
from app.logs import LLM_CALLS

_log = logging.getLogger(__name__)
router = APIRouter(prefix="/api/v1")


class Prompt(BaseModel):
    prompt: str = Field(min_length=1, max_length=16_000)


class Answer(BaseModel):
    model: str
    response: str
    prompt_tokens: int
    completion_tokens: int
    total_cost: float
    """USD."""


@router.post("/complete")
def complete(asked: Prompt, request: Request) -> Answer:
    """Let the model answer. 502 if it does not."""
    provider: Provider = request.app.state.provider
    started = time.perf_counter()
    try:
        completion = provider.complete(asked.prompt)
    except ProviderError as error:
        _log.exception("The model did not answer")
        raise HTTPException(502, "The model did not answer") from error
    answer = Answer(**vars(completion))
    duration = round((time.perf_counter() - started) * 1000, 3)
    LLM_CALLS.info("LLM call", extra={"fields": {"prompt": asked.prompt, **answer.model_dump(), "duration": duration}})
    return answer
