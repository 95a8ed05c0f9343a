"""Embeddings over Titan and Cohere."""

import base64
import json
import struct

import pytest
from llm_api.dialects import Answer
from llm_api.dialects.openai.embeddings import Embeddings
from llm_api.dialects.openai.fields import InvalidField
from llm_api.errors import BadRequest, UpstreamFault
from llm_api.registry import Target

from tests.unit.llm_api.dialect_support import CLAUDE, EMBED, post

TITAN_G1 = Target("g1", "amazon.titan-embed-text-v1", "titan-embed")
TITAN_IMAGE = Target("image", "amazon.titan-embed-image-v1", "titan-embed")
COHERE_3 = Target("c3", "cohere.embed-multilingual-v3", "cohere-embed")
COHERE_4 = Target("c4", "us.cohere.embed-v4:0", "cohere-embed", base_id="cohere.embed-v4:0")


def embeddings(input="Hello", **fields):
    return Embeddings.parse(post("/v1/embeddings", {"model": "m", "input": input, **fields}))


def bodies(call, target):
    return [json.loads(payload.body) for payload in call.payloads(target)]


def answer(body, **headers):
    return Answer(json.dumps(body).encode(), headers=headers)


def rendered(call, target, *answers):
    return json.loads(call.render(target, answers).body)


@pytest.mark.parametrize(
    ("target", "fields", "expected"),
    [
        (EMBED, {}, {"inputText": "Hello"}),
        (EMBED, {"dimensions": 256}, {"inputText": "Hello", "dimensions": 256}),
        (TITAN_G1, {}, {"inputText": "Hello"}),
        (TITAN_IMAGE, {"dimensions": 384}, {"inputText": "Hello", "embeddingConfig": {"outputEmbeddingLength": 384}}),
        (COHERE_3, {}, {"texts": ["Hello"], "input_type": "search_document"}),
        (COHERE_3, {"input_type": "search_query"}, {"texts": ["Hello"], "input_type": "search_query"}),
        (
            COHERE_4,
            {"dimensions": 1536},
            {"texts": ["Hello"], "input_type": "search_document", "output_dimension": 1536},
        ),
    ],
)
def test_each_family_gets_its_own_body(target, fields, expected):
    # GIVEN / WHEN / THEN
    assert bodies(embeddings(**fields), target) == [expected]


def test_titan_takes_one_text_a_request():
    # GIVEN two texts
    # WHEN / THEN
    assert bodies(embeddings(["a", "b"]), EMBED) == [{"inputText": "a"}, {"inputText": "b"}]


def test_cohere_takes_96_texts_a_request():
    # GIVEN 100 texts
    found = bodies(embeddings([str(number) for number in range(100)]), COHERE_3)

    # WHEN / THEN
    assert [len(body["texts"]) for body in found] == [96, 4]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"input": []}, "not empty"),
        ({"input": [1, 2, 3]}, "token numbers"),
        ({"input": [[1, 2]]}, "check_embedding_ctx_length=False"),
        ({"input": 5}, "string"),
        ({"input": ["a", " "]}, "blank"),
        ({"input": ["a"] * 2049}, "at most 2048"),
        ({"encoding_format": "hex"}, "float or base64"),
        ({"dimensions": 0}, "at least 1"),
        ({"input_type": "poem"}, "one of search_document"),
        ({"colour": "red"}, "not a field"),
    ],
)
def test_what_is_no_embeddings_request_is_refused(fields, says):
    # GIVEN / WHEN / THEN
    with pytest.raises(InvalidField, match=says):
        embeddings(**fields)


@pytest.mark.parametrize(
    ("target", "fields", "says"),
    [
        (EMBED, {"dimensions": 300}, "256, 512, 1024"),
        (TITAN_G1, {"dimensions": 256}, "one size only"),
        (COHERE_3, {"dimensions": 256}, "one size only"),
        (COHERE_4, {"dimensions": 300}, "256, 512, 1024, 1536"),
        (EMBED, {"input_type": "clustering"}, "Cohere"),
        (CLAUDE, {}, "POST /v1/chat/completions"),
    ],
)
def test_what_a_model_cannot_do_is_refused(target, fields, says):
    # GIVEN / WHEN / THEN
    with pytest.raises(BadRequest, match=says):
        embeddings(**fields).payloads(target)


def test_titans_answers_are_put_in_order_and_their_tokens_summed():
    # GIVEN two answers
    call = embeddings(["a", "b"])
    answers = [answer({"embedding": [index, 0.5], "inputTextTokenCount": 3}) for index in (1, 2)]

    # WHEN / THEN
    assert rendered(call, EMBED, *answers) == {
        "object": "list",
        "data": [
            {"object": "embedding", "index": 0, "embedding": [1.0, 0.5]},
            {"object": "embedding", "index": 1, "embedding": [2.0, 0.5]},
        ],
        "model": "embed",
        "usage": {"prompt_tokens": 6, "total_tokens": 6},
    }


@pytest.mark.parametrize("found", [[[0.5]], {"float": [[0.5]]}])
def test_cohere_answers_in_two_shapes_and_counts_in_a_header(found):
    # GIVEN / WHEN
    body = rendered(embeddings(), COHERE_4, answer({"embeddings": found}, **{"x-amzn-bedrock-input-token-count": "4"}))

    # THEN
    assert body["data"][0]["embedding"] == [0.5]
    assert body["usage"]["prompt_tokens"] == 4


def test_base64_is_little_endian_float32():
    # GIVEN the format that the SDK asks for by default
    body = rendered(embeddings(encoding_format="base64"), EMBED, answer({"embedding": [0.5, -2]}))

    # WHEN / THEN
    assert struct.unpack("<2f", base64.b64decode(body["data"][0]["embedding"])) == (0.5, -2.0)


@pytest.mark.parametrize(
    "body", [{}, [], {"embedding": None}, {"embedding": ["a"]}, {"embedding": [1e300]}, {"embedding": {}}]
)
def test_an_answer_without_an_embedding_is_the_upstreams_fault(body):
    # GIVEN an odd answer; an empty vector or one beyond float32 among them
    call = embeddings(encoding_format="base64")

    # WHEN / THEN
    with pytest.raises(UpstreamFault):
        call.render(EMBED, [answer(body)])


def test_what_a_guardrail_keeps_from_the_model_is_the_callers_to_change():
    # GIVEN a guardrail that intervened, which leaves no embedding
    refused = answer({"amazon-bedrock-guardrailAction": "INTERVENED", "inputTextTokenCount": 4.0})

    # WHEN / THEN
    with pytest.raises(InvalidField, match="refused by the guardrail") as refusal:
        embeddings().render(EMBED, [refused])
    assert refusal.value.status == 400


def test_a_missing_vector_is_the_upstreams_fault():
    # GIVEN two texts, one vector
    # WHEN / THEN
    with pytest.raises(UpstreamFault, match="another number"):
        embeddings(["a", "b"]).render(COHERE_3, [answer({"embeddings": [[0.5]]})])


def test_no_model_of_another_family_stands_in():
    # GIVEN vectors that only the same model can be compared with
    # WHEN / THEN
    assert embeddings().portable is False


def test_user_is_ignored_with_a_warning():
    # GIVEN / WHEN / THEN
    assert embeddings(user="u").warnings(EMBED) == ["user was ignored: Bedrock has no equivalent"]
