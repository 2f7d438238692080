def fault_if_comes(c, kind, at_once=False, **fields):
    """It is a fault if this packet comes; `at_once`: if it is the next one."""
    packet = take(c, kind, **fields)
    other = [p for p in c.inbox if p.kind != "PINGRESP" and (p.number > packet.number if p.taken else p.number < packet.number)]
    if at_once and other:
        raise NotShown("%s came in another order: also %s" % (packet, other[0]))
    raise Shown("%s got %s" % (c.name, packet))
