"""What AWS knows of inference profiles and local AWS has to be told: where they route, and to which models.

The Regions of a real profile depend on the source Region and grow with time; these sets stand for them in the tests.
https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
"""

from dataclasses import dataclass, field

GLOBAL_PREFIX = "global"
GEOGRAPHIES: dict[str, tuple[str, ...]] = {
    "us": ("us-east-1", "us-east-2", "us-west-2"),
    "eu": ("eu-central-1", "eu-west-1", "eu-west-3"),
    "apac": ("ap-northeast-1", "ap-southeast-2"),
    "us-gov": ("us-gov-east-1", "us-gov-west-1"),
}
"""Every Region that a geographic profile may route to, by the prefix of the profile's ID."""


@dataclass(frozen=True, slots=True)
class ApplicationProfile:
    """An application inference profile: what it was copied from.

    Attributes:
        model_id: the foundation model, without a Region's prefix.
        regions: where it may route to; empty: the Region of the profile alone, as a copy of a foundation model does.
    """

    model_id: str
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Profiles that exist. An application profile is known by the last part of its ARN."""

    geographies: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(GEOGRAPHIES))
    application_profiles: dict[str, ApplicationProfile] = field(default_factory=dict)


CATALOGUE = Catalogue(
    application_profiles={
        "claudecopy01": ApplicationProfile("anthropic.claude-haiku-4-5-20251001-v1:0", GEOGRAPHIES["us"]),
        "novacopy0001": ApplicationProfile("amazon.nova-lite-v1:0"),
    }
)
"""The profiles of local AWS; a test that needs another one adds it to `application_profiles`."""
