def hello(c, client_id):
    text = lambda data: word(len(data)) + data
    name = b"MQIsdp" if c.version == 3 else b"MQTT"
    head = text(name) + bytes([c.version, 2, 0, 60]) + (b"\0" if c.version == 5 else b"")
    send(c, login(framed(0x10, head + text(client_id))))
    return take(c, "CONNACK", reason=0)


def tidy():
    """Leaves the broker as it was found: sessions and retained messages of this run go."""
    for client_id in CLIENT_IDS:
        c = Connection("tidy")
        hello(c, fresh(client_id))
        for topic in map(fresh, RETAINED):
            send(c, framed(0x31, word(len(topic)) + topic + (b"\0" if VERSION == 5 else b"")), "PUBLISH, cleared")
        send(c, h("e0 00"))
        c.close()


def attempt():
    """Plays the record once. Returns an exit code and why."""
    letters = string.ascii_lowercase + string.digits
    RUN["now"] = b"dz" + "".join(random.choice(letters) for _ in RECORDED[2:]).encode()
    try:
        steps()
        found = 0, "not shown: nothing of it came"
    except Shown as fault:
        found = 1, "FAULT SHOWN: %s: %s" % (CLAUSE, fault)
    except NotShown as why:
        found = 0, "not shown: %s" % why
    except CouldNotRun as why:
        return 2, "could not run: %s" % why
    try:
        for c in CONNECTIONS[:]:
            c.close()
        tidy()
    except (NotShown, CouldNotRun) as why:
        say("not all could be tidied up: %s" % why)
    return found


def main():
    code, why = 0, ""
    try:
        for _ in range(TRIES):
            code, why = attempt()
            if code:
                break
    except KeyboardInterrupt:
        code, why = 2, "could not run: interrupted"
    except Exception as mistake:  # whatever it is, it shows nothing of the broker
        code, why = 2, "could not run: a mistake of this script: %r" % mistake
    print(why)
    return code


if __name__ == "__main__":
    sys.exit(main())
