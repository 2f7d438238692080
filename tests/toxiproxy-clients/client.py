"""Everything that toxiproxy-python can do, against the API whose address is the first argument."""

import contextlib
import json
import socket
import sys
import threading
import time

from toxiproxy import Toxiproxy
from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists


def echo():
    server = socket.create_server(("127.0.0.1", 0))

    def talk(stream):
        # A reset ends it like anything else.
        with stream, contextlib.suppress(OSError):
            while data := stream.recv(4096):
                stream.sendall(data)

    def serve():
        while True:
            stream, _ = server.accept()
            threading.Thread(target=talk, args=(stream,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return "127.0.0.1:%d" % server.getsockname()[1]


def round_trip(address, size=10):
    """How long so many bytes take there and back, in s; raises where they don't come back."""
    host, port = address.split(":")
    started = time.monotonic()
    with socket.create_connection((host, int(port)), timeout=5) as stream:
        stream.sendall(b"x" * size)
        left = size
        while left:
            got = stream.recv(left)
            if not got:
                raise EOFError
            left -= len(got)
    return time.monotonic() - started


def raises(what, call, *args, **named):
    try:
        call(*args, **named)
    except what as error:
        return str(error)
    raise AssertionError("%s did not come" % (what,))


def main():
    host, port = sys.argv[1].split(":")
    server, upstream = Toxiproxy(), echo()
    server.update_api_consumer(host, int(port))
    assert server.running()
    assert "version" in json.loads(server.version())

    proxy = server.create(upstream=upstream, name="python")
    assert proxy.enabled and not proxy.listen.endswith(":0")
    assert round_trip(proxy.listen) < 0.3
    assert server.get_proxy("python").listen == proxy.listen
    assert server.get_proxy("nobody") is None
    assert list(server.proxies()) == ["python"]
    raises(ProxyExists, server.create, upstream=upstream, name="python")
    made = server.populate([{"name": "python", "listen": proxy.listen, "upstream": upstream},
                            {"name": "second", "listen": "127.0.0.1:0", "upstream": upstream}])
    assert [p.name for p in made] == ["second"]

    proxy.add_toxic(type="latency", attributes={"latency": 400})
    assert round_trip(proxy.listen) >= 0.399
    toxic = proxy.get_toxic("latency_downstream")
    assert (toxic.type, toxic.stream, toxic.toxicity) == ("latency", "downstream", 1.0)
    assert toxic.attributes == {"latency": 400, "jitter": 0}
    assert proxy.destroy_toxic("latency_downstream")
    assert proxy.get_toxic("latency_downstream") is None

    proxy.add_toxic(type="bandwidth", name="slow", stream="upstream", attributes={"rate": 10})
    assert round_trip(proxy.listen, 4000) >= 0.39
    proxy.add_toxic(type="slicer", attributes={"average_size": 10, "size_variation": 1, "delay": 10})
    proxy.add_toxic(type="slow_close", toxicity=0.5, attributes={"delay": 10})
    assert sorted(proxy.toxics()) == ["slicer_downstream", "slow", "slow_close_downstream"]
    assert proxy.get_toxic("slow_close_downstream").toxicity == 0.5
    assert server.reset()
    assert proxy.toxics() == {}
    for kind, attributes, end in [("timeout", {"timeout": 50}, EOFError), ("limit_data", {"bytes": 3}, EOFError),
                                  ("reset_peer", {"timeout": 20}, ConnectionResetError)]:
        proxy.add_toxic(type=kind, attributes=attributes)
        raises(end, round_trip, proxy.listen)
        proxy.destroy_toxic(kind + "_downstream")

    with proxy.down():
        raises(ConnectionRefusedError, round_trip, proxy.listen)
    round_trip(proxy.listen)
    assert proxy.disable() is None and not proxy.enabled
    assert not server.get_proxy("python").enabled
    proxy.enable()

    assert "invalid toxic type" in raises(InvalidToxic, proxy.add_toxic, type="magic")
    assert "stream was invalid" in raises(InvalidToxic, proxy.add_toxic, type="latency", stream="sideways")
    proxy.add_toxic(type="latency")
    assert "toxic already exists" in raises(ProxyExists, proxy.add_toxic, type="latency")
    assert "toxic not found" in raises(NotFound, proxy.destroy_toxic, "nothing")
    assert server.destroy(proxy)
    assert "proxy not found" in raises(NotFound, proxy.destroy)
    server.destroy_all()
    assert server.proxies() == {}
    print("toxiproxy-python: all calls work")


main()
