"""Models that answer with vectors, scores or images, as the real boto3 reads them."""

import base64
import json
from typing import Any

import pytest

from local_aws.faults import Faults
from local_aws.journal import Journal
from local_aws.models import ModelRequest, ModelRuntime
from local_aws.models.images import Picture, inspect


@pytest.mark.parametrize(
    ("model", "options", "size", "fields"),
    [
        ("amazon.titan-embed-text-v1", {}, 1536, {"embedding", "inputTextTokenCount"}),
        ("amazon.titan-embed-text-v2:0", {}, 1024, {"embedding", "embeddingsByType", "inputTextTokenCount"}),
        (
            "amazon.titan-embed-text-v2:0",
            {"dimensions": 256},
            256,
            {"embedding", "embeddingsByType", "inputTextTokenCount"},
        ),
    ],
)
def test_titan_embeds(model: str, options: dict[str, Any], size: int, fields: set[str], invoke: Any) -> None:
    # WHEN a text is embedded
    answer, headers = invoke(model, {"inputText": "a family car", **options})
    # THEN the vector has its size and length one, and only the input is counted
    assert set(answer) == fields
    assert len(answer["embedding"]) == size
    assert sum(value * value for value in answer["embedding"]) == pytest.approx(1, abs=1e-3)
    assert headers["x-amzn-bedrock-input-token-count"] == str(answer["inputTextTokenCount"])
    assert "x-amzn-bedrock-output-token-count" not in headers


def test_titan_embeds_in_binary_only(invoke: Any) -> None:
    # WHEN only the binary form is asked for
    answer, _ = invoke("amazon.titan-embed-text-v2:0", {"inputText": "car", "embeddingTypes": ["binary"]})
    # THEN the float vector is absent
    assert "embedding" not in answer
    assert set(answer["embeddingsByType"]["binary"]) <= {0, 1}


def test_titan_v1_refuses_dimensions(invoke: Any, bedrock: Any) -> None:
    # WHEN version 1 is asked for dimensions THEN it refuses the key
    with pytest.raises(bedrock.exceptions.ValidationException, match=r"extraneous key \[dimensions\]"):
        invoke("amazon.titan-embed-text-v1", {"inputText": "car", "dimensions": 256})


def test_similar_texts_have_similar_vectors(invoke: Any) -> None:
    # GIVEN three texts, two of which share words
    texts = ["red family car", "blue family car", "quarterly tax report"]
    # WHEN they are embedded
    vectors = [invoke("amazon.titan-embed-text-v2:0", {"inputText": text})[0]["embedding"] for text in texts]
    # THEN these two are closer
    near, far = (sum(a * b for a, b in zip(vectors[0], other, strict=True)) for other in vectors[1:])
    assert near > far + 0.3


def test_cohere_embeds_by_type_and_as_a_list(invoke: Any) -> None:
    # WHEN Cohere embeds with and without types
    body = {"input_type": "search_document", "texts": ["one", "two"]}
    plain, headers = invoke("cohere.embed-english-v3", body)
    typed, _ = invoke("cohere.embed-v4:0", {**body, "embedding_types": ["float", "ubinary"], "output_dimension": 256})
    # THEN the answer is a list or a map, and the tokens stand in the header alone
    assert plain["response_type"] == "embeddings_floats"
    assert [len(vector) for vector in plain["embeddings"]] == [1024, 1024]
    assert {kind: len(vectors[0]) for kind, vectors in typed["embeddings"].items()} == {"float": 256, "ubinary": 32}
    assert int(headers["x-amzn-bedrock-input-token-count"]) > 0


def test_rerank_puts_the_fitting_document_first(invoke: Any) -> None:
    # WHEN documents are ranked
    body = {"query": "family car", "documents": ["tax report", "a family car"], "api_version": 2}
    answer, headers = invoke("cohere.rerank-v3-5:0", body)
    # THEN the fitting one comes first, and no tokens are counted
    assert [result["index"] for result in answer["results"]] == [1, 0]
    assert "x-amzn-bedrock-input-token-count" not in headers


def test_stability_paints_in_the_aspect_asked_for(invoke: Any) -> None:
    # WHEN a picture is asked for
    answer, _ = invoke("stability.stable-image-core-v1:1", {"prompt": "a car", "aspect_ratio": "16:9"})
    # THEN it is a real PNG of that shape
    picture = inspect(base64.b64decode(answer["images"][0]))
    assert picture is not None
    assert (picture.format, picture.width, picture.height) == ("png", 1344, 768)
    assert answer["finish_reasons"] == [None]


@pytest.mark.parametrize("model", ["amazon.titan-image-generator-v2:0", "amazon.nova-canvas-v1:0"])
def test_amazon_paints_through_provisioned_throughput(model: str) -> None:
    # GIVEN throughput that stands for a model of Amazon's, in a world where none has ended
    arn = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghij12"
    runtime = ModelRuntime(Faults(), Journal(), ended=frozenset())
    runtime.declare(arn, model)
    config = {"width": 512, "height": 320, "numberOfImages": 2}
    body = {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "a car"}, "imageGenerationConfig": config}
    # WHEN two pictures are asked for
    response = runtime.respond(ModelRequest("us-east-1", arn, "invoke", {}, json.dumps(body).encode()))
    # THEN they come in the size asked for
    assert isinstance(response.body, bytes)
    answer = json.loads(response.body)
    pictures = [inspect(base64.b64decode(image)) for image in answer["images"]]
    assert pictures == [Picture("png", 512, 320)] * 2
    assert answer["error"] is None


def test_premium_is_as_large_as_a_photograph() -> None:
    # GIVEN throughput that stands for a model of Amazon's
    arn = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghij12"
    body = {
        "taskType": "TEXT_IMAGE",
        "textToImageParams": {"text": "a car"},
        "imageGenerationConfig": {"quality": "premium", "width": 512, "height": 512},
    }
    # WHEN a fine picture is asked for
    response = ModelRuntime(Faults(), Journal()).respond(
        ModelRequest("us-east-1", arn, "invoke", {}, json.dumps(body).encode())
    )
    # THEN its file is too
    assert isinstance(response.body, bytes)
    picture = base64.b64decode(json.loads(response.body)["images"][0])
    assert inspect(picture) == Picture("png", 512, 512)
    assert len(picture) > 512 * 512 * 3


@pytest.mark.parametrize(
    ("model", "body", "message"),
    [
        ("stability.stable-image-core-v1:1", {"prompt": "the forbidden-topic"}, None),
        (
            "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghij12",
            {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "the forbidden-topic"}},
            "blocked by our content filters",
        ),
    ],
)
def test_a_filter_answers_in_the_familys_own_way(model: str, body: dict[str, Any], message: str | None) -> None:
    # WHEN a picture of what is forbidden is asked for
    response = ModelRuntime(Faults(), Journal()).respond(
        ModelRequest("us-east-1", model, "invoke", {}, json.dumps(body).encode())
    )
    # THEN there is none, and the family says why
    assert isinstance(response.body, bytes)
    answer = json.loads(response.body)
    if message is None:
        assert (response.status, answer) == (200, {"finish_reasons": ["Filter reason: prompt"]})
    else:
        assert response.status == 400
        assert message in answer["message"]


@pytest.mark.parametrize("model", ["amazon.titan-embed-text-v1", "stability.stable-image-core-v1:1"])
def test_what_has_no_stream_refuses_one(model: str, chunks: Any, bedrock: Any) -> None:
    # WHEN a stream is asked of a model that has none THEN it refuses
    with pytest.raises(bedrock.exceptions.ValidationException, match="unsupported for streaming"):
        chunks(model, {"inputText": "x"})
