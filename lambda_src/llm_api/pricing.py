"""What a request costs, in whole picodollars."""

from llm_api.registry import Price
from llm_api.usage import Usage


def cost(price: Price, usage: Usage, *, cached_for_an_hour: bool = False) -> int:
    """Picodollars for what was used.

    A cached token without a price of its own costs as much as any other input token.

    Parameters:
        cached_for_an_hour: whether the request asked for the prompt cache that lasts an hour.
    """
    write = price.cache_write_1h if cached_for_an_hour else price.cache_write
    return (
        usage.input_tokens * price.input
        + usage.output_tokens * price.output
        + usage.cache_read_tokens * _or(price.cache_read, price.input)
        + usage.cache_write_tokens * _or(write, price.input)
        + usage.images * (price.image or 0)
    )


def highest_cost(
    price: Price, input_tokens: int, output_tokens: int, images: int, *, cached_for_an_hour: bool = False
) -> int:
    """Picodollars for at most so many tokens: of the input each may be read from the cache, or written to it."""
    write = price.cache_write_1h if cached_for_an_hour else price.cache_write
    dearest = max(price.input, _or(price.cache_read, 0), _or(write, 0))
    return input_tokens * dearest + output_tokens * price.output + images * (price.image or 0)


def _or(price: int | None, otherwise: int) -> int:
    return otherwise if price is None else price
