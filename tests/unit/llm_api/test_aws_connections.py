"""Connections: whom they trust, through whom they go, and what is sent on one that may be gone."""

import hashlib
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import proxy_bypass_environment

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st
from llm_api.aws import BadHeader, BrokenOff, Insecure, NotSent, TimedOut, connections
from llm_api.aws.connections import Address, Host, parse_url, request_head
from llm_api.aws.proxies import bypasses, proxy_for
from llm_api.aws.trust import ROOTS, Trust

from local_aws.tls import Certificates, create_certificates
from tests.unit.llm_api.model_wire import HANGS_SECONDS

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"

PUBLISHED = {
    "fbe3018031f9586bcbf41727e417b7d1c45c2f47f93be372a17b96b50757d5a2",
    "7f4296fc5b6a4e3b35d3c369623e364ab1af381d8fa7121533c9d6c633ea2461",
    "36abc32656acfc645c61b71613c4bf21c787f5cabbee48348d58597803d7abc9",
    "f7ecded5c66047d28ed6466b543c40e0743abe81d109254dcf845d4c2c7853c5",
    "2b071c59a0a0ae76b0eadb2bad23bad4580b69c3601b630c2eaf0613afa83f92",
}
"""SHA-256 of the public keys of Amazon Root CA 1 to 4 and Starfield Services Root CA G2, as that page has them:
https://www.amazontrust.com/repository/"""


class Server:
    """Takes connections, and does with each what it is told to."""

    def __init__(self, act: Callable[[socket.socket], None], context: ssl.SSLContext | None = None) -> None:
        self.connections = 0
        self._act, self._context = act, context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                taken, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._one, args=(taken,), daemon=True).start()

    def _one(self, taken: socket.socket) -> None:
        try:
            with self._context.wrap_socket(taken, server_side=True) if self._context else taken as ready:
                self._act(ready)
        except OSError:
            pass

    def close(self) -> None:
        self._listening.close()


Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    made: list[Server] = []

    def start(act: Callable[[socket.socket], None], context: ssl.SSLContext | None = None) -> Server:
        made.append(Server(act, context))
        return made[-1]

    yield start
    for server in made:
        server.close()


def read_request(taken: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        more = taken.recv(65536)
        if not more:
            return b""
        data += more
    return data


def answering(taken: socket.socket) -> None:
    while read_request(taken):
        taken.sendall(ANSWER)


def get(host: Host, body: bytes = b"", seconds: float = 5.0) -> bytes:
    until = time.monotonic() + seconds
    answer = host.ask(request_head("POST", "/", {"host": host.address.authority}), body, until)
    try:
        answer.head(until)
        return answer.read(until)
    finally:
        answer.close()


def plain(server: Server) -> Host:
    return Host(Address("http", "127.0.0.1", server.port))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority that is none of Amazon's, and a server's certificate by it."""
    return create_certificates(tmp_path_factory.mktemp("tls"))


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # Starfield's is 0
def test_the_roots_are_amazon_trust_services_own() -> None:
    # GIVEN the file in the package, as TLS reads it
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=ROOTS)
    # THEN it holds the five that are published, and nothing else
    found = [x509.load_der_x509_certificate(one) for one in context.get_ca_certs(binary_form=True)]
    keys = [
        one.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        for one in found
    ]
    assert len(keys) == 5
    assert {hashlib.sha256(key).hexdigest() for key in keys} == PUBLISHED


def test_a_foreign_authority_that_the_system_trusts_is_trusted_and_told_once(
    serve: Serve, certificates: Certificates, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # GIVEN a host by an authority that is in the system's store alone
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca_file))
    server = serve(answering, certificates.server_context())
    trust = Trust({})
    # WHEN it is asked, and another
    for _ in range(2):
        assert get(Host(Address("https", "localhost", server.port), trust)) == b"{}"
    # THEN the first was tried with the five roots before, and the log says so once
    assert server.connections == 3
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["host"] for line in lines] == ["localhost"]


def test_a_stranger_gets_nothing(serve: Serve, certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a host whose authority nobody trusts
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")
    received: list[bytes] = []
    server = serve(lambda taken: received.append(read_request(taken)), certificates.server_context())
    # WHEN it is asked THEN it is refused, and nothing was sent
    for _ in range(2):
        with pytest.raises(Insecure):
            get(Host(Address("https", "localhost", server.port), Trust({})), b"a prompt")
    assert received == []


def test_a_bundle_is_taken_at_its_word(
    serve: Serve, certificates: Certificates, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # GIVEN a system that trusts the host's authority
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca_file))
    server = serve(answering, certificates.server_context())
    host = Address("https", "localhost", server.port)
    # WHEN AWS_CA_BUNDLE names that authority, THEN it is asked at once
    assert get(Host(host, Trust({"AWS_CA_BUNDLE": str(certificates.ca_file)}))) == b"{}"
    assert server.connections == 1
    # AND where it names others, the system's word doesn't count
    with pytest.raises(Insecure):
        get(Host(host, Trust({"AWS_CA_BUNDLE": ROOTS})))


def test_a_certificate_for_another_name_is_refused(
    serve: Serve, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a trusted certificate for localhost, and a name that leads there
    server = serve(answering, certificates.server_context())
    real = socket.getaddrinfo
    monkeypatch.setattr(
        connections.socket, "getaddrinfo", lambda host, port, **options: real("127.0.0.1", port, **options)
    )
    # WHEN the host is called by it THEN it is not trusted
    trust = Trust({"AWS_CA_BUNDLE": str(certificates.ca_file)})
    with pytest.raises(Insecure):
        get(Host(Address("https", "bedrock-runtime.us-east-1.amazonaws.com", server.port), trust))


def test_a_host_without_tls_is_no_crash(serve: Serve) -> None:
    server = serve(lambda taken: taken.sendall(ANSWER))
    with pytest.raises(Insecure):
        get(Host(Address("https", "127.0.0.1", server.port), Trust({})))


def test_a_connection_is_used_again(serve: Serve) -> None:
    server = serve(answering)
    host = plain(server)
    assert [get(host), get(host), get(host)] == [b"{}"] * 3
    assert server.connections == 1


def test_a_connection_that_was_given_up_is_replaced(serve: Serve) -> None:
    # GIVEN a host that hangs up after each answer without a word
    def once(taken: socket.socket) -> None:
        read_request(taken)
        taken.sendall(ANSWER)

    server = serve(once)
    host = plain(server)
    # WHEN it is asked again THEN nothing is lost
    for _ in range(3):
        assert get(host) == b"{}"
        time.sleep(0.05)
    assert server.connections == 3


def test_a_request_that_was_sent_is_never_sent_again(serve: Serve) -> None:
    # GIVEN a host that takes the second request of a connection, and hangs up
    received: list[bytes] = []

    def act(taken: socket.socket) -> None:
        received.append(read_request(taken))
        taken.sendall(ANSWER)
        received.append(read_request(taken))

    server = serve(act)
    host = plain(server)
    get(host)
    # WHEN it is asked THEN that is told as broken off, and nobody was asked a third time
    with pytest.raises(BrokenOff):
        get(host)
    assert len([one for one in received if one]) == 2
    assert server.connections == 1


@pytest.mark.parametrize("idle", ["monotonic", "time"])
def test_a_connection_is_given_up_by_either_clock(serve: Serve, monkeypatch: pytest.MonkeyPatch, idle: str) -> None:
    # GIVEN a sandbox that was frozen, so that one of its clocks stood still
    server = serve(answering)
    host = plain(server)
    get(host)
    real = getattr(time, idle)
    monkeypatch.setattr(connections.time, idle, lambda: real() + connections.IDLE_SECONDS + 1)
    # WHEN it is thawed THEN a new connection is made
    until = connections.time.monotonic() + 5
    answer = host.ask(request_head("POST", "/", {"host": "x"}), b"", until)
    answer.head(until)
    assert answer.read(until) == b"{}"
    assert server.connections == 2


def test_who_refuses_a_large_body_before_its_end_is_heard(serve: Serve) -> None:
    # GIVEN a host that answers at the head of a request, and reads no further
    def act(taken: socket.socket) -> None:
        read_request(taken)
        taken.sendall(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        taken.shutdown(socket.SHUT_WR)
        time.sleep(0.2)

    host = plain(serve(act))
    until = time.monotonic() + 5
    answer = host.ask(request_head("POST", "/", {"host": "x"}), b"x" * 50_000, until)
    answer.head(until)
    # THEN the answer counts
    assert answer.status == 413
    answer.close()


def test_who_never_reads_is_given_up_by_the_deadline(serve: Serve) -> None:
    # GIVEN a host that reads nothing of a body larger than all buffers
    over = threading.Event()
    host = plain(serve(lambda taken: over.wait(2 * HANGS_SECONDS) and None))
    started = time.monotonic()
    # WHEN THEN
    with pytest.raises(TimedOut):
        get(host, b"x" * 50_000_000, seconds=0.3)
    assert time.monotonic() - started < HANGS_SECONDS
    over.set()


def test_a_host_that_does_not_take_connections_is_given_up() -> None:
    # GIVEN a queue of connections that is full
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = listening.getsockname()
        waiting = [socket.socket() for _ in range(8)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        host = Host(Address("http", "127.0.0.1", address[1]), connect_seconds=0.3)
        # WHEN it is asked THEN nothing was sent, so it may be asked again
        with pytest.raises(NotSent):
            get(host)
        # AND where the deadline comes before that, it is the deadline
        with pytest.raises(TimedOut):
            get(host, seconds=0.1)
        for one in waiting:
            one.close()


def test_an_address_where_nobody_answers_is_not_the_hosts_end(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a name with three addresses: one that refuses, one that is silent, one that answers
    server = serve(answering)
    with socket.socket() as listening, socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        waiting = [socket.socket() for _ in range(8)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
        ports = [unused.getsockname()[1], listening.getsockname()[1], server.port]
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]
        monkeypatch.setattr(connections.socket, "getaddrinfo", lambda *_, **__: list(found))
        # WHEN it is asked THEN the third answers
        assert get(Host(Address("http", "bedrock.test", 80), connect_seconds=1)) == b"{}"
        for one in waiting:
            one.close()


def test_an_address_of_a_kind_that_the_system_lacks_is_passed_over(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a name with an address of a kind for which there are no sockets, before one that answers
    server = serve(answering)
    found = [(family, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port)) for family in (9999, socket.AF_INET)]
    monkeypatch.setattr(connections.socket, "getaddrinfo", lambda *_, **__: list(found))
    # WHEN THEN
    assert get(Host(Address("http", "bedrock.test", 80))) == b"{}"


def test_names_that_nobody_knows_are_not_sent_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(connections.socket, "getaddrinfo", unknown)
    with pytest.raises(NotSent):
        get(Host(Address("http", "bedrock.invalid", 80)))


def test_a_resolver_that_hangs_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(connections.socket, "getaddrinfo", lambda *_, **__: over.wait(2 * HANGS_SECONDS))
    started = time.monotonic()
    with pytest.raises(TimedOut):
        get(Host(Address("http", "bedrock.invalid", 80)), seconds=0.2)
    assert time.monotonic() - started < HANGS_SECONDS
    over.set()


@pytest.mark.parametrize("value", ["a\r\nx-admin: 1", "a\nb", "a\rb", "a\0", "ä", "\x7f", "a\u2028b"])
def test_a_header_that_would_become_two_is_not_sent(value: str) -> None:
    with pytest.raises(BadHeader):
        request_head("POST", "/", {"content-type": value})
    with pytest.raises(BadHeader):
        request_head("POST", f"/{value}", {})
    with pytest.raises(BadHeader):
        request_head("POST", "/ HTTP/1.1", {})


def test_a_connection_that_breaks_before_tls_may_be_made_again(serve: Serve) -> None:
    def reset(taken: socket.socket) -> None:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with pytest.raises(NotSent) as failed:
        get(Host(Address("https", "127.0.0.1", serve(reset).port), Trust({})))
    assert not isinstance(failed.value, BadHeader)


def test_bodies_of_all_sizes_arrive_whole(serve: Serve, certificates: Certificates) -> None:
    # GIVEN a host that tells the hash of what it got
    def act(taken: socket.socket) -> None:
        while True:
            data = read_request(taken)
            if not data:
                return
            head, _, body = data.partition(b"\r\n\r\n")
            length = int(head.rpartition(b": ")[2])
            while len(body) < length:
                body += taken.recv(65536)
            digest = hashlib.sha256(body).hexdigest().encode()
            taken.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 64\r\n\r\n" + digest)

    server = serve(act, certificates.server_context())
    trust = Trust({"AWS_CA_BUNDLE": str(certificates.ca_file)})
    host = Host(Address("https", "localhost", server.port), trust)
    for size in (0, 1, 16_000, 16_384, 70_000, 262_144, 3_000_000):
        # WHEN a body is sent, on one connection
        body = b"x" * size
        until = time.monotonic() + 10
        answer = host.ask(request_head("POST", "/", {"host": "localhost", "content-length": str(size)}), body, until)
        answer.head(until)
        # THEN it is what arrived
        assert answer.read(until) == hashlib.sha256(body).hexdigest().encode()
    assert server.connections == 1


class Tunnel:
    """A proxy that connects to one server, and remembers what it was told."""

    def __init__(self, port: int, status: bytes = b"200 Connection established") -> None:
        self.heads: list[bytes] = []
        self._port, self._status = port, status

    def __call__(self, taken: socket.socket) -> None:
        self.heads.append(read_request(taken))
        taken.sendall(b"HTTP/1.1 " + self._status + b"\r\nvia: x\r\n\r\n")
        if not self._status.startswith(b"200"):
            return
        with socket.create_connection(("127.0.0.1", self._port)) as onward:
            back = threading.Thread(target=pass_on, args=(onward, taken), daemon=True)
            back.start()
            pass_on(taken, onward)


def pass_on(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def test_a_proxy_is_gone_through_and_sees_a_name_alone(serve: Serve, certificates: Certificates) -> None:
    # GIVEN a proxy that wants a password
    server = serve(answering, certificates.server_context())
    tunnel = Tunnel(server.port)
    proxy = serve(tunnel)
    address = Address("https", "localhost", server.port)
    through = proxy_for(address, {"HTTPS_PROXY": f"http://user:p%40ss@127.0.0.1:{proxy.port}"})
    host = Host(address, Trust({"AWS_CA_BUNDLE": str(certificates.ca_file)}), proxy=through)
    # WHEN the host is asked twice
    assert [get(host, b"a prompt"), get(host)] == [b"{}", b"{}"]
    # THEN one tunnel was made, with the password, and the rest is for the host's eyes
    (head,) = tunnel.heads
    assert head.startswith(f"CONNECT localhost:{server.port} HTTP/1.1\r\n".encode())
    assert b"proxy-authorization: Basic dXNlcjpwQHNz" in head


def test_a_proxy_that_refuses_is_told_as_not_sent(serve: Serve) -> None:
    proxy = serve(Tunnel(1, b"407 Proxy Authentication Required"))
    address = Address("https", "localhost", 443)
    through = proxy_for(address, {"https_proxy": f"http://127.0.0.1:{proxy.port}"})
    with pytest.raises(NotSent, match="407"):
        get(Host(address, Trust({}), proxy=through))


@pytest.mark.parametrize("url", ["http://user:S3CR3T://x@host:1", "user:S3CR3T://x@host:1", "http://u:S3CR3T@a b"])
def test_a_proxy_that_cannot_be_used_is_told_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="HTTPS_PROXY") as failed:
        proxy_for(Address("https", "localhost", 443), {"HTTPS_PROXY": url})
    assert "S3CR3T" not in str(failed.value)


hosts = st.sampled_from(["bedrock.us-east-1.amazonaws.com", "amazonaws.com", "10.0.0.1", "localhost", "xamazonaws.com"])
exceptions = st.lists(
    st.sampled_from(
        ["*", "", " ", "amazonaws.com", ".amazonaws.com", "AMAZONAWS.COM", "10.0.0.1", "localhost:443", "x", ".", "com"]
    ),
    max_size=4,
).map(",".join)


@given(hosts, exceptions)
def test_no_proxy_is_what_python_takes_it_for(host: str, listed: str) -> None:
    # GIVEN any list of exceptions THEN it has a host if the standard library says so
    theirs = proxy_bypass_environment(f"{host}:443", {"no": listed})
    assert bypasses(Address("https", host, 443), listed) == bool(theirs)


def test_addresses_are_read_with_their_ports() -> None:
    assert parse_url("https://[::1]", "X").authority == "[::1]"
    assert parse_url("http://a:80/", "X").authority == "a"
    assert parse_url("https://a:80", "X").authority == "a:80"
