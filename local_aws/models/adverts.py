"""An advert made from the facts in a prompt: what the demo asks its model for."""

import re
from collections.abc import Mapping, Sequence

ASKS_FOR_ADVERT = re.compile(
    r"\b(advert(isement|ising)?s?|ad copy|sales copy|marketing copy|commercial|slogan)\b", re.I
)

SHORT_RANGE = 150
"""Kilometres or miles below which a range is for the school run rather than the holiday."""

_LINE = re.compile(r"^[\s*\-|]*([A-Za-z][A-Za-z /\-]{1,28}?)\s*[:=|]\s*([^\n|]{1,120}?)\s*\|?\s*$", re.M)
_NUMBERS_IN_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}

_IN_PROSE: Mapping[str, Sequence[str]] = {
    "name": (
        r"(?m)^#+ +([^\n:]{2,40}?)(?::|,| - |$)",
        r"\b(?:SUV|car|model), (?:the )?([A-Z][\w\-]*(?: [A-Z0-9][\w\-]*){0,3})",
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
    "colour in the picture": "colour",
    "price from": "price",
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
    headline = f"{_capital(name)}: room for everyone you love."
    if re.search(r"\bslogan\b", text, re.I):
        return f"{headline} And for everything they insist on bringing."
    car = " ".join(sentence for sentence in (_room(known), _road(known)) if sentence)
    family = " ".join(sentence for sentence in (_calm(known, bool(pictures)), _offer(known)) if sentence)
    paragraphs = [headline, car, family]
    if pictures:
        paragraphs.append(f"(Written from your words and {' and '.join(pictures)}.)")
    return "\n\n".join(paragraphs)


def _room(known: Mapping[str, str]) -> str:
    seats = _seats(known.get("seats")) or "Its"
    said = f"{seats} seats mean that nobody stays at home."
    if boot := _most(known.get("boot")):
        said += f" {boot} of boot mean that nothing else does either: not the dog, not the pram, not the tent."
    return said


def _road(known: Mapping[str, str]) -> str:
    said = []
    if power := _first(known.get("power")):
        said.append(f"{power} carry you over the pass without a murmur from the back seats.")
    if distance := _first(known.get("range")):
        short = int(re.sub(r"\D.*", "", distance.replace(",", "")) or 0) < SHORT_RANGE
        end = (
            "take the children to school and back all week." if short else "mean that the holiday begins at your door."
        )
        said.append(f"{distance} of electric range {end}")
    return " ".join(said)


def _calm(known: Mapping[str, str], seen: bool) -> str:
    said = []
    if colour := known.get("colour"):
        said.append(f"In {colour[:1].lower() + colour[1:]}{', as in the picture,' if seen else ''} it looks calm.")
    if safety := known.get("safety"):
        said.append(f"{_capital(safety)}: you will be calm too.")
    return " ".join(said)


def _offer(known: Mapping[str, str]) -> str:
    warranty = _first(known.get("warranty"))
    said = [f"{_capital(warranty)} of warranty, because families plan ahead."] if warranty else []
    if price := known.get("price"):
        said.append(f"Yours from {price.removeprefix('from ')}.")
    return " ".join([*said, "Come for a test drive, and bring everyone: there is a seat for each."])


def _first(value: str | None) -> str | None:
    """The quantity that a value begins with, such as `92 km` of `92 km (WLTP)`."""
    match = re.match(r"(?:up to )?(\w[\d,.]*[ -]?[A-Za-z]+)", value or "")
    return match.group(1) if match else None


def _most(value: str | None) -> str | None:
    """The largest quantity of a value, such as `Up to 1,960 litres`."""
    numbers = re.findall(r"\d[\d,]*", value or "")
    unit = re.search(r"\d ?([A-Za-z]+)", value or "")
    if not numbers or not unit:
        return None
    most = max(numbers, key=lambda number: int(number.replace(",", "")))
    return f"{'Up to ' if len(numbers) > 1 else ''}{most} {unit.group(1)}"


def _seats(value: str | None) -> str | None:
    if value is None:
        return None
    number = re.search(r"\d+", value)
    words = {digit: word for word, digit in _NUMBERS_IN_WORDS.items()}
    if number:
        return words.get(int(number.group()), number.group()).capitalize()
    return value.split()[0].capitalize()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
