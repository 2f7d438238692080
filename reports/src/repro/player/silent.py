def fault_unless(seconds, wanted, end_of=None, left=(), ping=(), every=15):
    """It is a fault if none of these comes in that time, though the broker serves another client."""
    def came():
        packets = (p for c, kind, fields in wanted for p in c.inbox if not p.taken and p.fits(kind, fields))
        return next(packets, end_of and end_of.ended)

    for c in left:
        c.may_end = True
    end = time.monotonic() + seconds
    while not until(min(every, end - time.monotonic()), came) and time.monotonic() < end:
        for c in ping:
            send(c, h("c0 00"))
    lost = next((c for c in CONNECTIONS if c.ended and not c.may_end and c is not end_of), None)
    if lost and not came():
        raise NotShown("%s: %s: another run than the recorded one" % (lost.name, lost.ended))
    if not came() and not alive():
        raise NotShown("the broker gave no sign of life to another client either")
    if came():
        raise NotShown("it came: %s" % came())
    raise Shown("none of it came within %g s, though the broker serves another client" % seconds)


def alive():
    """A client of its own gets its own message."""
    try:
        c = Connection("alive")
        hello(c, fresh(RECORDED) + b"alive")
        topic, none = fresh(RECORDED) + b"/alive", b"\0" if VERSION == 5 else b""
        named = word(len(topic)) + topic
        send(c, framed(0x82, b"\0\1" + none + named + b"\0"))
        take(c, "SUBACK", id=1)
        send(c, framed(0x30, named + none + b"alive"))
        return take(c, "PUBLISH", topic=topic)
    except (NotShown, CouldNotRun):
        return None
