"""API Gateway's data plane on this machine: serves what Terraform imported, refusals and limits included."""

from local_aws.gateway.app import LOCAL_PREFIX, Gateway
from local_aws.gateway.errors import NotEmulated
from local_aws.gateway.limits import Limits
from local_aws.gateway.server import GatewayRequestHandler, GatewayServer
from local_aws.gateway.serving import StreamCut

__all__ = ["LOCAL_PREFIX", "Gateway", "GatewayRequestHandler", "GatewayServer", "Limits", "NotEmulated", "StreamCut"]
