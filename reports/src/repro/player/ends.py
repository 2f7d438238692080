def fault_if_ends(c, within=None):
    """It is a fault if the broker ends this connection."""
    if not until(within or PATIENCE, lambda: c.ended):
        raise NotShown("the broker kept the connection of %s" % c.name)
    raise Shown("%s: %s" % (c.name, c.ended))
