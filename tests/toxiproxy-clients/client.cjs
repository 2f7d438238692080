// Everything that toxiproxy-node-client can do, against the API whose address is the first argument.
"use strict";
const assert = require("node:assert");
const net = require("node:net");
const { Toxiproxy, ToxiproxyError } = require("toxiproxy-node-client");

const echo = () =>
  new Promise((resolve) => {
    const server = net.createServer((socket) => {
      socket.on("error", () => {});
      socket.pipe(socket);
    });
    server.unref();
    server.listen(0, "127.0.0.1", () => resolve(`127.0.0.1:${server.address().port}`));
  });

// How long so many bytes take there and back, in ms; rejects with the error's code, or "END".
const roundTrip = (address, size) =>
  new Promise((resolve, reject) => {
    const [host, port] = address.split(":");
    const started = Date.now();
    let got = 0;
    const socket = net.connect(Number(port), host, () => socket.write(Buffer.alloc(size, 7)));
    socket.on("data", (data) => {
      got += data.length;
      if (got === size) {
        socket.destroy();
        resolve(Date.now() - started);
      }
    });
    socket.on("error", (error) => reject(new Error(error.code)));
    socket.on("end", () => reject(new Error("END")));
  });

// This client keeps the status of an answer and throws its words away.
const refused = (call, status) =>
  assert.rejects(call, (error) => {
    assert(error instanceof ToxiproxyError, String(error));
    assert.strictEqual(error.message, `Request failed with status code ${status}`);
    return true;
  });

const main = async () => {
  const upstream = await echo();
  const toxiproxy = new Toxiproxy(`http://${process.argv[2]}`);
  const version = await toxiproxy.getVersion();
  assert(JSON.stringify(version).includes("version"), JSON.stringify(version));

  const proxy = await toxiproxy.createProxy({ name: "node", listen: "localhost:0", upstream });
  assert.match(proxy.listen, /^127\.0\.0\.1:[1-9]\d*$/);
  assert.deepStrictEqual(proxy.toJson(), { name: "node", listen: proxy.listen, upstream, enabled: true });
  assert((await roundTrip(proxy.listen, 10)) < 300);
  const populated = await toxiproxy.populate([
    { name: "node", listen: proxy.listen, upstream },
    { name: "second", listen: "localhost:0", upstream },
  ]);
  assert.deepStrictEqual(Object.keys(populated).sort(), ["node", "second"]);
  assert.deepStrictEqual(Object.keys(await toxiproxy.getAll()).sort(), ["node", "second"]);
  assert.strictEqual((await toxiproxy.get("node")).listen, proxy.listen);

  const latency = await proxy.addToxic({ type: "latency", attributes: { latency: 300, jitter: 0 } });
  assert.strictEqual(latency.name, "latency_downstream");
  assert((await roundTrip(proxy.listen, 10)) >= 299);
  const slower = await latency.update({ ...latency.toJson(), attributes: { latency: 500, jitter: 0 } });
  assert.strictEqual(slower.attributes.latency, 500);
  assert((await roundTrip(proxy.listen, 10)) >= 499);
  const same = await proxy.getToxic("latency_downstream");
  assert.deepStrictEqual(same.toJson(), slower.toJson());
  await same.remove();
  assert((await roundTrip(proxy.listen, 10)) < 300);

  const others = [
    ["bandwidth", { rate: 1000 }],
    ["slow_close", { delay: 5 }],
    ["slicer", { average_size: 10, size_variation: 2, delay: 100 }],
  ];
  for (const [type, attributes] of others) {
    const toxic = await proxy.addToxic({ type, attributes, name: `my-${type}`, stream: "upstream", toxicity: 1 });
    assert.deepStrictEqual(toxic.toJson(), { type, attributes, name: `my-${type}`, stream: "upstream", toxicity: 1 });
    await roundTrip(proxy.listen, 100);
    await toxic.remove();
  }
  const ends = [
    ["reset_peer", { timeout: 20 }, "ECONNRESET"],
    ["timeout", { timeout: 20 }, "END"],
    ["limit_data", { bytes: 4 }, "END"],
  ];
  for (const [type, attributes, how] of ends) {
    const toxic = await proxy.addToxic({ type, attributes });
    await assert.rejects(roundTrip(proxy.listen, 10), { message: how }, type);
    await toxic.remove();
  }

  const off = await proxy.update({ enabled: false, listen: proxy.listen, upstream });
  assert.strictEqual(off.enabled, false);
  await assert.rejects(roundTrip(proxy.listen, 10), { message: "ECONNREFUSED" });
  await toxiproxy.reset();
  await roundTrip(proxy.listen, 10);

  await refused(toxiproxy.createProxy({ name: "node", listen: "localhost:0", upstream }), 409);
  await refused(toxiproxy.createProxy({ name: "third", listen: proxy.listen, upstream }), 500);
  await refused(toxiproxy.createProxy({ name: "third", listen: "localhost:0" }), 400);
  await refused(toxiproxy.get("nobody"), 404);
  await refused(proxy.getToxic("nothing"), 404);
  await refused(proxy.addToxic({ type: "magic", attributes: {} }), 400);
  await proxy.remove();
  await (await toxiproxy.get("second")).remove();
  assert.deepStrictEqual(await toxiproxy.getAll(), {});
  console.log("toxiproxy-node-client: all calls work");
};

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
