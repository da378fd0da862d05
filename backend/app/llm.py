"""Calls of a language model: the provider's interface, and one that needs no network."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Completion:
    """What a model answered, and what that took."""

    model: str
    response: str
    prompt_tokens: int
    completion_tokens: int
    total_cost: float
    """USD."""


class ProviderError(Exception):
    """The provider has no answer."""


class Provider(Protocol):
    """A language model."""

    def complete(self, prompt: str) -> Completion:
        """Answer a prompt. Raises `ProviderError`. May block: it is called in a thread."""
        ...


class EchoProvider:
    """Answers with the prompt. Its tokens are words, and it charges a nominal price, so that what follows has something to add up."""

    model = "echo-1"
    prompt_price = 0.15
    """USD for a million tokens."""
    completion_price = 0.60

    def complete(self, prompt: str) -> Completion:
        """The prompt itself.

        >>> EchoProvider().complete("two words").total_cost
        1.5e-06
        """
        tokens = len(prompt.split())
        cost = tokens * (self.prompt_price + self.completion_price) / 1_000_000
        return Completion(self.model, prompt, tokens, tokens, round(cost, 9))
