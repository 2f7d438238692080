"""paho through every feature of MQTT 5.0 that it speaks, and the basics of 3.1.1 and 3.1, against the reference broker.

Arguments: NAME=VALUE, the ports of the brokers that `run` starts (plain, ws, tls, offers, tells, users) and ca, a file. A line a
feature, and at the end how many of each kind; ends with 1 where one fails. No thread: what is not pumped here stands still, so that a
client that holds its answers back is one that is left alone.
"""

import os
import re
import socket
import struct
import sys
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

PATIENCE = float(os.environ.get("PATIENCE", "10"))
at = dict(pair.split("=", 1) for pair in sys.argv[1:])

# Name and function, or name and why paho does not speak it.
FEATURES, NOT_SPOKEN = [], []


def feature(name):
    return lambda function: FEATURES.append((name, function))


def not_spoken(name, why):
    NOT_SPOKEN.append((name, why))


def expect(wanted, got, what):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r} where {wanted!r} is due")


def props(kind, **items):
    """Properties of a packet of this kind; None where there are none."""
    if not items:
        return None
    made = Properties(kind)
    for name, value in items.items():
        setattr(made, name, value)
    return made


class Bench:
    """All that one feature needs: its topics, its clients."""

    def __init__(self, number):
        self.number, self.peers = number, []
        self.topic = f"py/{number}/a"

    def peer(self, name, **options):
        return self.named(f"py-{self.number}-{name}" if name else "", **options)

    def named(self, client_id, **options):
        made = Peer(self, client_id, **options)
        self.peers.append(made)
        return made

    def up(self, name, **options):
        """A client that is let in."""
        return self.peer(name, **options).open()

    def pump(self, *but):
        for peer in self.peers:
            if peer not in but and peer.client.socket() is not None:
                peer.client.loop(0.0)
        time.sleep(0.002)

    def until(self, what, is_so, *but):
        """Waits until it is so; clients named behind it stand still meanwhile."""
        end = time.monotonic() + PATIENCE
        while not is_so():
            if time.monotonic() > end:
                raise AssertionError(f"{what}: not within {PATIENCE:g} s")
            self.pump(*but)

    def wait(self, seconds, *but):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.pump(*but)

    def close(self):
        for peer in self.peers:
            if peer.client.socket() is not None:
                peer.client.disconnect()


class Peer:
    def __init__(self, bench, client_id, port="plain", version=5, clean=True, keepalive=60, manual=False, user=None,
                 will=None, transport="tcp", ca=None, **connect):
        self.bench, self.port, self.version, self.clean, self.keepalive = bench, int(at[port]), version, clean, keepalive
        self.connect = connect
        self.inbox, self.log, self.connacks, self.gone = [], [], [], None
        self.acks, self.subacks, self.unsubacks = {}, {}, {}
        protocol = {5: mqtt.MQTTv5, 4: mqtt.MQTTv311, 3: mqtt.MQTTv31}[version]
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id, protocol=protocol, transport=transport,
            clean_session=None if version == 5 else clean, manual_ack=manual, reconnect_on_failure=False,
        )
        if ca:
            self.client.tls_set(ca_certs=ca)
        if user:
            self.client.username_pw_set(*user)
        if will:
            self.will(**will)
        self.client.on_message = lambda c, d, message: self.inbox.append(message)
        self.client.on_connect = lambda c, d, *connack: self.connacks.append(connack)
        self.client.on_disconnect = lambda c, d, flags, code, told: self.leave(flags, code, told)
        self.client.on_publish = lambda c, d, mid, code, told: self.acks.__setitem__(mid, (code, told))
        self.client.on_subscribe = lambda c, d, mid, codes, told: self.subacks.__setitem__(mid, (codes, told))
        self.client.on_unsubscribe = lambda c, d, mid, codes, told: self.unsubacks.__setitem__(mid, (codes, told))
        self.client.on_log = lambda c, d, level, line: self.log.append(line)

    def leave(self, flags, code, told):
        # The first is the server's word; what the closed socket adds says nothing.
        self.gone = self.gone or (flags.is_disconnect_packet_from_server, code.value, told)

    def will(self, topic, payload, qos=1, retain=False, **items):
        self.client.will_set(topic, payload, qos, retain, props(PacketTypes.WILLMESSAGE, **items))

    def start(self, **connect):
        """Sends CONNECT; over an open connection it first closes that without a word."""
        self.connect = {**self.connect, **connect}
        self.connacks, self.gone = [], None
        kept = {}
        if self.version == 5:
            kept = {"clean_start": self.clean, "properties": props(PacketTypes.CONNECT, **self.connect)}
        self.client.connect("127.0.0.1", self.port, keepalive=self.keepalive, **kept)

    def open(self, **connect):
        self.start(**connect)
        self.bench.until("CONNACK", lambda: self.connacks)
        expect(0, self.code(), "code of CONNACK")
        return self

    def back(self, **connect):
        """Comes back to its session."""
        self.clean = False
        return self.open(**connect)

    def refused(self):
        self.start()
        self.bench.until("CONNACK that refuses", lambda: self.connacks or self.gone)
        return self.code()

    def code(self):
        return self.connacks[0][1].value if self.connacks else None

    def present(self):
        return self.connacks[0][0].session_present

    def told(self, name):
        return getattr(self.connacks[0][2], name, None)

    def subscribe(self, filters, qos=0, identifier=None, **options):
        """The codes of SUBACK."""
        told = props(PacketTypes.SUBSCRIBE, SubscriptionIdentifier=identifier) if identifier else None
        if self.version == 5:
            filters = filters if isinstance(filters, list) else [(filters, qos)]
            filters = [(name, SubscribeOptions(qos=each, **options)) for name, each in filters]
            _, mid = self.client.subscribe(filters, properties=told)
        else:
            _, mid = self.client.subscribe(filters, qos) if isinstance(filters, str) else self.client.subscribe(filters)
        self.bench.until("SUBACK", lambda: mid in self.subacks)
        self.suback = self.subacks[mid]
        return [code.value for code in self.suback[0]]

    def unsubscribe(self, filters):
        _, mid = self.client.unsubscribe(filters)
        self.bench.until("UNSUBACK", lambda: mid in self.unsubacks)
        self.unsuback = self.unsubacks[mid]
        return [code.value for code in self.unsuback[0]]

    def send(self, topic, payload, qos=0, retain=False, **items):
        """Writes a PUBLISH and waits for nothing; its message identifier."""
        told = props(PacketTypes.PUBLISH, **items)
        return self.client.publish(topic, payload, qos, retain, told).mid

    def publish(self, topic, payload, qos=1, retain=False, **items):
        """Publishes and waits until it is acknowledged; the code."""
        mid = self.send(topic, payload, qos, retain, **items)
        self.bench.until("acknowledgement of PUBLISH", lambda: mid in self.acks)
        self.ack = self.acks[mid]
        return self.ack[0].value

    def take(self, count=1):
        """The next messages."""
        self.bench.until(f"message {count}", lambda: len(self.inbox) >= count)
        taken, self.inbox = self.inbox[:count], self.inbox[count:]
        return taken[0] if count == 1 else taken

    def rest(self, publisher, topic):
        """All that comes before a message that is published now. At QoS 2, so that nothing of a higher QoS is behind it."""
        publisher.publish(topic, "marker", 2)
        self.bench.until("marker", lambda: any(m.payload == b"marker" for m in self.inbox))
        payloads = [m.payload.decode() for m in self.inbox]
        self.inbox = []
        return payloads[:payloads.index("marker")]

    def left(self):
        """How the server ended it: the code of its DISCONNECT, None where it only closed."""
        self.bench.until("end of the connection", lambda: self.gone)
        return self.gone[1] if self.gone[0] else None

    def cut(self):
        """Loses the connection without DISCONNECT."""
        self.client.socket().shutdown(socket.SHUT_RDWR)
        self.bench.until("end of the connection", lambda: self.gone)

    def reset(self):
        """Resets the connection."""
        self.client.socket().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.client.socket().close()

    def logged(self, text):
        return sum(text in line for line in self.log)


def carries(b, qos, version=5, **options):
    subscriber, publisher = b.up("s", version=version, **options), b.up("p", version=version, **options)
    expect([qos], subscriber.subscribe(b.topic, qos), "granted")
    publisher.publish(b.topic, "one", qos)
    got = subscriber.take()
    expect((b.topic, b"one", qos, False, False), (got.topic, got.payload, got.qos, got.retain, got.dup), "message")
    expect([], subscriber.rest(publisher, b.topic), "further messages")


# --- connections and sessions ----------------------------------------------------------------------------------------


@feature("CONNACK: one, with the limits of the server")
def _(b):
    c = b.up("c")
    b.wait(0.2)
    expect(1, len(c.connacks), "CONNACKs")
    expect((4194304, 10, False), (c.told("MaximumPacketSize"), c.told("TopicAliasMaximum"), c.present()), "told")


@feature("Assigned Client Identifier")
def _(b):
    first, second = (b.up("", SessionExpiryInterval=60) for _ in "ab")
    one, two = first.told("AssignedClientIdentifier"), second.told("AssignedClientIdentifier")
    expect(True, bool(one and two and one != two), f"identifiers {one!r} and {two!r} are there and differ")
    expect(None, b.up("named").told("AssignedClientIdentifier"), "told to a client with a name")
    first.client.disconnect()
    again = b.named(one, clean=False)
    expect(True, again.open().present(), "Session Present under the assigned identifier")


@feature("User Name and Password")
def _(b):
    b.up("in", port="users", user=("anna", "secret"))
    expect(0x86, b.peer("out", port="users", user=("anna", "wrong")).refused(), "code for a wrong password")
    expect(0x86, b.peer("none", port="users").refused(), "code for nobody")


@feature("Clean Start")
def _(b):
    c, publisher = b.up("c", SessionExpiryInterval=60), b.up("p")
    c.subscribe(b.topic, 1)
    c.open()
    expect(False, c.present(), "Session Present")
    publisher.publish(b.topic, "old")
    c.subscribe(b.topic + "/new", 1)
    expect([], c.rest(publisher, b.topic + "/new"), "messages of the old subscription")


@feature("Session Present and resume")
def _(b):
    c, publisher = b.up("c", SessionExpiryInterval=60), b.up("p")
    c.subscribe(b.topic, 1)
    for _ in range(3):
        c.client.disconnect()
        expect(True, c.back().present(), "Session Present")
    publisher.publish(b.topic, "one")
    expect(b"one", c.take().payload, "message")


@feature("Session Expiry Interval")
def _(b):
    c, none = b.up("c", SessionExpiryInterval=60), b.up("n")
    # The last CONNECT counts.
    c.back(SessionExpiryInterval=1)
    c.client.disconnect()
    none.client.disconnect()
    expect(False, none.back().present(), "Session Present without an interval")
    b.wait(1.6)
    expect(False, c.back(SessionExpiryInterval=30).present(), "Session Present after 1.6 s of 1 s")
    c.client.disconnect()
    b.wait(1.6)
    expect(True, c.back().present(), "Session Present after 1.6 s of 30 s")


@feature("Session Expiry Interval changed by DISCONNECT")
def _(b):
    c, d = b.up("c", SessionExpiryInterval=60), b.up("d", SessionExpiryInterval=1)
    c.client.disconnect(properties=props(PacketTypes.DISCONNECT, SessionExpiryInterval=0))
    d.client.disconnect(properties=props(PacketTypes.DISCONNECT, SessionExpiryInterval=60))
    b.wait(1.6)
    expect(False, c.back().present(), "Session Present after 0")
    expect(True, d.back().present(), "Session Present 1.6 s after 60")


@feature("Session Expiry Interval told by the server")
def _(b):
    expect(600, b.up("c", port="offers", SessionExpiryInterval=10000).told("SessionExpiryInterval"), "told")


@feature("messages queued for an absent client")
def _(b):
    c, publisher = b.up("c", SessionExpiryInterval=60), b.up("p")
    c.subscribe(b.topic, 2)
    c.client.disconnect()
    for n in range(20):
        publisher.publish(b.topic, f"{n}", 1 + n % 2)
    c.back()
    got = c.take(20)
    for parity in (0, 1):
        expect(list(range(parity, 20, 2)), [int(m.payload) for m in got if int(m.payload) % 2 == parity], "order")
    expect([1 + int(m.payload) % 2 for m in got], [m.qos for m in got], "QoS")
    expect([], c.rest(publisher, b.topic), "further messages")


@feature("resent to the client: PUBLISH with DUP, PUBREL")
def _(b):
    c, publisher = b.up("c", SessionExpiryInterval=60, manual=True), b.up("p")
    c.subscribe(b.topic, 2)
    publisher.publish(b.topic, "one", 1)
    publisher.publish(b.topic, "two", 2)
    first, second = c.take(2)
    c.back()
    again = c.take()
    expect((b"one", True, first.mid), (again.payload, again.dup, again.mid), "resent")
    b.until("PUBREL again", lambda: c.logged(f"Received PUBREL (Mid: {second.mid})") == 2)
    c.client.ack(first.mid, 1)
    c.client.ack(second.mid, 2)
    c.client.manual_ack_set(False)
    expect([], c.rest(publisher, b.topic), "further messages")


@feature("resent by the client: QoS 2 comes once")
def _(b):
    c, subscriber = b.up("c", SessionExpiryInterval=60), b.up("s")
    subscriber.subscribe(b.topic, 2)
    mid = c.send(b.topic, "one", 2)
    b.until("message", lambda: subscriber.inbox, c)
    c.back()
    b.until("PUBCOMP", lambda: mid in c.acks)
    expect(2, c.logged("Sending PUBLISH"), "times that PUBLISH is sent")
    expect(["one"], subscriber.rest(c, b.topic), "messages")


@feature("resent by the client: QoS 1 is acknowledged")
def _(b):
    c, subscriber = b.up("c", SessionExpiryInterval=60), b.up("s")
    subscriber.subscribe(b.topic, 1)
    mid = c.send(b.topic, "one", 1)
    b.until("message", lambda: subscriber.inbox, c)
    c.back()
    b.until("PUBACK", lambda: mid in c.acks)
    expect(2, c.logged("Sending PUBLISH"), "times that PUBLISH is sent")


@feature("takeover: DISCONNECT 0x8E")
def _(b):
    old = b.up("c", SessionExpiryInterval=60)
    new = b.up("c", clean=False)
    expect(True, new.present(), "Session Present")
    expect(0x8E, old.left(), "code")


@feature("PINGREQ and PINGRESP")
def _(b):
    c = b.up("c", keepalive=1)
    b.until("PINGRESP", lambda: c.logged("Received PINGRESP") >= 2 or c.gone)
    expect(None, c.gone, "end of the connection")


@feature("Keep Alive runs out: DISCONNECT 0x8D, and the will")
def _(b):
    watcher = b.up("w")
    watcher.subscribe(b.topic, 1)
    c = b.up("c", keepalive=1, will={"topic": b.topic, "payload": "will"})
    b.until("will", lambda: watcher.inbox, c)
    b.until("end of the connection", lambda: c.gone)
    # paho sends PINGREQ as it wakes, and reads what waits behind it.
    expect(0x8D, c.left(), "code")


@feature("Server Keep Alive")
def _(b):
    c = b.up("c", port="offers", keepalive=100)
    expect((30, 30), (c.told("ServerKeepAlive"), c.client.keepalive), "told, and obeyed by the client")


# --- what the server does not offer -----------------------------------------------------------------------------------


@feature("Maximum QoS")
def _(b):
    c = b.up("c", port="offers")
    expect(1, c.told("MaximumQoS"), "told")
    expect([1], c.subscribe(b.topic, 2), "granted")
    c.send(b.topic, "two", 2)
    expect(0x9B, c.left(), "code for QoS 2")


@feature("Retain Available")
def _(b):
    c = b.up("c", port="offers")
    expect(0, c.told("RetainAvailable"), "told")
    c.send(b.topic, "kept", 1, retain=True)
    expect(0x9A, c.left(), "code for RETAIN")


@feature("Wildcard Subscription Available")
def _(b):
    c = b.up("c", port="offers")
    expect(0, c.told("WildcardSubscriptionAvailable"), "told")
    c.client.subscribe(b.topic + "/#")
    expect(0xA2, c.left(), "code for a wildcard")


@feature("Subscription Identifiers Available")
def _(b):
    c = b.up("c", port="offers")
    expect(0, c.told("SubscriptionIdentifierAvailable"), "told")
    c.client.subscribe(b.topic, properties=props(PacketTypes.SUBSCRIBE, SubscriptionIdentifier=7))
    expect(0xA1, c.left(), "code for an identifier")


@feature("Shared Subscription Available")
def _(b):
    c = b.up("c", port="offers")
    expect(0, c.told("SharedSubscriptionAvailable"), "told")
    c.client.subscribe(f"$share/g/{b.topic}")
    expect(0x9E, c.left(), "code for a shared subscription")


# --- messages --------------------------------------------------------------------------------------------------------


@feature("QoS 0")
def _(b):
    carries(b, 0)


@feature("QoS 1")
def _(b):
    carries(b, 1)


@feature("QoS 2")
def _(b):
    carries(b, 2)


@feature("granted QoS bounds what is delivered")
def _(b):
    low, high, publisher = b.up("l"), b.up("h"), b.up("p")
    expect([1], low.subscribe(b.topic, 1), "granted")
    expect([2], high.subscribe(b.topic, 2), "granted")
    for qos in range(3):
        publisher.publish(b.topic, "x", qos)
    expect([0, 1, 1], sorted(m.qos for m in low.take(3)), "QoS at a grant of 1")
    expect([0, 1, 2], sorted(m.qos for m in high.take(3)), "QoS at a grant of 2")


@feature("payloads of no byte and of 300,000")
def _(b):
    c = b.up("c")
    c.subscribe(b.topic, 2)
    for payload in (b"", bytes(range(256)) * 1172):
        c.publish(b.topic, payload, 2)
        expect(True, c.take().payload == payload, f"a payload of {len(payload)} bytes comes as it was")


def forwarded(b, **items):
    """What of these properties a subscriber sees."""
    c = b.up("c")
    c.subscribe(b.topic, 1)
    c.publish(b.topic, "x", **items)
    seen = c.take().properties
    return {name: getattr(seen, name, None) for name in items}


@feature("User Properties in order")
def _(b):
    pairs = [("b", "1"), ("a", "2"), ("b", "0"), ("", ""), ("ü", "ß")]
    expect({"UserProperty": pairs}, forwarded(b, UserProperty=pairs), "seen")


@feature("Content Type")
def _(b):
    expect({"ContentType": "text/plain"}, forwarded(b, ContentType="text/plain"), "seen")


@feature("Response Topic")
def _(b):
    expect({"ResponseTopic": "to/me"}, forwarded(b, ResponseTopic="to/me"), "seen")


@feature("Correlation Data")
def _(b):
    data = bytes([1, 0, 255, 0])
    expect({"CorrelationData": data}, forwarded(b, CorrelationData=data), "seen")


@feature("Payload Format Indicator")
def _(b):
    expect({"PayloadFormatIndicator": 1}, forwarded(b, PayloadFormatIndicator=1), "seen")


@feature("Message Expiry Interval counted down")
def _(b):
    c, publisher = b.up("c", SessionExpiryInterval=60), b.up("p")
    c.subscribe(b.topic, 1)
    publisher.publish(b.topic, "at once", MessageExpiryInterval=100)
    expect(True, c.take().properties.MessageExpiryInterval in (99, 100), "at once")
    publisher.publish(b.topic, "none")
    expect(False, hasattr(c.take().properties, "MessageExpiryInterval"), "an interval where none was published")
    c.client.disconnect()
    publisher.publish(b.topic, "waits", MessageExpiryInterval=100)
    b.wait(2.1)
    left = c.back().take().properties.MessageExpiryInterval
    expect(True, 95 <= left <= 98, f"{left} of 100 s after 2.1 s")


@feature("Message Expiry Interval passes")
def _(b):
    c, publisher = b.up("c", SessionExpiryInterval=60), b.up("p")
    c.subscribe(b.topic, 1)
    c.client.disconnect()
    publisher.publish(b.topic, "gone", MessageExpiryInterval=1)
    publisher.publish(b.topic, "stays", MessageExpiryInterval=60)
    publisher.publish(b.topic + "/kept", "gone", retain=True, MessageExpiryInterval=1)
    b.wait(2.1)
    c.back()
    c.subscribe(b.topic + "/kept", 1)
    expect(["stays"], c.rest(publisher, b.topic), "messages")


@feature("Topic Alias to the server")
def _(b):
    c = b.up("c")
    c.subscribe(b.topic + "/#", 1)
    top = c.told("TopicAliasMaximum")
    for name, topic, alias in (
        ("set", "/1", 1), ("used", "", 1), ("highest", "/2", top), ("used", "", top), ("set anew", "/3", 1), ("used", "", 1),
    ):
        c.publish(b.topic + topic if topic else "", name, TopicAlias=alias)
    wanted = [b.topic + tail for tail in ("/1", "/1", "/2", "/2", "/3", "/3")]
    expect(wanted, [m.topic for m in c.take(6)], "topics")


@feature("Topic Alias above the maximum: DISCONNECT 0x94")
def _(b):
    c = b.up("c")
    c.send(b.topic, "x", TopicAlias=c.told("TopicAliasMaximum") + 1)
    expect(0x94, c.left(), "code")


@feature("Topic Alias to the client")
def _(b):
    none, c, publisher = b.up("n"), b.up("c", TopicAliasMaximum=2), b.up("p")
    for peer in (none, c):
        peer.subscribe(b.topic + "/#", 1)
    # paho gives the alias to the application and maps nothing: what stands behind it is the application's to know.
    topics, aliases, seen = {}, set(), []
    for tail in "aabbccab":
        publisher.publish(f"{b.topic}/{tail}", tail)
        got = c.take()
        alias = getattr(got.properties, "TopicAlias", None)
        if alias is not None:
            expect(True, alias in (1, 2), f"alias {alias} within 1 and 2")
            if got.topic:
                topics[alias] = got.topic
            aliases.add((alias, bool(got.topic)))
        seen.append(got.topic or topics.get(alias))
        expect(False, hasattr(none.take().properties, "TopicAlias"), "an alias where none is allowed")
    expect([f"{b.topic}/{tail}" for tail in "aabbccab"], seen, "topics")
    expect({(1, True), (1, False), (2, True), (2, False)}, aliases, "aliases set and used")


@feature("Receive Maximum of the client")
def _(b):
    c, publisher = b.up("c", ReceiveMaximum=2, manual=True), b.up("p")
    c.subscribe(b.topic, 1)
    for n in range(5):
        publisher.publish(b.topic, f"{n}")
    for seen in (2, 3, 4, 5):
        b.until(f"message {seen}", lambda: len(c.inbox) == seen)
        b.wait(0.1)
        expect(seen, len(c.inbox), "messages")
        c.client.ack(c.inbox[seen - 2].mid, 1)


@feature("Receive Maximum of the server, kept to")
def _(b):
    # paho keeps to what it is set to, and can be set before it connects alone.
    c = b.peer("c", port="tells")
    c.client.max_inflight_messages_set(2)
    expect(2, c.open().told("ReceiveMaximum"), "told")
    c.subscribe(b.topic, 2)
    mids = [c.send(b.topic, f"{n}", 2) for n in range(6)]
    b.until("PUBCOMP of each", lambda: all(mid in c.acks for mid in mids))
    expect([b"%d" % n for n in range(6)], [m.payload for m in c.take(6)], "messages")


@feature("Receive Maximum of the server, exceeded: DISCONNECT 0x93")
def _(b):
    c = b.up("c", port="tells")
    for n in range(3):
        c.send(b.topic, f"{n}", 2)
    expect(0x93, c.left(), "code")


@feature("Maximum Packet Size of the client")
def _(b):
    c, publisher = b.up("c", MaximumPacketSize=200), b.up("p")
    c.subscribe(b.topic, 1)
    publisher.publish(b.topic, "x" * 100)
    publisher.publish(b.topic, "y" * 300)
    expect(["x" * 100], c.rest(publisher, b.topic), "messages")


@feature("Maximum Packet Size of the server: DISCONNECT 0x95")
def _(b):
    c = b.up("c")
    c.send(b.topic, bytes(c.told("MaximumPacketSize")))
    expect(0x95, c.left(), "code")


@feature("PUBACK 0x10: no matching subscribers")
def _(b):
    c = b.up("c", port="tells")
    expect(0x10, c.publish(b.topic, "x"), "code")
    c.subscribe(b.topic, 1)
    expect(0, c.publish(b.topic, "x"), "code with a subscriber")


# --- subscriptions ---------------------------------------------------------------------------------------------------


@feature("several filters in one SUBSCRIBE")
def _(b):
    c = b.up("c")
    expect([2, 0, 1], c.subscribe([(b.topic + tail, qos) for tail, qos in (("/1", 2), ("/2", 0), ("/3", 1))]), "granted")
    expect([0, 0x11, 0], c.unsubscribe([b.topic + tail for tail in ("/1", "/none", "/3")]), "codes of UNSUBACK")


@feature("wildcards")
def _(b):
    topics = ["", "/1", "/2", "/1/2", "//2", "/1/2/3"]
    for filter, wanted in (("/+", [1, 2]), ("/#", [0, 1, 2, 3, 4, 5]), ("/+/2", [3, 4]), ("/1/#", [1, 3, 5])):
        c = b.up("c")
        c.subscribe(b.topic + filter, 1)
        for topic in topics:
            c.publish(b.topic + topic, topic)
        c.subscribe(b.topic + "x", 1)
        expect([topics[n] for n in wanted], c.rest(c, b.topic + "x"), f"seen through {filter}")


@feature("a SUBSCRIBE replaces the subscription of its filter")
def _(b):
    c = b.up("c")
    c.subscribe(b.topic, 0)
    c.subscribe(b.topic, 2)
    c.publish(b.topic, "x", 2)
    expect(2, c.take().qos, "QoS")
    expect([], c.rest(c, b.topic), "further messages")


@feature("No Local")
def _(b):
    c, other = b.up("c"), b.up("o")
    c.subscribe(b.topic, 1, noLocal=True)
    c.publish(b.topic, "own")
    expect([], c.rest(other, b.topic), "its own messages")
    c.subscribe(b.topic, 1, noLocal=False)
    c.publish(b.topic, "own")
    expect(["own"], c.rest(other, b.topic), "its own messages without No Local")


@feature("Retain As Published")
def _(b):
    kept, plain, publisher = b.up("k"), b.up("c"), b.up("p")
    kept.subscribe(b.topic, 1, retainAsPublished=True)
    plain.subscribe(b.topic, 1)
    publisher.publish(b.topic, "one", retain=True)
    publisher.publish(b.topic, "two")
    expect([True, False], [m.retain for m in kept.take(2)], "RETAIN with it")
    expect([False, False], [m.retain for m in plain.take(2)], "RETAIN without it")
    publisher.publish(b.topic, "", retain=True)


def handled(b, handling):
    """What of a retained message three SUBSCRIBEs bring: two, and one more behind an UNSUBSCRIBE."""
    c, publisher = b.up("c"), b.up("p")
    publisher.publish(b.topic, "kept", retain=True)
    seen = []
    for turn in range(3):
        if turn == 2:
            c.unsubscribe(b.topic)
        c.subscribe(b.topic, 1, retainHandling=handling)
        publisher.publish(b.topic, "marker")
        b.until("marker", lambda: any(m.payload == b"marker" for m in c.inbox))
        seen.append([m.retain for m in c.inbox if m.payload == b"kept"])
        c.inbox = []
    publisher.publish(b.topic, "", retain=True)
    return seen


@feature("Retain Handling 0")
def _(b):
    expect([[True], [True], [True]], handled(b, 0), "RETAIN of what comes")


@feature("Retain Handling 1")
def _(b):
    expect([[True], [], [True]], handled(b, 1), "RETAIN of what comes")


@feature("Retain Handling 2")
def _(b):
    expect([[], [], []], handled(b, 2), "RETAIN of what comes")


@feature("Subscription Identifier")
def _(b):
    c = b.up("c")
    c.publish(b.topic + "/kept", "kept", retain=True)
    c.subscribe(b.topic, 1, identifier=268435455)
    c.publish(b.topic, "x")
    expect([268435455], getattr(c.take().properties, "SubscriptionIdentifier", None), "identifiers")
    c.subscribe(b.topic, 1)
    c.publish(b.topic, "x")
    expect(None, getattr(c.take().properties, "SubscriptionIdentifier", None), "identifiers of one replaced without")
    c.subscribe(b.topic + "/kept", 1, identifier=5)
    expect([5], getattr(c.take().properties, "SubscriptionIdentifier", None), "identifiers of a retained message")
    c.publish(b.topic + "/kept", "", retain=True)


@feature("Subscription Identifiers of subscriptions that overlap")
def _(b):
    c = b.up("c", SessionExpiryInterval=60)
    c.subscribe(b.topic, 1, identifier=1)
    c.subscribe(b.topic + "/#", 2, identifier=2)
    c.back()
    c.publish(b.topic, "x", 2)
    got = c.take()
    expect(([1, 2], 2), (sorted(got.properties.SubscriptionIdentifier), got.qos), "identifiers and QoS")
    expect([], c.rest(c, b.topic), "further messages")


@feature("shared subscription: each message to one member")
def _(b):
    members, plain, publisher = [b.up(name) for name in "mno"], b.up("s"), b.up("p")
    for member in members:
        expect([1], member.subscribe(f"$share/g/{b.topic}", 1), "granted")
    other = b.up("other")
    other.subscribe(f"$share/h/{b.topic}", 1)
    plain.subscribe(b.topic, 1)
    for n in range(9):
        publisher.publish(b.topic, f"{n}")
    wanted = sorted(b"%d" % n for n in range(9))
    plain.take(9)
    other.take(9)
    b.until("nine messages", lambda: sum(len(m.inbox) for m in members) >= 9)
    b.wait(0.1)
    expect(wanted, sorted(m.payload for member in members for m in member.inbox), "messages of the group")
    expect(True, all(member.inbox for member in members), "each member gets some")


@feature("shared subscription: a member that leaves, one that is away")
def _(b):
    gone, away, publisher = b.up("g"), b.up("a", SessionExpiryInterval=60), b.up("p")
    for member in (gone, away):
        member.subscribe(f"$share/g/{b.topic}", 1)
    expect([0], gone.unsubscribe(f"$share/g/{b.topic}"), "code of UNSUBACK")
    away.client.disconnect()
    for n in range(4):
        publisher.publish(b.topic, f"{n}")
    expect(True, away.back().present(), "Session Present")
    expect([b"0", b"1", b"2", b"3"], [m.payload for m in away.take(4)], "messages")
    publisher.publish(b.topic, "4")
    expect(b"4", away.take().payload, "a message after the resume")
    expect([], gone.inbox, "messages of the one that left")


@feature("shared subscription brings no retained message")
def _(b):
    c = b.up("c")
    c.publish(b.topic, "kept", retain=True)
    c.subscribe(f"$share/g/{b.topic}", 1)
    expect([], c.rest(c, b.topic), "messages")
    c.publish(b.topic, "", retain=True)


@feature("UNSUBSCRIBE")
def _(b):
    c = b.up("c", SessionExpiryInterval=60)
    c.subscribe([(b.topic, 1), (b.topic + "/x", 1)])
    expect([0], c.unsubscribe(b.topic), "code of UNSUBACK")
    c.publish(b.topic, "gone")
    c.back()
    c.publish(b.topic, "gone")
    expect([], c.rest(c, b.topic + "/x"), "messages")


@feature("UNSUBACK 0x11: no subscription existed")
def _(b):
    c = b.up("c")
    expect([0x11], c.unsubscribe(b.topic), "code")
    c.subscribe(b.topic)
    expect([[0], [0x11]], [c.unsubscribe(b.topic) for _ in "ab"], "codes for one that is given up twice")


# --- retained messages and wills -------------------------------------------------------------------------------------


@feature("retained: set, replaced, cleared")
def _(b):
    publisher = b.up("p")

    def stored(name):
        c = b.up(name)
        c.subscribe(b.topic, 2)
        publisher.publish(b.topic, "marker", 2)
        b.until("marker", lambda: any(m.payload == b"marker" for m in c.inbox))
        return [(m.payload.decode(), m.retain, m.qos) for m in c.inbox if m.payload != b"marker"]

    publisher.publish(b.topic, "one", 1, retain=True)
    expect([("one", True, 1)], stored("a"), "stored")
    publisher.publish(b.topic, "two", 2, retain=True)
    expect([("two", True, 2)], stored("b"), "stored")
    publisher.publish(b.topic, "", 1, retain=True)
    expect([], stored("c"), "stored")


@feature("retained: properties, and an interval that runs")
def _(b):
    c = b.up("c")
    c.publish(b.topic, "kept", retain=True, ContentType="t", MessageExpiryInterval=100, UserProperty=[("a", "b")])
    b.wait(1.1)
    c.subscribe(b.topic, 1)
    got = c.take().properties
    expect(("t", [("a", "b")]), (getattr(got, "ContentType", None), getattr(got, "UserProperty", None)), "properties")
    expect(True, 95 <= got.MessageExpiryInterval <= 99, f"{got.MessageExpiryInterval} of 100 s after 1.1 s")
    c.publish(b.topic, "", retain=True)


def willed(b, retain=False, expiry=60, watch=True, **items):
    watcher = b.up("w")
    if watch:
        watcher.subscribe(b.topic, 2)
    will = {"topic": b.topic, "payload": "will", "qos": 2, "retain": retain, **items}
    return watcher, b.up("c", will=will, SessionExpiryInterval=expiry)


@feature("will: at a lost connection")
def _(b):
    watcher, c = willed(b)
    c.cut()
    got = watcher.take()
    expect((b"will", 2, False), (got.payload, got.qos, got.retain), "will")
    expect([], watcher.rest(watcher, b.topic), "further messages")


@feature("will: at a connection that is reset")
def _(b):
    watcher, c = willed(b)
    c.reset()
    expect(b"will", watcher.take().payload, "will")


@feature("will: not at DISCONNECT 0x00")
def _(b):
    watcher, c = willed(b)
    c.client.disconnect()
    b.wait(0.3)
    expect([], watcher.rest(watcher, b.topic), "messages")


@feature("will: at DISCONNECT 0x04")
def _(b):
    watcher, c = willed(b)
    c.client.disconnect(ReasonCode(PacketTypes.DISCONNECT, identifier=4))
    expect(b"will", watcher.take().payload, "will")


@feature("will: retained")
def _(b):
    watcher, c = willed(b, retain=True, watch=False)
    c.cut()
    b.wait(0.3)
    watcher.subscribe(b.topic, 1)
    got = watcher.take()
    expect((b"will", True, 1), (got.payload, got.retain, got.qos), "stored will")
    watcher.publish(b.topic, "", retain=True)


@feature("Will Delay Interval: waited for")
def _(b):
    watcher, c = willed(b, WillDelayInterval=1)
    c.cut()
    started = time.monotonic()
    expect(b"will", watcher.take().payload, "will")
    waited = time.monotonic() - started
    expect(True, 0.8 <= waited <= 3, f"{waited:.1f} s of 1 s")


@feature("Will Delay Interval: the client comes back")
def _(b):
    watcher, c = willed(b, WillDelayInterval=1)
    c.cut()
    c.client.will_clear()
    c.back()
    b.wait(1.6)
    expect([], watcher.rest(watcher, b.topic), "messages")


@feature("Will Delay Interval: the session ends first")
def _(b):
    watcher, c = willed(b, expiry=1, WillDelayInterval=30)
    c.cut()
    started = time.monotonic()
    expect(b"will", watcher.take().payload, "will")
    waited = time.monotonic() - started
    expect(True, 0.8 <= waited <= 3, f"{waited:.1f} s of 1 s")


@feature("will: properties")
def _(b):
    wanted = {
        "PayloadFormatIndicator": 1, "MessageExpiryInterval": 100, "ContentType": "t", "ResponseTopic": "to/me",
        "CorrelationData": b"\x00\x01", "UserProperty": [("b", "1"), ("a", "2")],
    }
    watcher, c = willed(b, **wanted)
    c.cut()
    got = watcher.take().properties
    seen = {name: getattr(got, name, None) for name in wanted}
    if seen["MessageExpiryInterval"] == 99:
        seen["MessageExpiryInterval"] = 100
    expect(wanted, seen, "properties")


# --- words of the server ---------------------------------------------------------------------------------------------


def words(b, **connect):
    """Of each answer of a server that tells all it can: whether it has a Reason String and a User Property."""
    c = b.up("c", port="tells", **connect)
    c.subscribe(b.topic, 2)
    c.unsubscribe(b.topic)
    c.publish(b.topic, "one", 1)
    told = {"CONNACK": c.connacks[0][2], "SUBACK": c.suback[1], "UNSUBACK": c.unsuback[1], "PUBACK": c.ack[1]}
    c.publish(b.topic, "two", 2)
    told["PUBCOMP"] = c.ack[1]
    b.up("c", port="tells")
    c.left()
    told["DISCONNECT"] = c.gone[2]
    return {name: (hasattr(each, "ReasonString"), hasattr(each, "UserProperty")) for name, each in told.items()}


@feature("Reason String and User Property of the server")
def _(b):
    names = ("CONNACK", "SUBACK", "UNSUBACK", "PUBACK", "PUBCOMP", "DISCONNECT")
    expect({name: (True, True) for name in names}, words(b), "there")


@feature("Request Problem Information 0")
def _(b):
    seen = words(b, RequestProblemInformation=0)
    for name in ("CONNACK", "DISCONNECT"):
        seen.pop(name)
    expect({name: (False, False) for name in ("SUBACK", "UNSUBACK", "PUBACK", "PUBCOMP")}, seen, "there")


@feature("Request Response Information")
def _(b):
    asks = b.up("c", RequestResponseInformation=1)
    expect(f"responses/py-{b.number}-c", asks.told("ResponseInformation"), "told")
    expect(None, b.up("d").told("ResponseInformation"), "told unasked")


# --- enhanced authentication -----------------------------------------------------------------------------------------


def bearer(token):
    return {"AuthenticationMethod": "OAUTHBEARER", "AuthenticationData": f"n,,\x01auth=Bearer {token}\x01\x01".encode()}


@feature("OAUTHBEARER: the right token, within CONNECT")
def _(b):
    expect("OAUTHBEARER", b.up("c", **bearer("deadzone-token")).told("AuthenticationMethod"), "method of CONNACK")


@feature("OAUTHBEARER: a wrong token")
def _(b):
    expect(0x87, b.peer("c", **bearer("another")).refused(), "code")


@feature("an unknown authentication method")
def _(b):
    expect(0x8C, b.peer("c", AuthenticationMethod="NONE-SUCH").refused(), "code")


# --- transports ------------------------------------------------------------------------------------------------------


@feature("WebSocket")
def _(b):
    carries(b, 2, port="ws", transport="websockets")


@feature("TLS")
def _(b):
    carries(b, 2, port="tls", ca=at["ca"])


# --- versions --------------------------------------------------------------------------------------------------------


def older(version, name):
    """The basics of an older version."""

    def each_qos(b):
        for qos in range(3):
            carries(b, qos, version)

    def retained(b):
        c, late = b.up("c", version=version), b.up("l", version=version)
        c.publish(b.topic, "one", retain=True)
        c.publish(b.topic, "two", retain=True)
        late.subscribe(b.topic, 1)
        got = late.take()
        expect((b"two", True), (got.payload, got.retain), "stored")
        late.unsubscribe(b.topic)
        c.publish(b.topic, "", retain=True)
        late.subscribe(b.topic, 1)
        expect([], late.rest(c, b.topic), "stored after it is cleared")

    def will(b):
        watcher = b.up("w", version=version)
        watcher.subscribe(b.topic, 1)
        options = {"version": version, "will": {"topic": b.topic, "payload": "will"}}
        b.up("c", **options).client.disconnect()
        b.wait(0.3)
        expect([], watcher.rest(watcher, b.topic), "messages at DISCONNECT")
        b.up("d", **options).cut()
        expect(b"will", watcher.take().payload, "will")

    def session(b):
        c, publisher = b.up("c", version=version, clean=False), b.up("p", version=version)
        # 3.1 has no Session Present.
        expect(False, c.present(), "Session Present of a new session")
        c.subscribe(b.topic, 1)
        c.client.disconnect()
        publisher.publish(b.topic, "waits")
        c.open()
        expect(version == 4, c.present(), "Session Present")
        expect(b"waits", c.take().payload, "message")
        clean = b.up("c", version=version)
        expect(False, clean.present(), "Session Present of a clean one")
        publisher.publish(b.topic, "gone")
        clean.subscribe(b.topic + "/x", 1)
        expect([], clean.rest(publisher, b.topic + "/x"), "messages of the old subscription")

    def takeover(b):
        old = b.up("c", version=version)
        new = b.up("c", version=version)
        b.until("end of the older connection", lambda: old.gone)
        expect(0, sum("Unrecognised" in line for line in old.log), "packets that this version has not")
        new.subscribe(b.topic, 1)
        expect([], new.rest(new, b.topic), "messages")

    def unsubscribe(b):
        c = b.up("c", version=version)
        expect([0, 1, 2], c.subscribe([(b.topic, 0), (b.topic + "/x", 1), (b.topic + "/y", 2)]), "granted")
        c.unsubscribe([b.topic, b.topic + "/y"])
        c.publish(b.topic, "gone")
        c.publish(b.topic + "/y", "gone")
        expect([], c.rest(c, b.topic + "/x"), "messages")

    def ping(b):
        c = b.up("c", version=version, keepalive=1)
        b.until("PINGRESP", lambda: c.logged("Received PINGRESP") or c.gone)
        expect(None, c.gone, "end of the connection")

    for what, function in (
        ("QoS 0, 1 and 2", each_qos), ("retained: set, replaced, cleared", retained), ("will", will),
        ("session and queued messages", session), ("takeover", takeover), ("SUBSCRIBE and UNSUBSCRIBE", unsubscribe),
        ("PINGREQ and PINGRESP", ping),
    ):
        feature(f"{name}: {what}")(function)


older(4, "3.1.1")
older(3, "3.1")


@feature("3.1.1: user name and password")
def _(b):
    b.up("in", version=4, port="users", user=("anna", "secret"))
    expect(True, b.peer("out", version=4, port="users", user=("anna", "wrong")).refused() != 0, "refused")


@feature("between 5.0, 3.1.1 and 3.1")
def _(b):
    peers = {version: b.up(f"{version}", version=version) for version in (5, 4, 3)}
    for peer in peers.values():
        peer.subscribe(b.topic, 2)
    for version, peer in peers.items():
        items = {"ContentType": "t", "UserProperty": [("a", "b")]} if version == 5 else {}
        peer.publish(b.topic, f"from {version}", 2, **items)
        for other in peers.values():
            expect(f"from {version}".encode(), other.take().payload, f"message at {other.version}")


# --- what paho 2.2.0 does not speak, by its source -------------------------------------------------------------------

NO_AUTH = "an AUTH that comes is an unrecognised command (client.py, _packet_handle), and nothing sends one"
not_spoken("SCRAM-SHA-256", NO_AUTH)
not_spoken("re-authentication", NO_AUTH)
not_spoken("Reason Codes of PUBACK, PUBREC, PUBREL and PUBCOMP to the server", "_send_command_with_mid sends an identifier alone")
not_spoken("Reason Code and Reason String of PUBREC and PUBREL from the server", "_handle_pubrec and _handle_pubrel drop them")
not_spoken("Password without User Name", "_send_connect writes a password behind a user name alone")


def main():
    only = re.compile(os.environ.get("ONLY", ""))
    count = {"ok": 0, "FAILED": 0, "not spoken by the client": len(NOT_SPOKEN)}
    for number, (name, function) in enumerate(FEATURES):
        if not only.search(name):
            continue
        bench = Bench(number)
        started = time.monotonic()
        try:
            function(bench)
            said = "ok"
        except Exception as error:  # Whatever it is: the feature does not work.
            said = f"FAILED: {error if isinstance(error, AssertionError) else repr(error)}"
        try:
            bench.close()
        except Exception:
            pass
        count[said.split(":")[0]] += 1
        took = f" ({time.monotonic() - started:.1f}s)" if "TIMES" in os.environ else ""
        print(f"paho: {name}: {said}{took}", flush=True)
    for name, why in NOT_SPOKEN:
        print(f"paho: {name}: not spoken by the client: {why}")
    print("paho: " + ", ".join(f"{many} {what}" for what, many in count.items()), flush=True)
    sys.exit(1 if count["FAILED"] else 0)


main()
