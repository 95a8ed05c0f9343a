"""Stability's models that make images.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-diffusion-3-5-large.html
"""

from local_aws.models import media
from local_aws.models.family import Family

FAMILY = Family(name="stability", ids=r"stability\.(sd3|stable)-[a-z0-9-]+-v\d+:\d+", media=media.stability)
