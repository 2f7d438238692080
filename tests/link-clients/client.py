"""paho through the link: PORT VERSION SECONDS. A kept session publishes and receives at every QoS."""

import sys
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

port, v5, seconds = int(sys.argv[1]), sys.argv[2] == "5", float(sys.argv[3])
client = mqtt.Client(
    mqtt.CallbackAPIVersion.VERSION2,
    client_id="paho-" + sys.argv[2],
    protocol=mqtt.MQTTv5 if v5 else mqtt.MQTTv311,
    clean_session=None if v5 else False,
)
client.reconnect_delay_set(0.2, 1)
received = set()
client.on_message = lambda _client, _data, message: received.add(message.payload)
client.on_connect = lambda client, *_: client.subscribe("p/#", 2)
kept = {}
if v5:
    kept = {"clean_start": False, "properties": Properties(PacketTypes.CONNECT)}
    kept["properties"].SessionExpiryInterval = 300
client.connect("127.0.0.1", port, keepalive=5, **kept)
client.loop_start()
end, published = time.time() + seconds, 0
while time.time() < end:
    client.publish("p/a", b"%d" % published, qos=published % 3)
    published += 1
    time.sleep(0.05)
# What is on its way gets its time.
time.sleep(4)
client.disconnect()
client.loop_stop()
print("published", published, "received", len(received))
