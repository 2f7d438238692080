def fault_if_ends(c, within=None):
    """It is a fault if the broker ends this connection, and says no more before than it did."""
    if not until(within or PATIENCE, lambda: c.ended):
        raise NotShown("the broker kept the connection of %s" % c.name)
    more = next((p for p in c.inbox if not p.taken and p.kind != "PINGRESP"), None)
    if more:
        raise NotShown("%s: before the end came %s" % (c.name, more))
    raise Shown("%s: %s" % (c.name, c.ended))
