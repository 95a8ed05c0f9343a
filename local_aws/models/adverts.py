"""An advert made from the facts in a prompt: what the demo asks its model for."""

import re
from collections.abc import Mapping, Sequence

ASKS_FOR_ADVERT = re.compile(
    r"\b(advert(isement|ising)?s?|ad copy|sales copy|marketing copy|commercial|slogan)\b", re.I
)

_LINE = re.compile(r"^[\s*\-|]*([A-Za-z][A-Za-z /\-]{1,28}?)\s*[:=|]\s*([^\n|]{1,120}?)\s*\|?\s*$", re.M)
_NUMBERS_IN_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}

_IN_PROSE: Mapping[str, Sequence[str]] = {
    "name": (
        r"\b(?:called|named|name is)\s+(?:the\s+)?[\"\u201c']?([A-Z][\w\-]*(?: [A-Z0-9][\w\-]*){0,3})",
        r"\b(?:for|of|sell) (?:the|our new|our) ([A-Z][\w\-]*(?: [A-Z0-9][\w\-]*){0,3})",
    ),
    "seats": (r"\b(\d|two|three|four|five|six|seven|eight|nine)[ -]seat(?:s|er)?\b", r"\bseats (\w+)\b"),
    "range": (
        r"\b(\d[\d,.]* ?(?:km|kilomet(?:er|re)s|miles?))\b(?: of| electric)* range",
        r"range (?:of |is )?(?:up to )?(\d[\d,.]* ?(?:km|miles?))",
    ),
    "price": (r"((?:[\u20ac$\u00a3]|EUR |USD |GBP )\s?\d[\d,.]*\d)", r"\b(\d[\d,.]*\d (?:euros?|dollars|pounds))\b"),
    "boot": (
        r"\b(\d[\d,.]* ?(?:l|lit(?:er|re)s?))\b(?: of)? (?:boot|trunk|luggage|cargo)",
        r"(?:boot|trunk)[^.\d]{0,20}(\d[\d,.]* ?(?:l|lit(?:er|re)s?)\b)",
    ),
    "warranty": (r"\b(\w+[ -]years?) warranty", r"warranty of (\w+ years)"),
    "power": (r"\b(\d+ ?(?:kW|hp|bhp|PS))\b",),
    "colour": (r"\bin ([a-z]+ (?:blue|red|green|grey|gray|silver|white|black))\b",),
}

_SYNONYMS = {
    "model": "name",
    "model name": "name",
    "product": "name",
    "vehicle": "name",
    "car": "name",
    "number of seats": "seats",
    "seating": "seats",
    "electric range": "range",
    "driving range": "range",
    "list price": "price",
    "base price": "price",
    "starting price": "price",
    "boot space": "boot",
    "boot volume": "boot",
    "trunk": "boot",
    "luggage": "boot",
    "cargo": "boot",
    "color": "colour",
    "output": "power",
}


def facts(text: str) -> dict[str, str]:
    """What a prompt says about the product: `key: value` lines first, then what prose gives away."""
    found: dict[str, str] = {}
    for key, value in _LINE.findall(text):
        name = key.strip().lower()
        found.setdefault(_SYNONYMS.get(name, name), value.strip().rstrip("."))
    for name, patterns in _IN_PROSE.items():
        for pattern in patterns:
            match = re.search(pattern, text)
            if match and name not in found:
                found[name] = match.group(1).strip().rstrip(".,")
    return found


def write(text: str, pictures: Sequence[str]) -> str:
    """An advert from the facts in `text`, for a product seen in `pictures` (descriptions of them)."""
    known = facts(text)
    name = known.get("name", "the new family SUV")
    seats = _seats(known.get("seats"))
    lines = [f"Meet {name}: room for everyone you love, and for everything they insist on bringing.", ""]
    if pictures:
        lines += [f"You have seen the picture ({', '.join(pictures)}). Now imagine your own driveway behind it.", ""]
    lines.append(
        f"{seats} seats, so nobody stays at home." if seats else "Seats for the whole family, so nobody stays at home."
    )
    sentences = {
        "boot": "{} of boot, so the dog, the pram and the tent come along too.",
        "range": "{} of range, so the holiday begins at your front door and not at a charging station.",
        "consumption": "{} is all it asks for on the way.",
        "power": "{} under the bonnet, for the hill before the lake.",
        "engine": "{} under the bonnet, quiet while the little ones sleep.",
        "safety": "{}, because the most precious cargo sits in the back.",
        "warranty": "{} of warranty, because families plan ahead.",
        "colour": "In {}, which hides the mud and shows the smile.",
    }
    lines += [sentence.format(_sentence_case(known[key])) for key, sentence in sentences.items() if key in known]
    lines.append("")
    price = f" Yours from {known['price'].removeprefix('from ')}." if "price" in known else ""
    lines.append(
        f"{_sentence_case(name)}. The long way round has never been so tempting.{price} Book a test drive today."
    )
    return "\n".join(lines)


def _seats(value: str | None) -> str | None:
    if value is None:
        return None
    number = re.search(r"\d+", value)
    words = {digit: word for word, digit in _NUMBERS_IN_WORDS.items()}
    if number:
        return words.get(int(number.group()), number.group()).capitalize()
    return value.split()[0].capitalize()


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
