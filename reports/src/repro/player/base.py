KINDS = ("RESERVED CONNECT CONNACK PUBLISH PUBACK PUBREC PUBREL PUBCOMP SUBSCRIBE SUBACK UNSUBSCRIBE UNSUBACK "
         "PINGREQ PINGRESP DISCONNECT AUTH").split()
USER, PASSWORD = os.environ.get("MQTT_USER"), os.environ.get("MQTT_PASSWORD", "")
PATIENCE = float(os.environ.get("MQTT_PATIENCE", "10"))  # how long something that should come is waited for, seconds
CONNECTIONS, STARTED = [], time.monotonic()
NODES = [re.match(r"(mqtts://)?(?:mqtt://)?(.*?)(?::([0-9]+))?/?$", address).groups() for address in ADDRESSES]
NODES = [(bool(tls), host.strip("[]"), int(port or (8883 if tls else 1883))) for tls, host, port in NODES]
RUN = {"now": RECORDED}


class Shown(Exception):
    """The fault came."""


class NotShown(Exception):
    """It did not, or what leads to it went another way."""


class CouldNotRun(Exception):
    """There is nothing to look at."""


def say(text):
    print("%8.3f  %s" % (time.monotonic() - STARTED, text), flush=True)


def h(text):
    return bytes.fromhex(text)


def word(number):
    return struct.pack(">H", number)


def fresh(data):
    """The recorded bytes with this run's own word in topics and client ids: of the same length, so that no length changes."""
    if isinstance(data, str):
        return data.replace(RECORDED.decode(), RUN["now"].decode())
    return data.replace(RECORDED, RUN["now"]) if isinstance(data, bytes) else data


def varint(data):
    value = 0
    for width in range(4):
        value |= (data[width] & 127) << 7 * width
        if data[width] < 128:
            return value, width + 1
    raise ValueError("a length of more than four bytes")


class Packet:
    """One packet of the broker's."""

    def __init__(self, raw, body, number, version):
        self.raw, self.number, self.taken, self.kind = raw, number, False, KINDS[raw[0] >> 4]
        try:
            self.read(raw[0], body, version == 5)
        except (IndexError, ValueError, struct.error):
            self.unreadable = True

    def read(self, first, body, v5):
        number = lambda at: struct.unpack_from(">H", body, at)[0]
        at = 0
        if self.kind == "PUBLISH":
            self.dup, self.qos, self.retain = first >> 3 & 1, first >> 1 & 3, first & 1
            at = 2 + number(0)
            self.topic = body[2:at]
            if self.qos:
                self.id, at = number(at), at + 2
        elif self.kind == "CONNACK":
            self.session_present, self.reason, at = body[0] & 1, body[1], 2
        elif self.kind == "DISCONNECT":
            self.reason, at = (body[0] if body else 0), 1
        elif self.kind in ("PUBACK", "PUBREC", "PUBREL", "PUBCOMP"):
            self.id, self.reason, at = number(0), (body[2] if len(body) > 2 else 0), 3
        elif self.kind in ("SUBACK", "UNSUBACK"):
            self.id, at = number(0), 2
        self.properties = b""
        if v5 and at < len(body):
            length, width = varint(body[at:])
            self.properties, at = body[at + width:at + width + length], at + width + length
        if self.kind == "PUBLISH":
            self.payload = body[at:]
        elif self.kind in ("SUBACK", "UNSUBACK"):
            self.codes = list(body[at:])

    def fits(self, kind, fields):
        other = fields.get("other_than")
        if self.kind != kind or other is not None and getattr(self, "id", None) == other.id:
            return False
        return all(getattr(self, name, None) == fresh(value) for name, value in fields.items() if name != "other_than")

    def __str__(self):
        names = "id dup qos retain topic payload session_present reason codes unreadable".split()
        fields = ("%s=%s" % (name, repr(getattr(self, name))[:60]) for name in names if hasattr(self, name))
        return "%s %s" % (self.kind, " ".join(fields))


class Connection:
    def __init__(self, name, version=VERSION, node=1):
        if node > len(NODES):
            raise CouldNotRun("no address of node %d was given" % node)
        tls, host, port = NODES[node - 1]
        self.name, self.version, self.data, self.inbox, self.ended, self.may_end = name, version, b"", [], None, False
        try:
            self.socket = socket.create_connection((host, port), timeout=10)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls:
                context = ssl.create_default_context(cafile=os.environ.get("MQTT_CA"))
                if os.environ.get("MQTT_CERT"):
                    context.load_cert_chain(os.environ["MQTT_CERT"], os.environ.get("MQTT_KEY"))
                self.socket = context.wrap_socket(self.socket, server_hostname=host)
        except OSError as error:
            raise CouldNotRun("no connection to %s port %d: %s" % (host, port, error))
        CONNECTIONS.append(self)
        say("%s: connected" % name)

    def close(self):
        CONNECTIONS.remove(self)
        self.socket.close()

    def receive(self):
        try:
            data = self.socket.recv(65536)
            how = "the broker closed the connection"
        except (socket.timeout, ssl.SSLWantReadError):
            return
        except OSError as error:
            data, how = b"", "the connection was lost: %s" % error
        if not data:
            self.ended = how
            say("%s: %s" % (self.name, how))
            return
        self.data += data
        while len(self.data) > 1:
            try:
                length, width = varint(self.data[1:])
            except IndexError:
                return
            except ValueError:
                self.ended = "the broker sent what is no packet: %s" % self.data[:16].hex()
                return
            end = 1 + width + length
            if len(self.data) < end:
                return
            packet = Packet(self.data[:end], self.data[1 + width:end], len(self.inbox), self.version)
            self.data = self.data[end:]
            self.inbox.append(packet)
            say("%s: <- %s" % (self.name, packet))


def listen(seconds):
    """Takes in whatever comes on any connection, for at most so long."""
    live = [c for c in CONNECTIONS if c.ended is None]
    ready = [c for c in live if hasattr(c.socket, "pending") and c.socket.pending()]
    if not live:
        time.sleep(max(seconds, 0))
    elif not ready:
        found = select.select([c.socket for c in live], [], [], max(seconds, 0))[0]
        ready = [c for c in live if c.socket in found]
    for connection in ready:
        connection.receive()


def until(seconds, done):
    """Listens until something is there, or for so long."""
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        listen(end - time.monotonic())
    return done()


def pause(seconds):
    """Time passes, as it did in the record."""
    until(seconds, lambda: None)


def send(c, data, text=""):
    say("%s: -> %s" % (c.name, fresh(text) or KINDS[data[0] >> 4]))
    try:
        c.socket.sendall(fresh(data))
    except OSError as error:
        raise NotShown("%s could not send %s: %s" % (c.name, text, c.ended or error))


def login(data):
    """A CONNECT with the user name and the password of whoever runs this, if there are any."""
    if USER is None:
        return data
    at = 1 + varint(data[1:])[1]
    body = bytearray(data[at:])
    level, flags, at = body[6], body[7], 10
    blocks = (1 if level == 5 else 0, 1, (1 if level == 5 else 0) if flags & 4 else 0, 2 if flags & 4 else 0)
    for turn, count in enumerate(blocks):
        for _ in range(count):
            if turn % 2:
                at += 2 + struct.unpack_from(">H", body, at)[0]
            else:
                at += sum(varint(body[at:]))
    body[7] = flags & 0x3f | 0xc0
    texts = b"".join(word(len(t)) + t for t in (USER.encode(), PASSWORD.encode()))
    return framed(0x10, bytes(body[:at]) + texts)


def framed(first, body):
    length, rest = b"", len(body)
    while not length or rest:
        length, rest = length + bytes([rest & 127 | (128 if rest > 127 else 0)]), rest >> 7
    return bytes([first]) + length + body


def take(c, kind, optional=False, within=None, **fields):
    """Waits for this packet, the oldest that fits and was not taken yet; without it the run goes another way than the recorded one."""
    there = lambda: next((p for p in c.inbox if not p.taken and p.fits(kind, fields)), None)
    packet = until(within or PATIENCE, lambda: there() or c.ended) and there()
    if packet:
        packet.taken = True
        return packet
    if not optional:
        refused = next((p for p in c.inbox if p.kind == "CONNACK" and p.reason in (4, 5, 0x86, 0x87)), None)
        if kind == "CONNACK" and fields.get("reason") == 0 and refused:
            raise CouldNotRun("the broker refuses the CONNECT: set MQTT_USER and MQTT_PASSWORD (%s)" % refused)
        told = " ".join("%s=%s" % (name, repr(fresh(value))[:60]) for name, value in fields.items() if name != "other_than")
        raise NotShown("%s got no %s %s: from here on it is another run" % (c.name, kind, told))


def gone(c, optional=False, within=None):
    """Waits until the broker has ended this connection."""
    c.may_end = True
    if not until(2 if optional else within or PATIENCE, lambda: c.ended) and not optional:
        raise NotShown("the broker kept the connection of %s: from here on it is another run" % c.name)


def finish(c):
    """No more is sent: an orderly end."""
    say("%s: FIN" % c.name)
    c.may_end = True
    try:
        c.socket.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def reset(c):
    say("%s: RST" % c.name)
    c.ended = "reset by this script"
    c.may_end = True
    c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.socket.close()
