"""What a request costs, in whole picodollars."""

from llm_api.inference.usage import Usage
from llm_api.registry import Price


def covers(price: Price, input_tokens: int, output_tokens: int, images: int) -> bool:
    """Whether there is a price for each kind of thing that a request may use."""
    needed = ((input_tokens, price.input), (output_tokens, price.output), (images, price.image))
    return all(one is not None for amount, one in needed if amount)


def cost(price: Price, usage: Usage, *, cached_for_an_hour: bool = False) -> int:
    """Picodollars for what was used. A cached token without a price of its own costs as much as any other.

    Parameters:
        cached_for_an_hour: whether the request asked for the prompt cache that lasts an hour.
    """
    each, write = price.input or 0, price.cache_write_1h if cached_for_an_hour else price.cache_write
    return (
        usage.input_tokens * each
        + usage.output_tokens * (price.output or 0)
        + usage.cache_read_tokens * (each if price.cache_read is None else price.cache_read)
        + usage.cache_write_tokens * (each if write is None else write)
        + usage.images * (price.image or 0)
    )


def highest_cost(
    price: Price, input_tokens: int, output_tokens: int, images: int, *, cached_for_an_hour: bool = False
) -> int:
    """Picodollars for at most so much: each token of the input may be read from the cache, or written to it."""
    write = price.cache_write_1h if cached_for_an_hour else price.cache_write
    dearest = max(price.input or 0, price.cache_read or 0, write or 0)
    return input_tokens * dearest + output_tokens * (price.output or 0) + images * (price.image or 0)
