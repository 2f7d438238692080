def fault_unless(seconds, wanted, end_of=None, ping=()):
    """It is a fault if none of these comes in that time, though the broker serves other clients."""
    came = lambda: next((p for c, kind, fields in wanted for p in c.inbox if not p.taken and p.fits(kind, fields)), None)
    said, left = time.monotonic(), seconds
    while left > 0:
        until(min(left, 15), lambda: came() or end_of and end_of.ended)
        left = seconds - (time.monotonic() - said)
        if came():
            raise NotShown("it came: %s" % came())
        if end_of and end_of.ended:
            raise NotShown("%s: %s" % (end_of.name, end_of.ended))
        for c in ping if left > 0 else ():
            send(c, h("c0 00"))
    lost = next((c for c in CONNECTIONS if c.ended and not c.may_end), None)
    if lost:
        raise NotShown("%s: %s: another run than the recorded one" % (lost.name, lost.ended))
    if not alive():
        raise NotShown("the broker gave no sign of life to another client either")
    raise Shown("none of it came within %g s, though the broker serves another client" % seconds)


def alive():
    """A client of its own gets its own message."""
    try:
        c = Connection("alive", VERSION)
        hello(c, fresh(RECORDED) + b"alive")
        topic, none = fresh(RECORDED) + b"/alive", b"\0" if VERSION == 5 else b""
        named = word(len(topic)) + topic
        send(c, framed(0x82, b"\0\1" + none + named + b"\0"))
        take(c, "SUBACK", id=1)
        send(c, framed(0x30, named + none + b"alive"))
        return take(c, "PUBLISH", topic=topic)
    except (NotShown, CouldNotRun):
        return None
