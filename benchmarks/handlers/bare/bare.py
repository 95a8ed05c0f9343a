"""InvokeModel without botocore: signed by hand, over the standard library's HTTP. What going around botocore would win.

No credentials but the environment's, no proxies, no retries, no event streams: a measure, not a proposal.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import http.client
import os
import ssl
import time
from urllib.parse import quote, urlsplit

MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
REGION = os.environ["AWS_REGION"]
HOST = urlsplit(os.environ.get("AWS_ENDPOINT_URL", f"https://bedrock-runtime.{REGION}.amazonaws.com")).netloc

connection = http.client.HTTPSConnection(
    HOST, context=ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
)


def handler(event, context):
    """Ask the model and return its whole answer."""
    body = event["body"].encode()
    path = f"/model/{quote(MODEL, safe='')}/invoke"
    connection.request("POST", path, body, signed(path, body))
    answer = connection.getresponse()
    return {
        "statusCode": answer.status,
        "headers": {"content-type": "application/json"},
        "body": answer.read().decode(),
    }


def signed(path, body):
    """The request's headers, the signature among them."""
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = {
        "content-type": "application/json",
        "host": HOST,
        "x-amz-date": now,
        "x-amz-security-token": os.environ["AWS_SESSION_TOKEN"],
    }
    names = ";".join(headers)
    canonical = "".join(f"{name}:{value}\n" for name, value in headers.items())
    digest = hashlib.sha256(body).hexdigest()
    request = "\n".join(["POST", quote(path), "", canonical, names, digest])
    scope = f"{now[:8]}/{REGION}/bedrock/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return headers
